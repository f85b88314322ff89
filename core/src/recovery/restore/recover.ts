import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adoptCluster, startAside, type Account, type AsideServer } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';
import type { Manifest } from '../backup/manifest.ts';
import { openWith } from '../backup/master-key.ts';
import { RecoveryErrors } from '../errors.ts';
import type { Destination } from '../store/destination.ts';
import { unpackFiles } from '../store/unpack.ts';
import { assertNoGap, gatherLog } from './log-files.ts';
import { timelineAt } from './timelines.ts';

/** `end`: as the backup left it. `latest`: all that is known. Or a moment in between. */
export type RestorePoint = 'end' | 'latest' | Date;

export interface RecoverOptions {
  readonly destination: Destination;
  readonly manifest: Manifest;
  readonly masterKey: Uint8Array;
  /** The folder to make, beside everything in use. */
  readonly dir: string;
  readonly to: RestorePoint;
  /** The cluster in use until now, stopped; its log is used too. */
  readonly current: string | undefined;
  readonly port?: number;
  readonly account: Account;
  readonly log: Log;
  readonly progress?: (what: string, bytes: number) => void;
  readonly step?: (name: string) => void | Promise<void>;
}

/** Replaying a day of a busy log takes a while. */
const START_MS = 6 * 3600_000;
const NOT_REACHED = /recovery ended before configured recovery target was reached/;

/** Builds a cluster from a backup and replays the log up to the point. Returns its server, which takes writes. */
export async function recoverCluster(options: RecoverOptions): Promise<AsideServer> {
  const { destination, manifest, dir, to, account } = options;
  const step = options.step ?? (() => undefined);
  const { postgres } = manifest;
  const own = (path: string): void => {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  };
  const owner =
    account.uid !== undefined && account.gid !== undefined ? { uid: account.uid, gid: account.gid } : undefined;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  own(dir);
  for (const folder of manifest.folders.toSorted()) {
    mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
    own(join(dir, folder));
  }
  await unpackFiles(destination, {
    root: dir,
    entries: manifest.database,
    ...(owner && { owner }),
    ...(options.progress && { progress: (bytes) => options.progress?.('database', bytes) }),
  });
  await step('database unpacked');
  const wal = join(dir, 'pg_wal');
  await unpackFiles(destination, { root: wal, entries: manifest.log, ...(owner && { owner }) });
  const gathered =
    to === 'end'
      ? undefined
      : await gatherLog({ destination, manifest, into: wal, current: options.current, account, to });
  const timeline = gathered
    ? timelineAt(postgres, gathered.timelines, to instanceof Date ? to.getTime() : 'latest')
    : postgres.timeline;
  assertNoGap(readdirSync(wal), timeline, postgres.segmentBytes);
  await step('log gathered');
  for (const [name, text] of [
    ['backup_label', postgres.label],
    ['recovery.signal', ''],
  ] as const) {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    own(join(dir, name));
  }
  await adoptCluster(dir, openWith(options.masterKey, postgres.superuser), options.port);
  const start = (target: Readonly<Record<string, string>>): Promise<AsideServer> =>
    startAside({
      dir,
      log: options.log,
      startMs: START_MS,
      settings: {
        // Everything lies in pg_wal already; the server insists on a command and takes its failure for "no such file".
        restore_command: 'exit 1',
        recovery_target_timeline: String(timeline),
        recovery_target_action: 'promote',
        hot_standby: 'off',
        ...target,
      },
    });
  try {
    if (to === 'end') return await start({ recovery_target: 'immediate' });
    if (to === 'latest') return await start({});
    return await start({ recovery_target_time: to.toISOString().replace('T', ' ').replace('Z', '+00') });
  } catch (error) {
    const covered = gathered?.coveredUntil;
    // Nothing was committed between the moment asked for and the end of the log: the end is that moment, if the log reaches so far.
    if (to instanceof Date && NOT_REACHED.test((error as Error).message)) {
      if (covered !== undefined && covered >= to.getTime()) return await start({});
      throw RecoveryErrors.timeAfter(
        to.toISOString(),
        new Date(covered ?? Date.parse(manifest.finishedAt)).toISOString(),
      );
    }
    throw RecoveryErrors.recoveryFailed(error);
  }
}
