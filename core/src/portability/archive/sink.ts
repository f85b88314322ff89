import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { syncFolder } from '../../files/index.ts';

/** Where an archive is written to, chunk by chunk. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
}

/** Writes a file that appears under its name only when it is whole and on the disk. */
export async function writeFileWhole<T>(path: string, fill: (sink: Sink) => Promise<T>): Promise<T> {
  const draft = `${path}.${randomUUID().slice(0, 8)}.partial`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    const result = await fill({ write: (chunk) => handle.writeFile(chunk) });
    await handle.sync();
    await handle.close();
    await rename(draft, path);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}

/** Hands what is written to somebody who reads a stream, no faster than they read. */
export async function pipeTo<T, R>(
  fill: (sink: Sink) => Promise<T>,
  read: (stream: AsyncIterable<Uint8Array>) => Promise<R>,
): Promise<readonly [T, R]> {
  const pass = new PassThrough();
  const write = async (chunk: Uint8Array): Promise<void> => {
    if (pass.destroyed) throw new Error('nobody reads the archive any more');
    if (!pass.write(chunk)) await Promise.race([once(pass, 'drain'), once(pass, 'close')]);
  };
  const filling = fill({ write }).then(
    (result) => {
      pass.end();
      return result;
    },
    (error: unknown) => {
      pass.destroy(error as Error);
      throw error;
    },
  );
  const reading = read(pass).catch((error: unknown) => {
    pass.destroy();
    throw error;
  });
  const [filled, done] = await Promise.allSettled([filling, reading]);
  // Who fills knows better what went wrong than who only saw the stream break.
  if (filled.status === 'rejected' && done.status === 'fulfilled') throw filled.reason;
  if (done.status === 'rejected')
    throw filled.status === 'rejected' && pass.errored === filled.reason ? filled.reason : done.reason;
  if (filled.status === 'rejected') throw filled.reason;
  return [filled.value, done.value];
}
