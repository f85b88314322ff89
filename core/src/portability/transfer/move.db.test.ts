import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { asAdmin, createDatabase, type OwnDatabase } from '../../app/testing/database.ts';
import { createHome, type Home } from '../../app/testing/home.ts';

const SLOW = 180_000;
const PASSPHRASE = { PODLIFT_PASSPHRASE: 'a long enough passphrase' };

/** Two installations on one server: other databases, other master keys, other folders. */
describe('a tenant with data of every plugin moves to another installation', () => {
  const databases: OwnDatabase[] = [];
  const homes: Home[] = [];
  const dir = mkdtempSync(join(tmpdir(), 'podlift-move-'));
  const archive = join(dir, 'demo.tar');
  let [from, to] = [undefined as unknown as Home, undefined as unknown as Home];

  beforeAll(async () => {
    const { url } = inject('postgres');
    for (let n = 0; n < 2; n++) {
      // Roles belong to the whole server, so both have the same passwords and thus the same key.
      const database = await createDatabase({ url, masterKey: inject('postgres').masterKey });
      databases.push(database);
      homes.push(createHome({ ...database.env, ...PASSPHRASE }));
    }
    [from, to] = homes as [Home, Home];
    await from.ask('demo', '--touchpoints', '3000');
    await to.ask('migrate');
  }, SLOW);
  afterAll(async () => {
    for (const home of homes) await home.remove();
    for (const database of databases) await database.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('export, import, compare', { timeout: SLOW }, async () => {
    const out = (await from.ask('tenant', 'export', 'demo', '--out', archive)) as { rows: number };
    expect(out.rows).toBeGreaterThan(1000);
    expect(statSync(archive).size).toBeGreaterThan(10_000);
    const report = (await to.ask('tenant', 'import', archive)) as { rows: number };
    expect(report.rows).toBe(out.rows);
    const same = (await to.ask('tenant', 'compare', 'demo', archive)) as { differences: unknown[] };
    expect(same.differences).toEqual([]);
    const status = await asAdmin(
      databases[1]?.url ?? '',
      async (client) => (await client.query('select status from core.tenants')).rows,
    );
    expect(status).toEqual([{ status: 'active' }]);
  });
});
