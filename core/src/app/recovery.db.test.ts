import { tmpdir } from 'node:os';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home } from './testing/home.ts';
import { findMissing } from './testing/landed.ts';
import { startLoad } from './testing/load.ts';
import type { Product } from './testing/product.ts';

const SLOW = 200_000;
const PATIENCE = { timeout: 90_000, interval: 100 };

describe('an installation that backs itself up', () => {
  let home: Home;
  let outside: string;
  let backups: string;
  let product: Product;
  const ids = async (): Promise<string[]> =>
    ((await home.ask('backup', 'list')) as { id: string }[]).map(({ id }) => id);
  beforeAll(async () => {
    outside = mkdtempSync(join(tmpdir(), 'podlift-backups-'));
    backups = join(outside, 'backups');
    home = createHome({ PODLIFT_BACKUP_DIR: backups });
    product = await home.start(['start', '--empty']);
    await home.ask('tenant', 'create', 'acme');
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    rmSync(outside, { recursive: true, force: true });
  });

  test('loses nothing that was acknowledged when its disk is lost under load', { timeout: SLOW }, async () => {
    // The first one is made by itself.
    await expect.poll(ids, PATIENCE).toHaveLength(1);
    const { key } = (await home.ask('key', 'create', '--tenant', 'acme', '--name', 'site', '--write')) as {
      key: string;
    };
    const load = startLoad(product.url, key);
    await expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThan(100);
    await load.stop();
    const known = [...load.acknowledged];
    // What is acknowledged is in the destination some seconds later.
    const since = Date.now();
    await expect
      .poll(() => {
        const [systemId = ''] = readdirSync(join(backups, 'log'));
        const { at } = JSON.parse(readFileSync(join(backups, 'log', systemId, 'position.json'), 'utf8')) as {
          at: string;
        };
        return Date.parse(at);
      }, PATIENCE)
      .toBeGreaterThan(since);
    await product.kill('SIGKILL');
    process.kill(home.postgres() ?? 0, 'SIGKILL');
    await expect.poll(() => home.postgres(), PATIENCE).toBeUndefined();
    for (const name of readdirSync(home.dataDir))
      if (name.startsWith('postgres') || name === 'files') rmSync(join(home.dataDir, name), { recursive: true });

    const restored = (await home.ask('restore', 'latest', '--to', 'latest')) as {
      aside: string[];
      examination: { tenants: number };
    };
    expect(restored).toMatchObject({ aside: [], examination: { tenants: 1 } });
    product = await home.start(['start', '--empty']);
    expect(await findMissing(home.postgresUrl(), known)).toEqual([]);
    await expect.poll(() => existsSync(join(home.dataDir, 'restored.json')), PATIENCE).toBe(false);
    const doctor = (await home.ask('doctor')) as { check: string; state: string; message: string }[];
    expect(doctor.filter(({ state }) => state === 'failing')).toEqual([]);
    expect(doctor.find(({ check }) => check === 'backups')).toMatchObject({ state: 'ok' });
    expect(doctor.find(({ check }) => check === 'versions')?.message).toMatch(/^\d+ nodes? runs? 0\.1\.0$/);
    expect(await product.kill('SIGTERM')).toBe(0);
  });

  test('asks for the key of the backup before it makes another', { timeout: SLOW }, async () => {
    const elsewhere = join(outside, 'new');
    const { code, stderr } = await home.podlift('restore', 'latest', '--data-dir', elsewhere);
    expect([code, stderr]).toEqual([2, expect.stringContaining('put the master.key file into')]);
    expect(existsSync(join(elsewhere, 'master.key'))).toBe(false);
  });
});
