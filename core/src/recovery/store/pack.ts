import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../errors.ts';
import type { Destination } from './destination.ts';
import { LARGE_BYTES, PART_BYTES, type Entry } from './entry.ts';
import { createLane } from './in-parallel.ts';

/** Files as they were kept. */
export interface Packed {
  readonly entries: Entry[];
  readonly bytes: number;
  /** Bytes that were new in the destination, after packing. */
  readonly written: number;
}

export interface PackOptions {
  readonly root: string;
  readonly paths: readonly string[];
  /** Entries of files that never change, from an earlier backup; they are not read again. */
  readonly known?: ReadonlyMap<string, Entry>;
  /** How to read one file that needs care; the rest is read as it stands. */
  readonly read?: (path: string) => Promise<Buffer | undefined>;
  readonly progress?: (bytes: number) => void;
}

const WIDTH = 4;

/** Keeps files in the destination. One that vanishes meanwhile is left out: who backs up a running database expects that. */
export async function packFiles(
  destination: Destination,
  { root, paths, known, read, progress }: PackOptions,
): Promise<Packed> {
  const lane = createLane(WIDTH);
  const entries: Entry[] = [];
  let bytes = 0;
  let written = 0;
  let shared: {
    buffer: Buffer<ArrayBuffer>;
    used: number;
    owners: { entry: Entry; offset: number; length: number }[];
  } = fresh();

  const keep = (
    part: Buffer<ArrayBuffer>,
    owners: readonly { entry: Entry; at: number; offset: number; length: number }[],
  ): Promise<void> =>
    lane.add(async () => {
      const put = await destination.put(part);
      written += put.written;
      for (const { entry, at, offset, length } of owners) entry.pieces[at] = [put.name, offset, length];
    });
  const flush = async (): Promise<void> => {
    const { buffer, used, owners } = shared;
    shared = fresh();
    if (used > 0)
      await keep(
        buffer.subarray(0, used),
        owners.map((owner) => ({ ...owner, at: 0 })),
      );
  };
  const addSmall = async (entry: Entry, content: Buffer): Promise<void> => {
    if (shared.used + content.length > PART_BYTES) await flush();
    content.copy(shared.buffer, shared.used);
    shared.owners.push({ entry, offset: shared.used, length: content.length });
    shared.used += content.length;
  };

  for (const path of paths) {
    const before = known?.get(path);
    if (before && (await allThere(destination, before))) {
      entries.push(before);
      bytes += before.size;
      continue;
    }
    const given = await read?.(path);
    if (given) {
      const entry: Entry = { path, size: given.length, pieces: [] };
      entries.push(entry);
      bytes += given.length;
      await addSmall(entry, given);
      continue;
    }
    const handle = await open(join(root, path), 'r').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!handle) continue;
    try {
      const { size } = await handle.stat();
      const entry: Entry = { path, size: 0, pieces: [] };
      let at = 0;
      while (entry.size < size) {
        const length = Math.min(PART_BYTES, size - entry.size);
        const content = Buffer.allocUnsafe(length);
        const got = await readWhole(handle, content, entry.size);
        if (got === 0) break;
        entry.size += got;
        if (size < LARGE_BYTES) await addSmall(entry, content.subarray(0, got));
        else await keep(content.subarray(0, got), [{ entry, at: at++, offset: 0, length: got }]);
        if (got < length) break;
      }
      entries.push(entry);
      bytes += entry.size;
      progress?.(bytes);
    } finally {
      await handle.close();
    }
  }
  await flush();
  await lane.done();
  return { entries, bytes, written };
}

const fresh = () => ({ buffer: Buffer.allocUnsafe(PART_BYTES), used: 0, owners: [] });

async function allThere(destination: Destination, { pieces }: Entry): Promise<boolean> {
  for (const [name] of pieces) if (!(await destination.has(name))) return false;
  return true;
}

async function readWhole(
  handle: { read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> },
  buffer: Buffer,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
