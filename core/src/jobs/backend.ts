import {
  PostgresConnection,
  PostgresQueueBackend,
  Queue,
  runMigrations,
  Worker,
  type BackendFactory,
  type JobsOptions,
  type PostgresConnectionOptions,
  type RepeatOptions,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Database } from '../data/index.ts';
import type { QueueName } from './limits.ts';

/** What a job carries through BullMQ: ids only. Its payload stays in the tenant's row. */
export interface JobIds {
  readonly tenant: string;
  readonly job: string;
  readonly requestId?: string;
}

/** A scheduled firing carries nothing. */
export type QueuedData = JobIds | Record<string, never>;
export const hasIds = (data: QueuedData): data is JobIds => 'tenant' in data;

/** What we use of BullMQ's job, whatever it stands on. */
export interface QueuedJob {
  id?: string | undefined;
  name: string;
  data: QueuedData;
  timestamp: number;
  delay: number;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
}

export interface NewQueuedJob {
  readonly name: string;
  readonly data: QueuedData;
  readonly opts?: JobsOptions;
}

/** What we use of BullMQ's queue. */
export interface JobQueue {
  add(name: string, data: QueuedData, opts?: JobsOptions): Promise<unknown>;
  addBulk(jobs: NewQueuedJob[]): Promise<unknown>;
  upsertJobScheduler(id: string, repeat: Omit<RepeatOptions, 'key'>, template: NewQueuedJob): Promise<unknown>;
  removeJobScheduler(id: string): Promise<boolean>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What we use of BullMQ's worker. */
export interface JobWorker {
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type Process = (job: QueuedJob, token: string | undefined) => Promise<unknown>;

/** How long a worker may be silent before its jobs are given to another, and how often that is looked for. */
export interface StallOptions {
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

/** Where queues are kept. */
export interface QueueBackend {
  queue(name: QueueName): JobQueue;
  worker(name: QueueName, process: Process, concurrency: number): JobWorker;
  close(): Promise<void>;
}

const SCHEMA = 'jobs';
const PREFIX = 'podlift';

/**
 * BullMQ's own tables, in their schema. The host's migrator runs it once before start; queues only check.
 * It opens a transaction itself and takes a lock, so any number of nodes may call it.
 */
export async function migrateJobQueues(database: Database): Promise<void> {
  const client = await database.pool('jobs').connect();
  try {
    await runMigrations(client, SCHEMA);
  } finally {
    client.release();
  }
}

/** BullMQ takes a shared pool only together with its default schema; ours is named here. The pool's search path is the role's own setting. */
class SharedConnection extends PostgresConnection {
  override readonly schema: string = SCHEMA;
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
        (job, token) => process(job, token),
        { ...common(concurrency, stall), connection: pool },
        factory,
      ),
    close: async () => undefined,
  };
}

/** Queues in Redis. One connection for the queues; each worker makes its own blocking one. */
export function createRedisQueues(url: string, stall: StallOptions, prefix: string = PREFIX): QueueBackend {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  return {
    queue: (name) => new Queue<QueuedData, unknown>(name, { connection, prefix }),
    worker: (name, process, concurrency) =>
      new Worker<QueuedData, unknown>(name, (job, token) => process(job, token), {
        ...common(concurrency, stall),
        connection,
        prefix,
      }),
    close: async () => void (await connection.quit().catch(() => connection.disconnect())),
  };
}
