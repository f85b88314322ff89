import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { explainDisk, FileErrors, isMissing } from '../errors.ts';
import type { Checkpoint, DraftWriter } from '../store.ts';

/** Small chunks are written together: each write is a trip to another thread. */
const BATCH_BYTES = 1024 * 1024;
/** So much may be lost in a crash and is sent again. */
const CHECKPOINT_BYTES = 32 * 1024 * 1024;

/** Writes a draft from a place on; what lay behind it is cut off. */
export async function openDraft(path: string, from: number): Promise<DraftWriter> {
  const file = await openFor(path, from);
  let batch: Uint8Array[] = [];
  let batched = 0;
  let written = from;
  let durable = from;

  const writeBatch = async (): Promise<void> => {
    if (batched === 0) return;
    const [chunks, bytes] = [batch, batched];
    [batch, batched] = [[], 0];
    await writeAll(file, chunks, bytes, written);
    written += bytes;
  };
  const sync = async (): Promise<Checkpoint> => {
    if (written > durable || from === written) await file.datasync();
    durable = written;
    return { state: {}, size: durable };
  };

  return {
    async write(chunk) {
      try {
        batch.push(chunk);
        batched += chunk.byteLength;
        if (batched < BATCH_BYTES) return undefined;
        await writeBatch();
        return written - durable >= CHECKPOINT_BYTES ? await sync() : undefined;
      } catch (error) {
        throw explainDisk(error);
      }
    },
    async flush() {
      try {
        await writeBatch();
        return await sync();
      } catch (error) {
        throw explainDisk(error);
      }
    },
    close: () => file.close(),
  };
}

async function openFor(path: string, from: number): Promise<FileHandle> {
  try {
    // Not 'a': appending ignores positions. Not 'w': what has come so far stays.
    const file = await open(path, from === 0 ? 'w' : 'r+', 0o600);
    if (from > 0) await file.truncate(from);
    return file;
  } catch (error) {
    throw isMissing(error) ? FileErrors.lost(basename(path)) : explainDisk(error);
  }
}

/** A disk that fills up may take only a part. */
async function writeAll(file: FileHandle, chunks: Uint8Array[], bytes: number, at: number): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, at);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let done = 0; done < rest.byteLength;) {
    const more = await file.write(rest, done, rest.byteLength - done, at + bytesWritten + done);
    done += more.bytesWritten;
  }
}
