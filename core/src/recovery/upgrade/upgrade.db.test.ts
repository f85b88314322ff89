import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../telemetry/index.ts';
import { createBackup } from '../backup/create.ts';
import { findBackup } from '../backup/manifest.ts';
import { restoreBackup } from '../restore/restore.ts';
import { createInstallation, type Installation } from '../testing/installation.ts';
import { upgrade, type UpgradeSteps } from './upgrade.ts';

const SLOW = 120_000;
const PLAN = {
  from: '0.1.0',
  to: '0.1.1',
  postgres: { running: '18.4', brought: '18.4' },
  pending: [{ owner: 'core', name: 'notes/0002_titles' }],
} as const;

describe('an upgrade that fails', () => {
  let one: Installation;
  beforeEach(async () => {
    one = await createInstallation();
    await one.query('create table note (n int primary key)');
    await one.query('insert into note select generate_series(1, 100)');
  }, SLOW);
  afterEach(() => one.remove());

  /** What the command line does, with a migration that commits something and then fails. */
  const steps = (more: Partial<UpgradeSteps> = {}): UpgradeSteps => ({
    plan: async () => PLAN,
    backUp: async () => createBackup(one.source(), await one.destination()),
    async migrate() {
      await one.query('alter table note add column title text');
      await one.query('delete from note where n > 10');
      await one.stop();
      throw new Error('the second owner could not be migrated');
    },
    async restore(manifest) {
      await restoreBackup({
        destination: await one.destination(),
        manifest: await findBackup(await one.destination(), manifest.id),
        dataDir: one.dataDir,
        masterKeys: [one.masterKey],
        to: 'end',
        force: true,
        podlift: '0.1.0',
        major: '18',
        log: silentLog,
      });
    },
    log: silentLog,
    ...more,
  });
  const notes = async () => {
    await one.start();
    const [row] = await one.query<{ count: number; columns: number }>(
      `select (select count(*)::int from note) as count,
        (select count(*)::int from information_schema.columns where table_name = 'note') as columns`,
    );
    return row;
  };

  test('puts the backup back when that is asked for', { timeout: SLOW }, async () => {
    const done = await upgrade(steps(), { rollback: true });
    expect(done).toMatchObject({
      outcome: 'rolled back',
      reason: 'the second owner could not be migrated',
      applied: [],
    });
    expect(done.backup).toBeDefined();
    expect(await notes()).toEqual({ count: 100, columns: 1 });
  });

  test(
    'leaves what it committed otherwise, names the backup, and makes none where it is told so',
    { timeout: SLOW },
    async () => {
      const done = await upgrade(steps(), { rollback: false });
      expect(done).toMatchObject({ outcome: 'failed', backup: expect.any(String) });
      expect(await notes()).toEqual({ count: 10, columns: 2 });
      const without = await upgrade(steps({ backUp: undefined, migrate: () => Promise.reject(new Error('no')) }), {
        rollback: true,
      });
      expect(without).toMatchObject({ outcome: 'failed', backup: undefined });
    },
  );

  test(
    'before it changed anything changes nothing: without a backup there is no migration',
    { timeout: SLOW },
    async () => {
      const failing = steps({ backUp: () => Promise.reject(new Error('the destination is away')) });
      await expect(upgrade(failing, { rollback: true })).rejects.toThrow('the destination is away');
      await one.stop();
      expect(await notes()).toEqual({ count: 100, columns: 1 });
    },
  );
});
