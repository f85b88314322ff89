import type { JobsOptions } from 'bullmq';
import { EventError, type Subscriber } from '../events/index.ts';
import type { JobQueue, NewQueuedJob } from './queue.ts';
import type { Definitions } from './definition.ts';
import { DEFAULT_ATTEMPTS, DEFAULT_BACKOFF_MS, JOB_REQUESTED, type QueueName } from './limits.ts';
import { JobRequested } from './request.ts';

const HOUR_S = 3600;
/** BullMQ keeps finished jobs only for its own screens; what tenants see stands in our rows. */
const KEEP = {
  removeOnComplete: { age: HOUR_S, count: 1000 },
  removeOnFail: { age: 7 * 24 * HOUR_S, count: 1000 },
} as const;

export interface RelayOptions {
  readonly definitions: Definitions;
  readonly queue: (name: QueueName) => Promise<JobQueue>;
  readonly now: () => number;
}

/**
 * Turns requests that have been committed into jobs of BullMQ. The job's id there is the event's, so a request that is relayed twice is
 * one job; and when BullMQ has long forgotten it, its row says that it is done.
 *
 * All jobs of a tenant pass here, one batch at a time: this is where admission per tenant will stand, so that none starves another.
 */
export function createRelay({ definitions, queue, now }: RelayOptions): Subscriber {
  return {
    id: 'core/jobs-relay',
    types: [JOB_REQUESTED],
    mode: 'batch',
    from: 'earliest',
    attempts: Number.MAX_SAFE_INTEGER,
    async deliver({ tenant, events }) {
      const jobs = Map.groupBy(
        events.map((event) => toQueued(definitions, tenant, event.id, JobRequested.parse(event.payload), now())),
        (job) => job.queue,
      );
      try {
        for (const [name, group] of jobs) {
          const [first] = group;
          // Adding many costs a temporary table on PostgreSQL, so one is added by itself.
          if (group.length === 1 && first)
            await (await queue(name)).add(first.job.name, first.job.data, first.job.opts);
          else await (await queue(name)).addBulk(group.map(({ job }) => job));
        }
      } catch (error) {
        throw EventError.later('core/jobs-relay', error);
      }
    },
  };
}

/** The job of BullMQ for a request; its id there is `queuedAs`. */
export function toQueued(
  definitions: Definitions,
  tenant: string,
  queuedAs: string,
  { job, name, priority, runAt, requestId }: JobRequested,
  now: number,
): { queue: QueueName; job: Required<NewQueuedJob> } {
  const definition = definitions.get(name);
  const opts: JobsOptions = {
    jobId: queuedAs,
    attempts: definition?.attempts ?? DEFAULT_ATTEMPTS,
    backoff: { type: 'exponential', delay: definition?.backoffMs ?? DEFAULT_BACKOFF_MS },
    ...(priority > 0 && { priority }),
    ...(runAt > now && { delay: runAt - now }),
    ...KEEP,
  };
  return {
    queue: definition?.queue ?? 'default',
    job: { name, data: { tenant, job, ...(requestId && { requestId }) }, opts },
  };
}
