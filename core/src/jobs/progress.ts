import type { Database } from '../data/index.ts';
import { writeProgress, type Attempt } from './rows.ts';

/** Between two writes of an attempt's progress. */
const PAUSE_MS = 500;

/** Keeps what a handler reports, a few times a second at most. */
export interface Progress {
  readonly report: (done: number, total: number) => void;
  end(): Promise<void>;
}

export function createProgress(database: Database, tenant: string, attempt: Attempt): Progress {
  let latest: readonly [number, number] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  const write = (): void => {
    timer = undefined;
    const now = latest;
    latest = undefined;
    if (!now) return;
    timer = setTimeout(write, PAUSE_MS);
    // Progress is for people; failing to show it fails nothing.
    writing = database.withTenant({ tenant }, (tx) => writeProgress(tx, attempt, ...now)).catch(() => undefined);
  };

  return {
    report(done, total) {
      latest = [done, total];
      if (!timer) write();
    },
    async end() {
      clearTimeout(timer);
      await writing;
    },
  };
}
