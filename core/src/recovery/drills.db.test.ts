import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectClient, startAside } from '../data/index.ts';
import { silentLog } from '../telemetry/index.ts';
import { createBackup } from './backup/create.ts';
import { findBackup, listBackups } from './backup/manifest.ts';
import { pruneBackups } from './backup/prune.ts';
import { verifyBackup } from './backup/verify.ts';
import { completeSwitch } from './restore/switch.ts';
import { restoreBackup, type RestoreOptions } from './restore/restore.ts';
import { openDestination } from './store/destination.ts';
import type { Act } from './testing/act.ts';
import { createInstallation, type Installation } from './testing/installation.ts';
import { startLogKeeper } from './wal/keeper.ts';

const SLOW = 240_000;
const ACT = join(import.meta.dirname, 'testing/act.ts');

/** Runs it in a process of its own. Returns the signal that ended it, and the steps that it came through. */
function run(act: Act): { signal: NodeJS.Signals | null; steps: string[]; said: string } {
  const { signal, stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@podlift/source', ACT, JSON.stringify(act)],
    {
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  return { signal, steps: stdout.trim().split('\n'), said: status === 0 ? '' : stderr };
}

let one: Installation;
beforeEach(async () => {
  one = await createInstallation();
  await one.query('create table note (n int primary key)');
  await one.query('insert into note select generate_series(1, 100)');
}, SLOW);
afterEach(() => one.remove());

const rows = async (): Promise<number> =>
  (await one.query<{ n: number }>('select count(*)::int as n from note'))[0]?.n ?? 0;
const act = (more: Partial<Act> & Pick<Act, 'kind'>): Act => ({ dataDir: one.dataDir, backups: one.backups, ...more });
const options = async (more: Partial<RestoreOptions> = {}): Promise<RestoreOptions> => {
  const destination = more.destination ?? (await one.destination());
  return {
    destination,
    manifest: more.manifest ?? (await findBackup(destination, 'latest')),
    dataDir: one.dataDir,
    masterKeys: [one.masterKey],
    to: 'end',
    force: true,
    podlift: '0.1.0',
    major: '18',
    log: silentLog,
    ...more,
  };
};
const verify = async (quick = false) =>
  verifyBackup({
    destination: await one.destination(),
    manifest: await findBackup(await one.destination(), 'latest'),
    dataDir: one.dataDir,
    masterKeys: [one.masterKey],
    quick,
    log: silentLog,
  });

describe('kill -9', () => {
  test(
    'of a backup at every step: there is a good one or none, and the next try works',
    { timeout: SLOW },
    async () => {
      const whole = run(act({ kind: 'backup' }));
      expect(whole.said).toBe('');
      for (let dieAt = 1; dieAt <= whole.steps.length; dieAt++) {
        const before = await listBackups(await one.destination());
        const died = run(act({ kind: 'backup', dieAt }));
        expect(died.signal).toBe('SIGKILL');
        const after = await listBackups(await one.destination());
        expect(after.length - before.length).toBe(dieAt === whole.steps.length ? 1 : 0);
      }
      expect(run(act({ kind: 'backup' })).said).toBe('');
      expect(await verify()).toMatchObject({ problems: [] });
      // The server has let go of everything that the dead ones held.
      expect(await one.query('select slot_name from pg_replication_slots')).toEqual([]);
      expect(run(act({ kind: 'prune' })).said).toBe('');
      expect(await listBackups(await one.destination())).toHaveLength(1);
      expect(await verify()).toMatchObject({ problems: [] });
    },
  );

  test(
    'of a restore at every step: the old data or the new, never a mixture, and repeating it works',
    { timeout: SLOW },
    async () => {
      await createBackup(one.source(), await one.destination());
      await one.query('insert into note select generate_series(101, 150)');
      await one.stop();
      const whole = run(act({ kind: 'restore' }));
      expect(whole.said).toBe('');
      const switching = whole.steps.indexOf('journal written');
      for (let dieAt = 1; dieAt <= whole.steps.length; dieAt++) {
        await one.start();
        const before = await rows();
        await one.query('insert into note select generate_series(1001, 1030) on conflict do nothing');
        await one.stop();
        const died = run(act({ kind: 'restore', dieAt }));
        expect(died.signal).toBe('SIGKILL');
        await completeSwitch(one.dataDir);
        await one.start();
        expect(await rows()).toBe(dieAt <= switching ? before + 30 - (before % 100 === 30 ? 30 : 0) : 100);
        await one.query('delete from note where n > 1000');
        await one.stop();
      }
      expect(run(act({ kind: 'restore' })).said).toBe('');
      await one.start();
      expect(await rows()).toBe(100);
      expect(readdirSync(one.dataDir).filter((name) => name.includes('restoring') || name.includes('journal'))).toEqual(
        [],
      );
    },
  );
});

describe('a restore', () => {
  beforeEach(async () => void (await createBackup(one.source(), await one.destination())));

  test(
    'refuses a wrong key, a running installation, data that is there, other versions and times before it',
    { timeout: SLOW },
    async () => {
      const refused = async (more: Partial<RestoreOptions>): Promise<unknown> =>
        restoreBackup(await options(more)).catch((error: { code?: string }) => error.code);
      expect(await refused({ masterKeys: [new Uint8Array(32)] })).toBe('recovery.master_key_wrong');
      expect(await refused({})).toBe('recovery.in_use');
      await one.stop();
      expect(await refused({ force: false })).toBe('recovery.not_empty');
      expect(await refused({ podlift: '0.0.9' })).toBe('recovery.version_newer');
      expect(await refused({ major: '19' })).toBe('recovery.major_other');
      expect(await refused({ to: new Date(0) })).toBe('recovery.time_before');
      expect(await refused({ dataDir: join(one.home, 'new'), to: new Date(Date.now() + 3600_000) })).toBe(
        'recovery.time_after',
      );
      await one.start();
      expect(await rows()).toBe(100);
    },
  );

  test('does not take a damaged part for a good one', { timeout: SLOW }, async () => {
    const parts = join(one.backups, 'parts');
    const [some = ''] = readdirSync(parts, { recursive: true, encoding: 'utf8' })
      .map((name) => join(parts, name))
      .filter((path) => statSync(path).isFile())
      .toSorted((a, b) => statSync(b).size - statSync(a).size);
    const bytes = readFileSync(some);
    const middle = bytes.length >> 1;
    writeFileSync(
      some,
      Buffer.concat([bytes.subarray(0, middle), Buffer.from([(bytes[middle] ?? 0) ^ 1]), bytes.subarray(middle + 1)]),
    );
    expect((await verify(true)).problems).toEqual([expect.stringMatching(/damaged/)]);
    await one.stop();
    await expect(restoreBackup(await options())).rejects.toMatchObject({ code: 'recovery.damaged' });
    rmSync(some);
    await expect(restoreBackup(await options())).rejects.toThrow('is missing');
    await one.start();
    expect(await rows()).toBe(100);
    // The next backup sees that the part is gone and writes it again.
    await createBackup(one.source(), await one.destination());
    expect(await verify()).toMatchObject({ problems: [], examination: { rows: 100 } });
  });

  test('follows the history that was live at the moment asked for', { timeout: SLOW }, async () => {
    const keeper = startLogKeeper({
      server: one.server(),
      destination: await one.destination(),
      log: silentLog,
      everyMs: 100_000,
    });
    await keeper.keepNow();
    const first = await createBackup(one.source(), await one.destination());
    const insert = async (from: number): Promise<Date> => {
      await one.query('insert into note select generate_series($1::int, $1::int + 9)', [from]);
      const [row] = await one.query<{ at: Date }>('select clock_timestamp() as at, pg_sleep(0.05)');
      return row?.at ?? new Date(0);
    };
    const [a, b] = [await insert(200), await insert(300)];
    await keeper.stop();
    await one.stop();
    await restoreBackup(await options({ manifest: first, to: a }));
    await one.start();
    expect(await rows()).toBe(110);
    const again = startLogKeeper({
      server: one.server(),
      destination: await one.destination(),
      log: silentLog,
      everyMs: 100_000,
    });
    await again.keepNow();
    const c = await insert(400);
    await insert(500);
    await again.stop();
    await one.stop();
    const elsewhere = async (to: Date | 'latest'): Promise<number> => {
      const dataDir = join(one.home, 'elsewhere');
      mkdirSync(dataDir, { mode: 0o755 });
      const restored = await restoreBackup(await options({ manifest: first, to, dataDir }));
      const server = await startAside({ dir: join(dataDir, 'postgres'), log: silentLog });
      const client = await connectClient(server.url('podlift'));
      const { rows: found } = await client.query<{ n: number }>('select count(*)::int as n from note');
      await client.end();
      await server.stop();
      rmSync(dataDir, { recursive: true });
      expect(restored.backup).toBe(first.id);
      return found[0]?.n ?? 0;
    };
    // Before the restore the other history was live.
    expect(await elsewhere(b)).toBe(120);
    expect(await elsewhere(c)).toBe(120);
    expect(await elsewhere('latest')).toBe(130);
  });

  test('says where the log has a gap, when the destination was away for too long', { timeout: SLOW }, async () => {
    const destination = await one.destination();
    const before = startLogKeeper({ server: one.server(), destination, log: silentLog, everyMs: 100_000 });
    await before.keepNow();
    const first = await createBackup(one.source(), destination);
    await before.stop();
    await one.stop();
    await one.start({ max_slot_wal_keep_size: '1MB', max_wal_size: '32MB', min_wal_size: '32MB' });
    for (let round = 0; round < 4; round++) {
      await one.query('insert into note select generate_series($1::int, $1::int + 99)', [1000 * (round + 2)]);
      await one.query('select pg_switch_wal()');
    }
    await one.query('checkpoint');
    const keeper = startLogKeeper({ server: one.server(), destination, log: silentLog, everyMs: 100_000 });
    expect((await keeper.keepNow()).problem).toMatch(/dropped part of its log/);
    keeper.mend();
    expect((await keeper.keepNow()).problem).toBeUndefined();
    await one.query('insert into note values (99999)');
    await keeper.stop();
    await one.stop();
    rmSync(join(one.dataDir, 'postgres'), { recursive: true });
    await expect(restoreBackup(await options({ manifest: first, to: 'latest' }))).rejects.toMatchObject({
      code: 'recovery.log_gap',
    });
  });
});

describe('an encrypted destination', () => {
  test('shows nothing without its key and refuses another', { timeout: SLOW }, async () => {
    const keyFile = join(one.home, 'backup.key');
    writeFileSync(keyFile, 'a passphrase of some length');
    await one.query(`create table secret as select 'CANARY-IN-THE-DATABASE' as text from generate_series(1, 500)`);
    const folder = join(one.home, 'sealed');
    const destination = await openDestination(folder, { create: true, keyFile });
    const keeper = startLogKeeper({ server: one.server(), destination, log: silentLog, everyMs: 100_000 });
    await keeper.keepNow();
    await createBackup(one.source(), destination);
    await keeper.stop();
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1'))
      .join('\n');
    expect(all).not.toMatch(/CANARY|base\/\d|podlift_owner/);
    await expect(openDestination(folder)).rejects.toMatchObject({ code: 'recovery.key_needed' });
    writeFileSync(`${keyFile}.other`, 'another passphrase of some length');
    await expect(openDestination(folder, { keyFile: `${keyFile}.other` })).rejects.toMatchObject({
      code: 'recovery.key_wrong',
    });
    await expect(
      openDestination(one.backups, { create: true }).then(() => openDestination(one.backups, { keyFile })),
    ).rejects.toMatchObject({ code: 'recovery.not_encrypted' });
    await one.stop();
    await restoreBackup(
      await options({ destination, manifest: await findBackup(destination, 'latest'), to: 'latest' }),
    );
    await one.start();
    expect(await one.query('select distinct text from secret')).toEqual([{ text: 'CANARY-IN-THE-DATABASE' }]);
  });
});

describe('a clean-up', () => {
  test('keeps what stays restorable, part by part', { timeout: SLOW }, async () => {
    const destination = await one.destination();
    const keeper = startLogKeeper({ server: one.server(), destination, log: silentLog, everyMs: 100_000 });
    await keeper.keepNow();
    for (let round = 0; round < 3; round++) {
      await one.query('insert into note select generate_series($1::int, $1::int + 9)', [1000 * (round + 1)]);
      await createBackup(one.source(), destination);
      await keeper.keepNow();
    }
    await keeper.stop();
    const all = await listBackups(destination);
    const gone = await pruneBackups(destination, { daily: 1, weekly: 1, monthly: 1 });
    expect(gone.removed).toEqual(all.slice(0, 2));
    expect(gone.bytes).toBeGreaterThan(0);
    expect(gone.logFiles).toBeGreaterThan(0);
    expect(await verify()).toMatchObject({ problems: [], examination: { rows: 130 } });
  });
});

/** Only root may mount; elsewhere it is said that it was not tried. */
const mounts = process.platform === 'linux' && process.getuid?.() === 0;
if (!mounts) console.log('not root: full disks were not tried');

describe.runIf(mounts)('a full disk', () => {
  const withDisk = async (megabytes: number, work: (dir: string) => Promise<void>): Promise<void> => {
    const dir = join(one.home, `disk-${megabytes}`);
    mkdirSync(dir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', dir]);
    try {
      await work(dir);
    } finally {
      execFileSync('umount', ['-l', dir]);
    }
  };

  test(
    'for backups is said, leaves earlier ones good, and is no more once there is room',
    { timeout: SLOW },
    async () => {
      await withDisk(9, async (dir) => {
        const folder = join(dir, 'backups');
        const destination = await openDestination(folder, { create: true });
        await createBackup(one.source(), destination);
        await one.query(
          `create table big as select md5(i::text) || md5((i * 3)::text) as text from generate_series(1, 200000) i`,
        );
        await expect(createBackup(one.source(), destination)).rejects.toMatchObject({ code: 'recovery.disk_full' });
        expect(await listBackups(destination)).toHaveLength(1);
        execFileSync('mount', ['-o', 'remount,size=200m', dir]);
        await createBackup(one.source(), destination);
        await pruneBackups(destination, { daily: 1, weekly: 0, monthly: 0 });
        const manifest = await findBackup(destination, 'latest');
        expect(
          await verifyBackup({
            destination,
            manifest,
            dataDir: one.dataDir,
            masterKeys: [one.masterKey],
            quick: false,
            log: silentLog,
          }),
        ).toMatchObject({ problems: [], examination: { rows: 200_100 } });
      });
    },
  );

  test('for the data is said, and nothing half-done stays', { timeout: SLOW }, async () => {
    await createBackup(one.source(), await one.destination());
    await withDisk(20, async (dir) => {
      const dataDir = join(dir, 'data');
      mkdirSync(dataDir, { mode: 0o755 });
      chmodSync(dataDir, 0o755);
      const failure = await restoreBackup(await options({ dataDir, force: false })).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: expect.stringMatching(/recovery\.(disk_full|restore_failed)/) });
      expect(String(failure)).toMatch(/no space left|disk is full|No space/i);
      expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
      expect(readdirSync(dataDir).filter((name) => name.includes('restoring'))).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=400m', dir]);
      await restoreBackup(await options({ dataDir, force: false }));
      expect(existsSync(join(dataDir, 'postgres/PG_VERSION'))).toBe(true);
    });
  });
});
