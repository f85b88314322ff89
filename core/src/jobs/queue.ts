import type { JobsOptions, RepeatOptions } from 'bullmq';
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
  getJobSchedulers(): Promise<readonly { readonly key: string; readonly next?: number }[]>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What we use of BullMQ's worker. */
export interface JobWorker {
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type Process = (job: QueuedJob) => Promise<unknown>;

/** How long a worker may be silent before its jobs are given to another, and how often that is looked for. */
export interface StallOptions {
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

/** Where queues are kept. */
export interface QueueBackend {
  /** Connects; throws when nobody answers. */
  open(): Promise<void>;
  queue(name: QueueName): JobQueue;
  worker(name: QueueName, process: Process, concurrency: number): JobWorker;
  close(): Promise<void>;
}
