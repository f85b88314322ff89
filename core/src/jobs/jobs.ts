import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@podlift/sdk';
import { systemClock, type Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { EventBus } from '../events/index.ts';
import type { Log, Metrics } from '../telemetry/index.ts';
import { createDurations, createLines, type Capacity } from './admission/index.ts';
import { createBoard, type Board } from './board/index.ts';
import { dueTime, brokenSchedules, schedule, unschedule, type EnabledTenants } from './cron.ts';
import { createDefinitions, type JobDefinition, type SystemJobDefinition } from './definition.ts';
import { createDepth } from './depth.ts';
import { JobError } from './errors.ts';
import { CONCURRENCY, JOB_RETENTION_DAYS, QUEUES, type QueueName } from './limits.ts';
import { hasIds, type JobQueue, type JobWorker, type QueueBackend, type QueuedJob } from './queue.ts';
import { recoverJobs } from './recovery.ts';
import { createRelay } from './relay.ts';
import { announce } from './request.ts';
import { createRounds } from './rounds.ts';
import {
  countUndone,
  databaseTime,
  discard,
  findDead,
  findDoomed,
  get,
  list,
  requestCancel,
  countQueues,
  reset,
  resetDead,
  retireJobs,
  type JobFilter,
  type JobStatus,
  type QueueCount,
} from './rows.ts';
import { runAttempt, type RunnerOptions, type RunningJob } from './runner.ts';
import { createWatch, type Watch } from './watch.ts';

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
  /** Jobs that one tenant may have in flight in a queue; as many as there is room for when absent. */
  readonly perTenant?: Partial<Record<QueueName, number>>;
  /** A worker that is silent for this long has its jobs given to another. */
  readonly lockMs?: number;
  /** Runs in the transaction in which a job fails for good: to tell people. */
  readonly onDead?: RunnerOptions['onDead'];
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
  /** Runs all failed jobs again, or those of a name. @returns how many. */
  retryDead(tenant: string, name?: string): Promise<number>;
  /** Forgets jobs that have ended: one, or all failed ones (of a name). @returns how many. */
  discard(tenant: string, what: { readonly id: string } | { readonly name?: string }): Promise<number>;
  /** Follows one job: as it is now, and after each change until it has ended. */
  readonly watch: Watch;
  /** The queues as bull-board shows them, to look at. */
  board(): Promise<Board>;
  /** What the installation's queues hold and who works on them. */
  overview(): Promise<JobsOverview>;
  /** Waits until everything that is due is done; for tests and for one-shot commands. */
  drain(timeoutMs?: number): Promise<void>;
  /** Waits until the workers of the installation have done everything that is due. @returns how many jobs are left when the time is over. */
  settled(timeoutMs: number, look?: (left: number) => void): Promise<number>;
  /** Puts jobs back into the queue that it lost; by itself once a minute on Redis. */
  recover(patienceMs?: number): Promise<void>;
  /** Removes finished jobs past their time, and says how many. Run it daily. */
  retire(): Promise<number>;
}

/** The queues of the whole installation. */
export interface JobsOverview {
  readonly queues: readonly (Capacity & QueueCount)[];
  /** Crons that this node has defined. */
  readonly crons: readonly string[];
  /** Schedulers that stand in BullMQ. */
  readonly schedulers: number;
}

const WATCH_MS = 1000;
/** Watches between two looks for jobs that were lost on their way. */
const RECOVER_EVERY = 15;
const DEAD_CHUNK = 500;
/** Handlers that ignore their signal, and queues that are out of reach, hold a stop up for this long at most. */
const CLOSE_MS = 7000;
const DAY_MS = 86_400_000;
const RETIRE_CHUNK = 5000;

