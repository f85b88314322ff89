import type { Database } from '../data/index.ts';
import { writeProgress, type Attempt } from './rows.ts';

/** Between two writes of an attempt's progress. */
const PAUSE_MS = 500;

/** Keeps what a handler reports, a few times a second at most. */
export interface Progress {
  readonly report: (done: number, total: number) => void;
  end(): Promise<void>;
}

export function createProgress(database: Database, tenant: string, attempt: Attempt, clock: () => number): Progress {
  let latest: readonly [number, number] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  const write = (): void => {
    timer = undefined;
    const known = latest;
    latest = undefined;
    if (!known) return;
    const at = new Date(clock());
    timer = setTimeout(write, PAUSE_MS);
    // Progress is for people; failing to show it fails nothing.
    writing = database.withTenant({ tenant }, (tx) => writeProgress(tx, attempt, ...known, at)).catch(() => undefined);
  };

  return {
    report(done, total) {
      latest = [done, total];
      if (!timer) write();
    },
    async end() {
      clearTimeout(timer);
      timer = undefined;
      await writing;
    },
  };
}
