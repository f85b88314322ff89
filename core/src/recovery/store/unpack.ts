import { chownSync, closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { RecoveryErrors } from '../errors.ts';
import type { Destination } from './destination.ts';
import { LARGE_BYTES, type Entry } from './entry.ts';
import { createLane } from './in-parallel.ts';

export interface UnpackOptions {
  readonly root: string;
  readonly entries: readonly Entry[];
  /** Who owns what is written; us when left out. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly progress?: (bytes: number) => void;
}

const WIDTH = 4;

/** Writes files back below `root`. Each part is read once, checked, and cut into the files that it holds. */
export async function unpackFiles(
  destination: Destination,
  { root, entries, owner, progress }: UnpackOptions,
): Promise<void> {
  const stretches = new Map<string, { path: string; at: number; offset: number; length: number; whole: boolean }[]>();
  const made = new Set<string>();
  const own = (path: string): void => {
    if (owner) chownSync(path, owner.uid, owner.gid);
  };
  const makeFolder = (folder: string): void => {
    if (made.has(folder) || folder === '.') return;
    makeFolder(dirname(folder));
    made.add(folder);
    mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    own(join(root, folder));
  };
  for (const { path, size, pieces } of entries) {
    if (isAbsolute(path) || normalize(path).startsWith('..'))
      throw RecoveryErrors.damaged(path, 'lies outside its folder');
    makeFolder(dirname(path));
    if (pieces.length !== 1) {
      // Several parts write into it, in any order.
      const fd = openSync(join(root, path), 'w', 0o600);
      ftruncateSync(fd, size);
      closeSync(fd);
      own(join(root, path));
    }
    let at = 0;
    for (const [part, offset, length] of pieces) {
      const list = stretches.get(part) ?? [];
      list.push({ path, at, offset, length, whole: pieces.length === 1 });
      stretches.set(part, list);
      at += length;
    }
  }
  const lane = createLane(WIDTH);
  let bytes = 0;
  for (const [part, list] of stretches)
    await lane.add(async () => {
      const content = await destination.get(part);
      for (const { path, at, offset, length, whole } of list) {
        if (offset + length > content.length) throw RecoveryErrors.damaged(`part ${part}`, 'is too short');
        const stretch = content.subarray(offset, offset + length);
        const target = join(root, path);
        if (length < LARGE_BYTES) writeNow(target, stretch, at, whole);
        else await writeLarge(target, stretch, at, whole);
        if (whole) own(target);
        bytes += length;
      }
      progress?.(bytes);
    });
  await lane.done();
}

/** Synchronous on purpose: thousands of small files cost far less this way than one trip each. */
function writeNow(path: string, bytes: Buffer, at: number, whole: boolean): void {
  const fd = openSync(path, whole ? 'w' : 'r+', 0o600);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
  } finally {
    closeSync(fd);
  }
}

async function writeLarge(path: string, bytes: Buffer, at: number, whole: boolean): Promise<void> {
  const handle = await open(path, whole ? 'w' : 'r+', 0o600);
  try {
    for (let done = 0; done < bytes.length;)
      done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  } finally {
    await handle.close();
  }
}
