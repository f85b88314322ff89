/** BullMQ itself. Loaded when jobs start, because it costs a tenth of a second. @module */
import {
  PostgresConnection,
  PostgresQueueBackend,
  Queue,
  Worker,
  type BackendFactory,
  type PostgresConnectionOptions,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { QUEUE_SCHEMA } from './limits.ts';
import type { QueueBackend, QueuedData, StallOptions } from './queue.ts';

const PREFIX = 'podlift';

/** BullMQ takes a shared pool only together with its default schema; ours is named here. The pool's search path is the role's own setting. */
class SharedConnection extends PostgresConnection {
  override readonly schema: string = QUEUE_SCHEMA;
}

/** Worker options that hold for both backends. Our rows count attempts, so BullMQ never gives a job up after crashes by itself. */
const common = (concurrency: number, stall: StallOptions): Omit<WorkerOptions, 'connection'> => ({
  concurrency,
  ...stall,
  maxStalledCount: 1000,
  drainDelay: 5,
  runRetryDelay: 1000,
});

/** Queues in PostgreSQL: one shared pool of the role `podlift_jobs`, one connection per worker that listens. */
export function createPostgresQueues(pool: Pool, stall: StallOptions): QueueBackend {
  // Every queue and worker listens for errors of the shared pool.
  pool.setMaxListeners(0);
  const factory: BackendFactory<PostgresQueueBackend, PostgresConnectionOptions> = (
    name,
    options,
    { withBlockingConnection } = {},
  ) =>
    new PostgresQueueBackend(
      new SharedConnection(options.connection),
      name,
      options,
      true,
      withBlockingConnection ? name : undefined,
    );
  return {
    queue: (name) =>
      new Queue<
        QueuedData,
        unknown,
        string,
        QueuedData,
        unknown,
        string,
        PostgresQueueBackend,
        PostgresConnectionOptions
      >(name, { connection: pool }, factory),
    worker: (name, process, concurrency) =>
      new Worker<QueuedData, unknown, string, PostgresQueueBackend, never, PostgresConnectionOptions>(
        name,
        (job) => process(job),
        { ...common(concurrency, stall), connection: pool },
        factory,
      ),
    open: async () => void (await pool.query('select 1')),
    close: async () => undefined,
  };
}

/** Longest wait for Redis to answer a command of a queue. */
const COMMAND_MS = 10_000;
/**
 * A network that swallows packets tells nobody. A connection on which no answer comes for so long is made anew; a worker waits for
 * jobs at most 5 s at a time.
 */
const SILENCE = { keepAlive: 10_000, socketTimeout: 30_000 } as const;

/**
 * Queues in Redis, on two connections. That of the queues fails at once when Redis is away, so that the relay tries again by itself;
 * that of the workers waits for its return, and each worker makes a blocking one of it.
 */
export function createRedisQueues(url: string, stall: StallOptions, prefix: string = PREFIX): QueueBackend {
  const forQueues = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_MS,
    lazyConnect: true,
    ...SILENCE,
  });
  const forWorkers = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true, ...SILENCE });
  const connections = [forQueues, forWorkers];
  for (const connection of connections) connection.on('error', () => undefined);
  return {
    async open() {
      await Promise.all(connections.map((connection) => connection.connect()));
    },
    queue: (name) => new Queue<QueuedData, unknown>(name, { connection: forQueues, prefix }),
    worker: (name, process, concurrency) =>
      new Worker<QueuedData, unknown>(name, (job) => process(job), {
        ...common(concurrency, stall),
        connection: forWorkers,
        prefix,
      }),
    async close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}
