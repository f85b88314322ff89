import {
  constants,
  chownSync,
  existsSync,
  openSync,
  readSync,
  closeSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../../data/index.ts';
import { RecoveryErrors } from '../errors.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { Destination } from '../store/destination.ts';
import { createLane } from '../store/in-parallel.ts';
import { openLogArchive, type LogArchive } from '../wal/archive.ts';
import { isHistory, parseLsn, parseSegment, segmentName, segmentOf } from '../wal/segments.ts';
import { parseHistory, type Timeline } from './timelines.ts';

const WIDTH = 4;

/** What is known of the log after a backup. */
export interface LogFiles {
  readonly timelines: readonly Timeline[];
  /** Everything committed until then is in it; undefined when nobody kept the log. */
  readonly coveredUntil: number | undefined;
}

/**
 * Gathers the log that follows a backup into the cluster being restored: from the archive, and from the cluster that is there
 * now, which knows the last moments best.
 */
export async function gatherLog(options: {
  readonly destination: Destination;
  readonly manifest: Manifest;
  /** The `pg_wal` to fill. */
  readonly into: string;
  /** The cluster in use until now, stopped. */
  readonly current: string | undefined;
  readonly account: Account;
  /** Log that was written after it is not needed. */
  readonly to: Date | 'latest';
}): Promise<LogFiles> {
  const { destination, manifest, into, current, account, to } = options;
  const { segmentBytes, systemId, startLsn } = manifest.postgres;
  const first = segmentOf(parseLsn(startLsn), segmentBytes);
  const archive = openLogArchive(destination, systemId);
  const last = segmentOf(await lastNeeded(archive, to), segmentBytes);
  const own = (path: string): void => {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  };
  const wanted = (name: string): boolean => {
    const segment = parseSegment(name, segmentBytes);
    return isHistory(name) || (segment !== undefined && segment.number >= first && segment.number <= last);
  };
  const local = current !== undefined && systemIdOf(current) === systemId ? join(current, 'pg_wal') : undefined;
  const lane = createLane(WIDTH);
  const done = new Set<string>();
  if (local)
    for (const name of readdirSync(local)) {
      if (!wanted(name) || !(isHistory(name) || isCurrent(join(local, name), name, segmentBytes))) continue;
      done.add(name);
      await lane.add(async () => {
        await copyFile(join(local, name), join(into, name), constants.COPYFILE_FICLONE);
        own(join(into, name));
      });
    }
  for (const name of [...(await archive.list()), ...(await archive.tails())]) {
    if (!wanted(name) || done.has(name)) continue;
    done.add(name);
    await lane.add(async () => {
      const bytes = await archive.read(name);
      if (!bytes) return;
      const whole =
        isHistory(name) || bytes.length === segmentBytes
          ? bytes
          : Buffer.concat([bytes, Buffer.alloc(segmentBytes - bytes.length)]);
      writeFileSync(join(into, name), whole, { mode: 0o600 });
      own(join(into, name));
    });
  }
  await lane.done();
  const reached = await archive.position();
  const coveredUntil = local ? Date.now() : reached && Date.parse(reached.at);
  return { timelines: await readTimelines(into, archive, destination, systemId), coveredUntil };
}

/** A commit is stamped a moment before it reaches the log. */
const MARGIN_MS = 10_000;
const EVERYTHING = (1n << 63n) - 1n;

/** Where the log was once everything until that moment had surely been written. */
async function lastNeeded(archive: LogArchive, to: Date | 'latest'): Promise<bigint> {
  if (to === 'latest') return EVERYTHING;
  const marks = await archive.marks();
  const next = marks.findIndex(({ at }) => Date.parse(at) > to.getTime() + MARGIN_MS);
  const [before, later] = [marks[next - 1], marks[next]];
  // Where a restore lies in between, positions began anew.
  return before && later && before.timeline === later.timeline ? parseLsn(later.lsn) : EVERYTHING;
}

/** Names the first segment that is missing between two that are there. @throws PodliftError */
export function assertNoGap(names: readonly string[], timeline: number, segmentBytes: number): void {
  const numbers = names
    .flatMap((name) => parseSegment(name, segmentBytes) ?? [])
    .filter((one) => one.timeline <= timeline)
    .map(({ number }) => number)
    .toSorted((a, b) => (a < b ? -1 : 1));
  for (const [index, number] of numbers.entries()) {
    const next = numbers[index + 1];
    if (next !== undefined && next > number + 1n)
      throw RecoveryErrors.gap(segmentName(timeline, number + 1n, segmentBytes));
  }
}

/** The identity of a cluster, from its control file: eight bytes at its beginning. */
export function systemIdOf(dir: string): string | undefined {
  const file = join(dir, 'global/pg_control');
  return existsSync(file) ? readFileSync(file).readBigUInt64LE(0).toString() : undefined;
}

/** A file that waits to be used again has a name of the future and says an address of the past. */
function isCurrent(path: string, name: string, segmentBytes: number): boolean {
  const segment = parseSegment(name, segmentBytes);
  if (!segment) return false;
  const head = Buffer.alloc(16);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, 16, 0);
  } finally {
    closeSync(fd);
  }
  return head.readBigUInt64LE(8) === segment.number * BigInt(segmentBytes);
}

async function readTimelines(
  into: string,
  archive: LogArchive,
  { folder }: Destination,
  systemId: string,
): Promise<Timeline[]> {
  const kept = await archive.list();
  return readdirSync(into)
    .filter(isHistory)
    .map((name) => {
      const file = kept.has(name) ? join(folder, 'log', systemId, name) : join(into, name);
      return parseHistory(
        Number.parseInt(name.slice(0, 8), 16),
        readFileSync(join(into, name), 'utf8'),
        statSync(file).mtimeMs,
      );
    });
}
