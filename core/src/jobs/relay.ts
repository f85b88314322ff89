import type { JobsOptions } from 'bullmq';
import { uuidv7 } from '@podlift/sdk';
import type { Database } from '../data/index.ts';
import { EventError, type Subscriber } from '../events/index.ts';
import type { Log } from '../telemetry/index.ts';
import { admit, type Admitted, type Durations, type Lines, type Room } from './admission/index.ts';
import type { Definitions } from './definition.ts';
import { JOBS_REQUESTED, JOB_REQUESTED, QUEUES, type QueueName } from './limits.ts';
import type { JobQueue, NewQueuedJob } from './queue.ts';
import { JobsRequested } from './request.ts';

const HOUR_S = 3600;
/** BullMQ keeps finished jobs only for its own screens; what tenants see stands in our rows. */
const KEEP = {
  removeOnComplete: { age: HOUR_S, count: 1000 },
  removeOnFail: { age: 7 * 24 * HOUR_S, count: 1000 },
} as const;
/** Attempts of a job are counted in its row; what BullMQ tries again is reaching it, while the database is away. */
const REACHING = { attempts: 1_000_000, backoff: { type: 'fixed', delay: 1000 } } as const;
/** A rank weighs more than any priority of the tenant's own. */
const PRIORITIES = 1001;
const MOST_RANKS = 2000;

/** Looks for due jobs when nobody says that there are some. */
const POLL_MS = 1000;
const CAPACITY_MS = 2000;

export interface RelayOptions {
  readonly database: Database;
  readonly lines: Lines;
  readonly definitions: Definitions;
  readonly durations: Durations;
  readonly queue: (name: QueueName) => Promise<JobQueue>;
  /** Jobs that this node works on at a time. */
  readonly slots: Readonly<Record<QueueName, number>>;
  /** Jobs that a tenant may have in flight; as many as there is room for when absent. */
  readonly perTenant?: Partial<Record<QueueName, number>>;
  readonly now: () => number;
  readonly log: Log;
}

