import { utimes } from 'node:fs/promises';
import { underLock } from '../../data/index.ts';

const BEAT_MS = 10_000;

/** Runs long work under a lock file; `busy` is thrown when somebody else keeps it. A lock that is not touched is taken for that of somebody who died. */
export async function holdLock<T>(file: string, work: () => Promise<T>, busy: () => Error, waitMs = 3000): Promise<T> {
  let entered = false;
  try {
    return await underLock(
      file,
      async () => {
        entered = true;
        const beat = setInterval(() => {
          const now = new Date();
          void utimes(file, now, now).catch(() => undefined);
        }, BEAT_MS).unref();
        try {
          return await work();
        } finally {
          clearInterval(beat);
        }
      },
      waitMs,
    );
  } catch (error) {
    throw entered || (error as { code?: string }).code !== 'embedded_failed' ? error : busy();
  }
}
