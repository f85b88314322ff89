import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@podlift/sdk';
import { systemClock, type Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import { appendEvents, type EventBus } from '../events/index.ts';
import type { Log, Metrics } from '../telemetry/index.ts';
import { dueTime, fanOut, schedule, unschedule, type EnabledTenants } from './cron.ts';
import { createDefinitions, type JobDefinition, type SystemJobDefinition } from './definition.ts';
import { JobError } from './errors.ts';
import { CONCURRENCY, JOB_REQUESTED, JOB_RETENTION_DAYS, QUEUES, type QueueName } from './limits.ts';
import { hasIds, type JobQueue, type JobWorker, type QueueBackend, type QueuedJob } from './queue.ts';
import { recoverJobs } from './recovery.ts';
import { createRelay } from './relay.ts';
import type { JobRequested } from './request.ts';
import {
  countUndone,
  findDoomed,
  get,
  list,
  requestCancel,
  reset,
  retireJobs,
  type JobFilter,
  type JobStatus,
} from './rows.ts';
import { runAttempt, type RunningJob } from './runner.ts';

export interface JobsOptions {
  readonly database: Database;
  readonly bus: EventBus;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** Queues in Redis; without it they are in PostgreSQL. */
  readonly redisUrl?: string;
  /** Keeps installations apart that share a Redis. */
  readonly redisPrefix?: string;
  readonly enabledTenants: EnabledTenants;
  readonly concurrency?: Partial<Record<QueueName, number>>;
  /** A worker that is silent for this long has its jobs given to another. */
  readonly lockMs?: number;
}

/** Work that is done later: asked for in a transaction, run by workers, readable by its tenant. */
export interface Jobs {
  define(definition: JobDefinition): Promise<void>;
  defineSystem(definition: SystemJobDefinition): Promise<void>;
  /** Forgets a definition on this node; with `forever`, its schedule too, for all nodes. */
  undefine(name: string, options?: { forever?: boolean }): Promise<void>;
  /** Begins to relay and to work. Without it, jobs can be asked for, read and cancelled. */
  start(): Promise<void>;
  /** Takes nothing new, lets jobs end, interrupts those that take longer than `graceMs`; they run again elsewhere. */
  stop(graceMs?: number): Promise<void>;
  get(tenant: string, id: string): Promise<JobStatus | undefined>;
  /** Newest first. */
  list(tenant: string, filter?: JobFilter): Promise<JobStatus[]>;
  /** Keeps a waiting job from running and asks an active one to end. */
  cancel(tenant: string, id: string): Promise<void>;
  /** Runs a failed or cancelled job again, from the first attempt on. */
  retry(tenant: string, id: string): Promise<void>;
  /** Waits until everything that is due is done; for tests and for one-shot commands. */
  drain(timeoutMs?: number): Promise<void>;
  /** Puts jobs back into the queue that it lost; by itself once a minute on Redis. */
  recover(patienceMs?: number): Promise<void>;
  /** Removes finished jobs past their time, and says how many. Run it daily. */
  retire(): Promise<number>;
}

const WATCH_MS = 1000;
/** Watches between two looks for jobs that Redis lost. */
const RECOVER_EVERY = 60;
/** Handlers that ignore their signal, and queues that are out of reach, hold a stop up for this long at most. */
const CLOSE_MS = 7000;
const DAY_MS = 86_400_000;
const RETIRE_CHUNK = 5000;

export function createJobs(options: JobsOptions): Jobs {
  const { database, bus, log, clock = systemClock, lockMs = 30_000, enabledTenants } = options;
  const now = (): number => clock.now();
  const definitions = createDefinitions();
  const running = new Set<RunningJob>();
  const queues = new Map<QueueName, JobQueue>();
  const workers: JobWorker[] = [];
  const duration = options.metrics?.histogram('podlift.jobs.duration', {
    about: 'Attempts at jobs',
    labels: ['job', 'state'],
    unit: 's',
  });
  let watch: NodeJS.Timeout | undefined;
  let backend: Promise<QueueBackend> | undefined;
  let stopping = false;
  let watches = 0;

  const open = async (): Promise<QueueBackend> => {
    const { createPostgresQueues, createRedisQueues } = await import('./backend.ts');
    const stall = { lockDuration: lockMs, stalledInterval: lockMs / 2 };
    const { redisUrl } = options;
    const made = redisUrl
      ? createRedisQueues(redisUrl, stall, options.redisPrefix)
      : createPostgresQueues(database.pool('jobs'), stall);
    try {
      await made.open();
      return made;
    } catch (error) {
      await made.close();
      backend = undefined;
      throw JobError.unreachable(redisUrl ? `Redis at ${new URL(redisUrl).host}` : 'PostgreSQL', error);
    }
  };
  const queue = async (name: QueueName): Promise<JobQueue> => {
    const { queue: make } = await (backend ??= open());
    let found = queues.get(name);
    if (!found) {
      found = make(name);
      found.on('error', (error) =>
        log.debug({ err: error, queue: name }, 'A queue has lost its connection; it comes back by itself'),
      );
      queues.set(name, found);
    }
    return found;
  };
  const runner = {
    database,
    definitions,
    log,
    now,
    running,
    ended: (job: string, state: string, ms: number) => duration?.record(ms / 1000, { job, state }),
  };

  const process = async (queued: QueuedJob, token: string | undefined): Promise<unknown> => {
    const { data } = queued;
    if (hasIds(data)) return runAttempt(runner, queued, data, token);
    return fire(queued);
  };

  /** A schedule has fired. */
  const fire = async (queued: QueuedJob): Promise<unknown> => {
    const system = definitions.getSystem(queued.name);
    if (system) return runSystem(system);
    const definition = definitions.get(queued.name);
    if (!definition) throw JobError.unknown(queued.name);
    const tenants = await fanOut({ database, definitions, enabledTenants, now }, definition, dueTime(queued));
    bus.wake();
    return { tenants };
  };

  const runSystem = async ({ name, run }: SystemJobDefinition): Promise<void> => {
    const controller = new AbortController();
    const entry: RunningJob = { tenant: '', id: name, attempt: 1, name, abort: (reason) => controller.abort(reason) };
    running.add(entry);
    try {
      await run({ signal: controller.signal });
    } finally {
      running.delete(entry);
    }
  };

  const recover = (patienceMs?: number): Promise<void> =>
    recoverJobs({ pool: () => database.pool('system'), definitions, queue, now }, patienceMs);

  /** Ends what was cancelled or is run by somebody else by now. */
  const watchOver = async (): Promise<void> => {
    const mine = [...running].filter(({ tenant }) => tenant !== '');
    try {
      if (mine.length > 0) {
        const doomed = new Set(await findDoomed(database.pool('system'), mine));
        for (const job of mine) if (doomed.has(job.id)) job.abort(JobError.cancelled(job.name));
      }
    } catch (error) {
      log.debug({ err: error }, 'Looking for cancelled jobs failed; trying again');
    }
    if (options.redisUrl && ++watches % RECOVER_EVERY === 0) await recover().catch(() => undefined);
    if (!stopping) watch = setTimeout(() => void watchOver(), WATCH_MS);
  };

  const add = async (name: string): Promise<void> => {
    const definition = definitions.get(name) ?? definitions.getSystem(name);
    if (workers.length > 0 && definition) await schedule(await queue('system'), definition);
  };

  return {
    async define(definition) {
      definitions.define(definition);
      await add(definition.name);
    },
    async defineSystem(definition) {
      definitions.defineSystem(definition);
      await add(definition.name);
    },
    async undefine(name, { forever = false } = {}) {
      definitions.remove(name);
      if (forever) await unschedule(await queue('system'), name);
    },
    async start() {
      await Promise.all(QUEUES.map(async (name) => (await queue(name)).waitUntilReady()));
      await bus.register(createRelay({ definitions, queue, now }));
      for (const name of QUEUES) {
        const worker = (await (backend ??= open())).worker(
          name,
          process,
          options.concurrency?.[name] ?? CONCURRENCY[name],
        );
        worker.on('error', (error) =>
          log.debug({ err: error, queue: name }, 'A worker had an error; it goes on by itself'),
        );
        workers.push(worker);
      }
      for (const definition of definitions.scheduled()) await schedule(await queue('system'), definition);
      void watchOver();
    },
    async stop(graceMs = 10_000) {
      stopping = true;
      clearTimeout(watch);
      await bus.unregister('core/jobs-relay');
      const interrupt = setTimeout(() => {
        for (const job of running) job.abort(JobError.stopped(job.name));
      }, graceMs);
      await within(graceMs + CLOSE_MS, Promise.all(workers.map((worker) => worker.close())));
      clearTimeout(interrupt);
      await within(CLOSE_MS, Promise.all([...queues.values()].map((one) => one.close())));
      await (await backend)?.close();
    },
    get: (tenant, id) => database.withTenant({ tenant, readOnly: true }, (tx) => get(tx, id)),
    list: (tenant, filter = {}) => database.withTenant({ tenant, readOnly: true }, (tx) => list(tx, filter)),
    async cancel(tenant, id) {
      const state = await database.withTenant({ tenant }, (tx) => requestCancel(tx, id, new Date(now())));
      if (state === undefined) throw JobError.missing(id, 'cancelled');
      for (const job of running) if (job.id === id) job.abort(JobError.cancelled(job.name));
    },
    async retry(tenant, id) {
      await database.withTenant({ tenant }, async (tx) => {
        const queuedAs = uuidv7();
        const job = await reset(tx, id, queuedAs, new Date(now()));
        if (!job) throw JobError.missing(id, 'run again');
        const payload: JobRequested = { job: id, name: job.name, priority: job.priority, runAt: now() };
        await appendEvents(tx, [{ id: queuedAs, type: JOB_REQUESTED, source: 'core', payload }], now());
      });
      bus.wake();
    },
    async drain(timeoutMs = 30_000) {
      for (const until = Date.now() + timeoutMs; ; await sleep(10)) {
        await bus.drain();
        const left = await countUndone(database.pool('system'), new Date(now()));
        if (left === 0) return;
        if (Date.now() > until) throw JobError.notDrained(left, timeoutMs);
      }
    },
    recover,
    async retire() {
      const before = new Date(now() - JOB_RETENTION_DAYS * DAY_MS);
      for (let total = 0; ;) {
        const gone = await database.system('remove finished jobs past their time', (tx) =>
          retireJobs(tx, before, RETIRE_CHUNK),
        );
        total += gone;
        if (gone === 0) return total;
      }
    },
  };
}

/** Waits, but not for ever: what is closed may be out of reach. */
async function within(ms: number, closing: Promise<unknown>): Promise<void> {
  await Promise.race([closing.catch(() => undefined), sleep(ms, undefined, { ref: false })]);
}
