import type { Pool } from 'pg';
import type { Definitions } from './definition.ts';
import { DEFAULT_TIMEOUT_MS, type QueueName } from './limits.ts';
import type { JobQueue } from './queue.ts';
import { toQueued } from './relay.ts';
import { findOverdue, type OverdueJob } from './rows.ts';

/** Only what has been overdue for this long is looked after. */
const PATIENCE_MS = 60_000;
const PAGE = 500;
const MOST = 20_000;

export interface RecoveryOptions {
  readonly pool: () => Pool;
  readonly definitions: Definitions;
  readonly queue: (name: QueueName) => Promise<JobQueue>;
  readonly now: () => number;
}

/**
 * Adds jobs again that should be in the queue by now. BullMQ ignores those that it has, by their id; what it lost comes back: Redis keeps
 * its last second in memory only, and may be emptied by mistake. Queues in PostgreSQL share their fate with our rows and need none of this.
 */
export async function recoverJobs(
  { pool, definitions, queue, now }: RecoveryOptions,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const before = now() - patienceMs;
  let last: OverdueJob | undefined;
  for (let seen = 0; seen < MOST;) {
    const page = await findOverdue(pool(), new Date(before), last, PAGE);
    const due = page.filter((job) => job.state === 'waiting' || hasRunOut(job, definitions, before));
    const jobs = due.map((job) => toQueued(definitions, job.tenant, job.queued_as, requestOf(job), now()));
    for (const [name, group] of Map.groupBy(jobs, (one) => one.queue)) {
      await (await queue(name)).addBulk(group.map(({ job }) => job));
    }
    seen += page.length;
    last = page.at(-1);
    if (page.length < PAGE) return;
  }
}

/** A job that runs for longer than it may has lost its worker. */
const hasRunOut = ({ name, started_at }: OverdueJob, definitions: Definitions, before: number): boolean =>
  (started_at?.getTime() ?? 0) + (definitions.get(name)?.timeoutMs ?? DEFAULT_TIMEOUT_MS) < before;

const requestOf = ({ id, name, priority, request_id }: OverdueJob) => ({
  job: id,
  name,
  priority,
  runAt: 0,
  ...(request_id !== null && { requestId: request_id }),
});