export function createJobs(options: JobsOptions): Jobs {
  const { database, bus, log, clock = systemClock, lockMs = 30_000, enabledTenants } = options;
  const now = (): number => clock.now();
  const definitions = createDefinitions();
  const running = new Set<RunningJob>();
  const lines = createLines(() => database.pool('system'));
  const durations = createDurations();
  const rounds = createRounds({ database, lines, definitions, enabledTenants, now });
  const slots = { ...CONCURRENCY, ...options.concurrency };
  const queues = new Map<QueueName, JobQueue>();
  const workers: JobWorker[] = [];
  const duration = options.metrics?.histogram('podlift.jobs.duration', {
    about: 'Attempts at jobs',
    labels: ['job', 'state'],
    unit: 's',
  });
  const depth = options.metrics && createDepth(options.metrics, () => database.pool('system'));
  let timer: NodeJS.Timeout | undefined;
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
  const relay = createRelay({
    database,
    lines,
    definitions,
    durations,
    queue,
    slots,
    now,
    log,
    ...(options.perTenant && { perTenant: options.perTenant }),
  });
  const watch = createWatch(() => database.pool('system'));
  const runner = {
    database,
    lines,
    definitions,
    log,
    now,
    running,
    onDead: options.onDead,
    ended(job: string, state: string, ms: number) {
      duration?.record(ms / 1000, { job, state });
      durations.ended(job, ms);
    },
  };

  const process = async (queued: QueuedJob): Promise<unknown> => {
    const { data } = queued;
    if (!hasIds(data)) return fire(queued);
    try {
      return await runAttempt(runner, queued, data);
    } finally {
      relay.wake();
      watch.look();
    }
  };

  /** A schedule has fired. */
  const fire = async (queued: QueuedJob): Promise<unknown> => {
    const system = definitions.getSystem(queued.name);
    if (system) return runSystem(system);
    const definition = definitions.get(queued.name);
    if (!definition) throw JobError.unknown(queued.name);
    await rounds.begin(definition, dueTime(queued));
    await walk();
    return undefined;
  };

  /** Writes what is due of the rounds of crons. */
  const walk = async (): Promise<void> => {
    if ((await rounds.walk()) > 0) relay.wake();
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

  const recover = async (patienceMs?: number): Promise<void> => {
    await recoverJobs({ pool: () => database.pool('system'), lines, definitions, queue, now }, patienceMs);
    if (workers.length > 0) await restoreSchedules();
    relay.wake();
  };

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
    await walk().catch((error: unknown) => log.debug({ err: error }, 'Walking a cron failed; trying again'));
    if (watches % RECOVER_EVERY === 0)
      await depth?.look(new Date(now())).catch((error: unknown) => log.debug({ err: error }, 'Jobs were not counted'));
    if (++watches % RECOVER_EVERY === 0) await recover().catch(() => undefined);
    if (!stopping) timer = setTimeout(() => void watchOver(), WATCH_MS);
  };

  const restoreSchedules = async (): Promise<void> => {
    const system = await queue('system');
    const at = Math.max(now(), await databaseTime(database.pool('system')));
    for (const definition of await brokenSchedules(system, definitions.scheduled(), at))
      await schedule(system, definition);
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
      await bus.register(relay.subscriber);
      await relay.start();
      for (const name of QUEUES) {
        const worker = (await (backend ??= open())).worker(name, process, slots[name]);
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
      clearTimeout(timer);
      await bus.unregister(relay.subscriber.id);
      await within(CLOSE_MS, relay.stop());
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
        const job = await reset(tx, id, uuidv7(), new Date(now()));
        if (!job) throw JobError.missing(id, 'run again');
        await announce(tx, [{ ...job, runAt: now() }], now());
      });
      bus.wake();
    },
    async retryDead(tenant, name) {
      for (let total = 0; ;) {
        const count = await database.withTenant({ tenant }, async (tx) => {
          const ids = await findDead(tx, name, DEAD_CHUNK);
          const jobs = await resetDead(
            tx,
            ids.map((id) => ({ id, queuedAs: uuidv7() })),
            new Date(now()),
          );
          await announce(
            tx,
            jobs.map((job) => ({ ...job, runAt: now() })),
            now(),
          );
          return jobs.length;
        });
        total += count;
        bus.wake();
        if (count < DEAD_CHUNK) return total;
      }
    },
    async discard(tenant, what) {
      if ('id' in what) {
        const count = await database.withTenant({ tenant }, (tx) => discard(tx, [what.id]));
        if (count === 0) throw JobError.missing(what.id, 'discarded');
        return count;
      }
      for (let total = 0; ;) {
        const count = await database.withTenant({ tenant }, async (tx) =>
          discard(tx, await findDead(tx, what.name, DEAD_CHUNK)),
        );
        total += count;
        if (count < DEAD_CHUNK) return total;
      }
    },
    watch,
    board: () => createBoard(queue),
    async overview() {
      const counts = await countQueues(database.pool('system'), new Date(now()));
      const capacity = new Map((await lines.capacity()).map((one) => [one.queue, one]));
      return {
        queues: QUEUES.map((name) => ({
          slots: 0,
          nodes: 0,
          ...capacity.get(name),
          ...(counts.get(name) ?? { due: 0, later: 0, active: 0, dead: 0 }),
          queue: name,
        })),
        crons: definitions.scheduled().map(({ name }) => name),
        schedulers: (await (await queue('system')).getJobSchedulers()).length,
      };
    },
    async drain(timeoutMs = 30_000) {
      for (const until = Date.now() + timeoutMs; ; await sleep(10)) {
        await bus.drain();
        await rounds.walk();
        relay.wake();
        const left = await countUndone(database.pool('system'), new Date(now()));
        if (left === 0) return;
        if (Date.now() > until) throw JobError.notDrained(left, timeoutMs);
      }
    },
    async settled(timeoutMs, look) {
      for (const until = Date.now() + timeoutMs; ; await sleep(250)) {
        const left = await countUndone(database.pool('system'), new Date(now()));
        look?.(left);
        if (left === 0 || Date.now() > until) return left;
      }
    },
    recover,
    async retire() {
      const before = new Date(now() - JOB_RETENTION_DAYS * DAY_MS);
      await lines.sweep();
      await rounds.sweep();
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
