import type { Pool } from 'pg';
import { COLUMNS, toStatus, type JobRow, type JobStatus } from './rows.ts';

/** Between two looks at the jobs that somebody follows: one query for all of them. */
const LOOK_MS = 500;
/** After a hint, so that several are one look. */
const HINT_MS = 20;

const LOOK = `
select j.tenant_id as tenant, ${COLUMNS.replaceAll(/(\w+)/g, 'j.$1')}
from unnest($1::uuid[], $2::uuid[]) w(tenant, job) join core.job j on j.tenant_id = w.tenant and j.id = w.job`;

/** Lets people follow jobs while they run. */
export interface Watch {
  /** The job as it is, and again after each change; ends with the job. Nothing when there is no such job. */
  follow(tenant: string, id: string, signal: AbortSignal): AsyncGenerator<JobStatus>;
  /** A job may have changed. */
  look(): void;
}

interface Follower {
  readonly tenant: string;
  readonly id: string;
  tell(status: JobStatus | undefined): void;
}

/** One watch per process: followers of any number of jobs cost one small query twice a second, and none cost nothing. */
export function createWatch(pool: () => Pool): Watch {
  const followers = new Set<Follower>();
  let timer: NodeJS.Timeout | undefined;
  let due = Infinity;
  let looking = false;

  const arm = (ms: number): void => {
    if (followers.size === 0 || performance.now() + ms >= due) return;
    clearTimeout(timer);
    due = performance.now() + ms;
    timer = setTimeout(() => void look(), ms);
    timer.unref();
  };

  const look = async (): Promise<void> => {
    due = Infinity;
    if (looking) return arm(HINT_MS);
    looking = true;
    try {
      const all = [...followers];
      const { rows } = await pool().query<JobRow & { tenant: string }>(LOOK, [
        all.map(({ tenant }) => tenant),
        all.map(({ id }) => id),
      ]);
      const found = new Map(rows.map((row) => [`${row.tenant} ${row.id}`, toStatus(row)]));
      for (const follower of all) follower.tell(found.get(`${follower.tenant} ${follower.id}`));
    } catch {
      // The database is away: the next look tells.
    } finally {
      looking = false;
      arm(LOOK_MS);
    }
  };

  return {
    look: () => arm(HINT_MS),
    async *follow(tenant, id, signal) {
      let latest: { readonly status: JobStatus | undefined } | undefined;
      let wake = (): void => undefined;
      const follower: Follower = {
        tenant,
        id,
        tell(status) {
          latest = { status };
          wake();
        },
      };
      const stop = (): void => wake();
      signal.addEventListener('abort', stop, { once: true });
      followers.add(follower);
      arm(0);
      try {
        for (let seen = ''; !signal.aborted;) {
          const known = latest;
          latest = undefined;
          if (!known) {
            await new Promise<void>((resolve) => (wake = resolve));
            continue;
          }
          if (!known.status) return;
          const now = fingerprintOf(known.status);
          if (now !== seen) yield known.status;
          seen = now;
          if (known.status.finishedAt) return;
        }
      } finally {
        followers.delete(follower);
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

/** What a follower sees change. */
export const fingerprintOf = ({ state, attempt, progress }: JobStatus): string =>
  [state, attempt, progress?.done ?? '-', progress?.total ?? '-'].join('.');
