/**
 * A 300 MB embedded database goes on being written after its backup; then it is put back as it was at one moment in between.
 * Beside it: a plain copy of the same folder, which knows nothing of moments and digests.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../telemetry/index.ts';
import { createBackup } from '../backup/create.ts';
import { restoreBackup } from '../restore/restore.ts';
import { createInstallation } from '../testing/installation.ts';
import { startLogKeeper } from '../wal/keeper.ts';

const MEGABYTES = 300;
const ROUNDS = 3;
const GOAL_S = 5;
/** Rows as events have them: ids, a time, and text that packs about as well as JSON does. */
const FILL = `insert into event select uuidv7(), now(), i % 1000, jsonb_build_object('type', 'download', 'agent', md5(i::text), 'path', '/ep/' || i % 5000, 'ip', md5((i * 7)::text))
  from generate_series($1::int, $2::int) i`;
const PRINT = `select count(*)::int as rows, md5(string_agg(id::text || at || body::text, '' order by id)) as digest from event`;

const seconds = async (work: () => unknown): Promise<number> => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
};
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
const bytesIn = (dir: string): number =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

const one = await createInstallation({ durable: true });
try {
  await one.query(
    'create table event (id uuid primary key, at timestamptz not null, tenant int not null, body jsonb not null)',
  );
  await one.query('create index on event (tenant, at)');
  let rows = 0;
  const size = async (): Promise<number> =>
    (await one.query<{ mb: number }>('select (pg_database_size(current_database()) / 1048576)::int as mb'))[0]?.mb ?? 0;
  while ((await size()) < MEGABYTES) await one.query(FILL, [rows + 1, (rows += 50_000)]);
  const megabytes = await size();
  const destination = await one.destination();
  const keeper = startLogKeeper({ server: one.server(), destination, log: silentLog, everyMs: 200 });
  await keeper.keepNow();
  let manifest = await createBackup(one.source(), destination);
  const again = await seconds(async () => (manifest = await createBackup(one.source(), destination)));
  const first = manifest;
  const [from] = await one.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  await one.query(FILL, [rows + 1, (rows += 100_000)]);
  await one.query(`update event set tenant = tenant + 1 where tenant = 7`);
  const [log] = await one.query<{ mb: number }>(`select ((pg_current_wal_lsn() - $1::pg_lsn) / 1048576)::int as mb`, [
    from?.lsn,
  ]);
  await sleep(50);
  const [expected] = await one.query<{ rows: number; digest: string }>(PRINT);
  const [moment] = await one.query<{ at: Date }>('select clock_timestamp() as at');
  await sleep(50);
  await one.query('delete from event where tenant < 500');
  await keeper.keepNow();
  await keeper.stop();
  await one.stop();

  const plain: number[] = [];
  const restored: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const copy = join(one.home, 'copy');
    plain.push(
      await seconds(() => {
        cpSync(join(one.dataDir, 'postgres'), copy, { recursive: true });
        if (process.platform === 'linux') execFileSync('sync', ['-f', copy]);
      }),
    );
    rmSync(copy, { recursive: true });
    const target = join(one.home, `restored-${round}`);
    mkdirSync(target, { mode: 0o755 });
    restored.push(
      await seconds(() =>
        restoreBackup({
          destination,
          manifest: first,
          dataDir: target,
          masterKeys: [one.masterKey],
          to: moment?.at ?? 'latest',
          force: false,
          podlift: '0.1.0',
          major: '18',
          log: silentLog,
        }),
      ),
    );
    if (round < ROUNDS - 1) rmSync(target, { recursive: true });
  }
  rmSync(join(one.dataDir, 'postgres'), { recursive: true });
  cpSync(join(one.home, `restored-${ROUNDS - 1}`, 'postgres'), join(one.dataDir, 'postgres'), { recursive: true });
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(join(one.home, `restored-${ROUNDS - 1}`, 'postgres'));
    execFileSync('chown', ['-R', `${uid}:${gid}`, join(one.dataDir, 'postgres')]);
  }
  await one.start();
  const [found] = await one.query<{ rows: number; digest: string }>(PRINT);
  const exact = found?.rows === expected?.rows && found?.digest === expected?.digest;
  const line = (name: string, value: string, goal = ''): void =>
    console.log(`${name.padEnd(56)}${value.padStart(10)}${goal.padStart(12)}`);
  const copied = bytesIn(join(one.dataDir, 'postgres')) / 2 ** 20;
  console.log(
    `restore of a ${megabytes} MB database to a moment after its backup`.padEnd(56) + '    figure        goal',
  );
  line(`plain copy of the folder (${copied.toFixed(0)} MB), synced`, `${median(plain).toFixed(2)} s`);
  line('restore: unpack, check digests, replay, promote, switch', `${median(restored).toFixed(2)} s`, `<= ${GOAL_S} s`);
  line('  log replayed', `${log?.mb} MB`);
  line('  slowest', `${Math.max(...restored).toFixed(2)} s`, Math.max(...restored) > GOAL_S ? 'MISSED' : '');
  line('  against the plain copy', `${(median(restored) / median(plain)).toFixed(2)}x`);
  line(`rows as they were (${expected?.rows}, digest over all columns)`, exact ? 'exact' : 'WRONG', 'exact');
  line('a second backup, online, with nothing changed', `${again.toFixed(2)} s`);
  line('in the destination', `${(existsSync(one.backups) ? bytesIn(one.backups) / 2 ** 20 : 0).toFixed(0)} MB`);
  if (!exact) process.exitCode = 1;
} finally {
  await one.remove();
}
