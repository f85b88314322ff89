import { openLogArchive, listLogs } from '../wal/archive.ts';
import { parseLsn, parseSegment, segmentOf } from '../wal/segments.ts';
import type { Destination } from '../store/destination.ts';
import { listBackups, partsOf, readManifest, removeBackup, removeHalves, type Manifest } from './manifest.ts';
import { computeKept, type Retention } from './retention.ts';

/** What a clean-up removed. */
export interface Pruned {
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  /** Bytes that came free. */
  readonly bytes: number;
  readonly logFiles: number;
}

/**
 * Removes backups that are past their time, then what no backup needs any more. The log stays from the oldest daily backup on:
 * so far back any moment can be restored, before that the moments of the backups. A backup whose list cannot be read stops the
 * clean-up, because its parts would be taken for nobody's.
 */
export function pruneBackups(destination: Destination, retention: Retention): Promise<Pruned> {
  return destination.exclusively(async () => {
    await removeHalves(destination);
    const all: { at: Date; manifest: Manifest }[] = [];
    for (const id of await listBackups(destination)) {
      const manifest = await readManifest(destination, id);
      all.push({ at: new Date(manifest.finishedAt), manifest });
    }
    const { kept, daily } = computeKept(all, retention);
    const removed = all.filter((one) => !kept.has(one)).map(({ manifest }) => manifest.id);
    for (const id of removed) await removeBackup(destination, id);
    const needed = new Set<string>();
    for (const { manifest } of kept) for (const part of partsOf(manifest)) needed.add(part);
    const swept = await destination.sweep(needed);
    const logFiles = await pruneLog(
      destination,
      [...daily].map(({ manifest }) => manifest),
    );
    return { removed, kept: [...kept].map(({ manifest }) => manifest.id).toSorted(), bytes: swept.bytes, logFiles };
  });
}

async function pruneLog(destination: Destination, daily: readonly Manifest[]): Promise<number> {
  let gone = 0;
  for (const systemId of await listLogs(destination)) {
    const own = daily.filter(({ postgres }) => postgres.systemId === systemId);
    const archive = openLogArchive(destination, systemId);
    const firsts = own.map(({ postgres }) => segmentOf(parseLsn(postgres.startLsn), postgres.segmentBytes));
    const bytes = own[0]?.postgres.segmentBytes;
    if (bytes === undefined) continue;
    const first = firsts.reduce((least, one) => (one < least ? one : least));
    for (const name of [...(await archive.list()), ...(await archive.tails())]) {
      const segment = parseSegment(name, bytes);
      if (!segment || segment.number >= first) continue;
      await archive.remove(name);
      gone += 1;
    }
    await archive.pruneMarks(first * BigInt(bytes));
  }
  return gone;
}
