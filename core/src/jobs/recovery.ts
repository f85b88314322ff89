import { uuidv7 } from '@podlift/sdk';
import type { Pool } from 'pg';
import type { Lines } from './admission/index.ts';
import type { Definitions } from './definition.ts';
import { DEFAULT_TIMEOUT_MS, type QueueName } from './limits.ts';
import type { JobQueue } from './queue.ts';
import { toQueued } from './relay.ts';
import { findAdmitted, release, rewind, type AdmittedJob } from './rows.ts';

/** Only what was admitted this long ago is looked after. */
const PATIENCE_MS = 30_000;
/** What has not begun by then is asked for anew, under another id. */
const LOST_FACTOR = 20;
const MOST = 1000;
/** Clocks of nodes may differ by so much. */
const SKEW_S = 60;

export interface RecoveryOptions {
  readonly pool: () => Pool;
  readonly lines: Lines;
  readonly definitions: Definitions;
  readonly queue: (name: QueueName) => Promise<JobQueue>;
  readonly now: () => number;
}

/**
 * Adds jobs again that should be in the queue. BullMQ ignores those that it has, by their id; what it lost comes back: a node died
 * between admitting and adding, or Redis lost its last second or was emptied by mistake. They are few: the window of admission.
 * What was asked for while a clock was ahead is brought back to the present.
 */
export async function recoverJobs(
  { pool, lines, definitions, queue, now }: RecoveryOptions,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  await rewind(pool(), new Date(now()), SKEW_S);
  await lines.mend();
  const before = now() - patienceMs;
  const found = await findAdmitted(pool(), new Date(before), MOST);
  const due = found.filter((job) => job.state === 'waiting' || hasRunOut(job, definitions, before));
  const { lost = [], late = [] } = Object.groupBy(due, ({ admitted_at }) =>
    patienceMs > 0 && admitted_at.getTime() < now() - LOST_FACTOR * patienceMs ? 'lost' : 'late',
  );
  for (const [name, group] of Map.groupBy(late, (job) => job.queue)) {
    await (
      await queue(name)
    ).addBulk(
      group.map((job) => toQueued(job.tenant, { ...job, queuedAs: job.queued_as, requestId: job.request_id }, 0)),
    );
  }
  if (lost.length === 0) return;
  await release(
    pool(),
    lost.map(({ tenant, id }) => ({ tenant, id, queuedAs: uuidv7() })),
  );
  await lines.mend();
}

/** A job that runs for longer than it may has lost its worker. */
const hasRunOut = ({ name, started_at }: AdmittedJob, definitions: Definitions, before: number): boolean =>
  (started_at?.getTime() ?? 0) + (definitions.get(name)?.timeoutMs ?? DEFAULT_TIMEOUT_MS) < before;