/** Brings jobs that were asked for into the queues, as many as can be worked on and fairly over tenants. */
export interface Relay {
  /** Hears of committed requests. */
  readonly subscriber: Subscriber;
  start(): Promise<void>;
  /** There may be something to admit. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * A tenant's requests stand in its own rows; the outbox says which tenants have some. Only a window as large as the workers
 * is in BullMQ at a time, one job of each tenant in turn: a tenant with 100,000 jobs is one among the others.
 */
export function createRelay(options: RelayOptions): Relay {
  const { database, lines, definitions, durations, queue, slots, now, log } = options;
  const id = uuidv7();
  const total = new Map<QueueName, number>();
  const rounds = new Map<QueueName, { again: boolean }>();
  const unsent = new Map<QueueName, Admitted[]>();
  const running = new Set<Promise<void>>();
  let shared = true;
  let stopped = true;
  let looking = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;

  const isRunning = (): boolean => !stopped;
  const track = (work: Promise<void>): void => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  const roomOf = (name: QueueName): Room => {
    const all = Math.max(slots[name], total.get(name) ?? 0);
    return {
      slots: all,
      // With one tenant there is nobody to keep a place for.
      reserve: shared && all > 1 ? Math.max(1, Math.floor(all / 4)) : 0,
      ahead: 3 * all,
      perTenant: options.perTenant?.[name] ?? Infinity,
      isShort: (job) => durations.isShort(job),
      limitOf: (job) => definitions.get(job)?.concurrency ?? Infinity,
    };
  };

  const send = async (name: QueueName, admitted: readonly Admitted[]): Promise<void> => {
    const jobs = admitted.map(({ job, rank }) => toQueued(job.tenant, job, rank));
    const target = await queue(name);
    const [first] = jobs;
    // Adding many costs a temporary table on PostgreSQL, so one is added by itself.
    if (jobs.length === 1 && first) await target.add(first.name, first.data, first.opts);
    else await target.addBulk(jobs);
  };

  const round = async (name: QueueName): Promise<void> => {
    const state = { again: false };
    rounds.set(name, state);
    let moved = false;
    try {
      for (let more = true; more; more = state.again && isRunning()) {
        state.again = false;
        const admitted = unsent.get(name) ?? (await admit(database, name, roomOf(name), now()));
        if (admitted.length === 0) continue;
        // What is marked must reach the queue: this node keeps it until it does, and recovery finds it when the node dies.
        unsent.set(name, admitted);
        await send(name, admitted);
        unsent.delete(name);
        moved = true;
        state.again = true;
      }
    } catch (error) {
      log.debug({ err: error, queue: name }, 'Jobs cannot be admitted now; trying again');
    } finally {
      rounds.delete(name);
      if (moved) wake();
    }
  };

  const look = async (): Promise<void> => {
    looking = true;
    try {
      for (let more = true; more; more = again && isRunning()) {
        again = false;
        clearTimeout(timer);
        const next = await lines.next();
        const at = now();
        let wait = POLL_MS;
        for (const name of QUEUES) {
          const due = next.get(name) ?? Infinity;
          if (due > at && !unsent.has(name)) {
            wait = Math.min(wait, due - at);
            continue;
          }
          const state = rounds.get(name);
          if (state) state.again = true;
          else track(round(name));
        }
        if (!stopped) timer = setTimeout(wake, Math.max(1, wait));
      }
    } catch (error) {
      log.debug({ err: error }, 'Looking for due jobs failed; trying again');
      if (!stopped) timer = setTimeout(wake, POLL_MS);
    } finally {
      looking = false;
    }
  };

  const wake = (): void => {
    again = true;
    if (!looking && !stopped) track(look());
  };

  const measure = async (): Promise<void> => {
    await lines.seen(id, slots);
    for (const { queue: name, slots: all } of await lines.capacity()) total.set(name, all);
    const rows = await database.query(`select 1 from core.tenants where status = 'active' limit 2`);
    shared = rows.length > 1;
  };

  const pulse = (): void => {
    beat = setTimeout(() => {
      const work = measure().catch((error: unknown) => log.debug({ err: error }, 'Counting workers failed'));
      track(work.then(() => (stopped ? undefined : pulse())));
    }, CAPACITY_MS);
    beat.unref();
  };

  return {
    subscriber: {
      id: 'core/jobs-relay',
      types: [JOBS_REQUESTED, JOB_REQUESTED],
      mode: 'batch',
      batchSize: 1000,
      from: 'earliest',
      // A job that was done must not be done again because somebody asks for its request.
      replay: 'refuse',
      attempts: Number.MAX_SAFE_INTEGER,
      async deliver({ tenant, events }) {
        const found = events.flatMap(({ payload }) => linesOf(payload));
        try {
          await lines.put(found.map(({ runAt, ...line }) => ({ ...line, tenant, dueAt: new Date(runAt) })));
        } catch (error) {
          throw EventError.later('core/jobs-relay', error);
        }
        wake();
      },
    },
    async start() {
      stopped = false;
      await measure();
      await lines.mend();
      pulse();
      wake();
    },
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(beat);
      while (running.size > 0) await Promise.all(running);
      await lines.gone(id).catch(() => undefined);
    },
  };
}

/** Earlier versions appended an event per job, which said only when. */
function linesOf(payload: unknown): readonly JobsRequested['lines'][number][] {
  const asked = JobsRequested.safeParse(payload);
  if (asked.success) return asked.data.lines;
  return [{ queue: 'default', lane: '', runAt: 0 }];
}

/** The job of BullMQ for a row. Its id there is `queuedAs`, so one that is added twice is one. */
export function toQueued(
  tenant: string,
  { id, name, queuedAs, priority, requestId }: Omit<Admitted['job'], 'tenant' | 'lane'>,
  rank: number,
): Required<NewQueuedJob> {
  const place = Math.min(rank, MOST_RANKS) * PRIORITIES + Math.min(priority, PRIORITIES - 1);
  const opts: JobsOptions = { jobId: queuedAs, ...REACHING, ...(place > 0 && { priority: place }), ...KEEP };
  return { name, data: { tenant, job: id, ...(requestId && { requestId }) }, opts };
}
