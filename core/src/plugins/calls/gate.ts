import { PodliftError } from '@podlift/sdk';

/** Lets a number of calls in at the same time; the next ones wait in order, more are refused. */
export interface Gate {
  /** Returns at once when there is room; a caller must `leave` after it was let in. */
  enter(signal?: { onAbort(listener: (reason: PodliftError) => void): () => void }): Promise<void> | undefined;
  leave(): void;
  readonly inside: number;
  readonly waiting: number;
}

/** The calls that one plugin may have running, and the queue before its door. */
export function createGate(plugin: string, limit: number, queue = 1000): Gate {
  let inside = 0;
  const waiting = new Set<() => void>();
  return {
    get inside() {
      return inside;
    },
    get waiting() {
      return waiting.size;
    },
    enter(signal) {
      if (inside < limit) {
        inside++;
        return undefined;
      }
      if (waiting.size >= queue)
        throw new PodliftError('plugin_busy', `${plugin} has ${limit} calls running and ${queue} waiting`, {
          kind: 'unavailable',
        });
      return new Promise((resolve, reject) => {
        let forget: (() => void) | undefined;
        const enter = (): void => {
          forget?.();
          resolve();
        };
        waiting.add(enter);
        // One that gave up must not be let in later, or its place would be lost.
        forget = signal?.onAbort((reason) => {
          if (waiting.delete(enter)) reject(reason);
        });
      });
    },
    leave() {
      const [next] = waiting;
      if (!next) {
        inside--;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
