import { mkdirSync, readFileSync, writeFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../telemetry/index.ts';
import { createBackup } from '../backup/create.ts';
import type { Manifest } from '../backup/manifest.ts';
import { createInstallation, type Installation } from '../testing/installation.ts';
import { startLogKeeper, type LogKeeper } from '../wal/keeper.ts';
import { restoreBackup, type RestoreOptions } from './restore.ts';

const SLOW = 120_000;
const CLOCK = 'select clock_timestamp()::text as at';

describe('an installation that is restored', () => {
  let one: Installation;
  let keeper: LogKeeper;
  let backup: Manifest;
  const options = async (more: Partial<RestoreOptions> = {}): Promise<RestoreOptions> => ({
    destination: await one.destination(),
    manifest: backup,
    dataDir: one.dataDir,
    masterKeys: [one.masterKey],
    to: 'end',
    force: true,
    podlift: '0.1.0',
    major: '18',
    log: silentLog,
    ...more,
  });
  const rows = async (): Promise<number[]> =>
    (await one.query<{ n: number }>('select n from note order by n')).map(({ n }) => n);
  /** A moment between what was and what will be committed. */
  const moment = async (): Promise<Date> => {
    await sleep(20);
    const [row] = await one.query<{ at: string }>(CLOCK);
    await sleep(20);
    return new Date(row?.at ?? '');
  };
  beforeAll(async () => {
    one = await createInstallation();
    await one.query('create table note (n int primary key)');
    await one.query('insert into note select generate_series(1, 1000)');
    const tenant = join(one.dataDir, 'files', '00000000-0000-4000-8000-000000000001', 'ab');
    mkdirSync(tenant, { recursive: true });
    writeFileSync(join(tenant, 'ab'.padEnd(64, '0')), 'content');
    keeper = startLogKeeper({
      server: one.server(),
      destination: await one.destination(),
      log: silentLog,
      everyMs: 100_000,
    });
    await keeper.keepNow();
    backup = await createBackup(one.source(), await one.destination());
  }, SLOW);
  afterAll(() => one.remove());

  test('has the rows and files of the backup, of a moment after it, and of the end', { timeout: SLOW }, async () => {
    await one.query('insert into note select generate_series(1001, 2000)');
    await one.query('select pg_switch_wal()');
    await one.query('insert into note select generate_series(2001, 2500)');
    const between = await moment();
    await one.query('delete from note where n > 10');
    const after = await moment();
    expect(await keeper.keepNow()).toMatchObject({ problem: undefined });
    await keeper.stop();
    await one.stop();

    const first = await restoreBackup(await options({ to: between }));
    expect(first.aside).toHaveLength(2);
    await one.start();
    expect(await rows()).toHaveLength(2500);
    await one.query('insert into note values (9001)');
    await one.stop();

    await restoreBackup(await options());
    await one.start();
    expect(await rows()).toHaveLength(1000);
    expect(
      existsSync(join(one.dataDir, 'files', '00000000-0000-4000-8000-000000000001', 'ab', 'ab'.padEnd(64, '0'))),
    ).toBe(true);
    await one.stop();

    // The archive alone: nothing is left of the machine.
    const elsewhere = join(one.home, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o755 });
    const second = await restoreBackup(await options({ to: after, dataDir: elsewhere }));
    expect(second.examination).toMatchObject({ tables: 1 });
    expect(second.aside).toEqual([]);
    expect(readdirSync(elsewhere).toSorted()).toEqual(['files', 'postgres', 'restored.json']);
    expect(readFileSync(join(elsewhere, 'postgres/server.log'), 'utf8')).toContain('archive recovery complete');
  });
});
