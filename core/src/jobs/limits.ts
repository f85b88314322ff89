/** Queues of BullMQ: a person waits for `interactive`, nobody hurries `bulk`, `system` is the host's own. */
export const QUEUES = ['interactive', 'default', 'bulk', 'system'] as const;
export type QueueName = (typeof QUEUES)[number];

/** Jobs of each queue that a node works on at a time, unless it is told otherwise. */
export const CONCURRENCY: Readonly<Record<QueueName, number>> = { interactive: 8, default: 4, bulk: 3, system: 2 };

export const DEFAULT_ATTEMPTS = 5;
export const DEFAULT_TIMEOUT_MS = 10 * 60_000;
export const DEFAULT_BACKOFF_MS = 2000;
export const DEFAULT_BACKOFF_FACTOR = 2;
export const DEFAULT_BACKOFF_JITTER = 0.2;
export const MAX_BACKOFF_MS = 60 * 60_000;
/** Finished jobs are kept this long. */
export const JOB_RETENTION_DAYS = 30;
/** A job's data holds ids, not records. */
export const MAX_DATA_BYTES = 64 * 1024;
/** The event that says that a tenant has new jobs. */
export const JOBS_REQUESTED = 'core.jobs-requested@1';
/** What earlier versions appended, one per job. */
export const JOB_REQUESTED = 'core.job-requested@1';
/** The schema of BullMQ's own tables, and the version that this BullMQ brings. */
export const QUEUE_SCHEMA = 'jobs';
export const QUEUE_SCHEMA_VERSION = 11;
/** Jobs of an unknown plugin wait for it this long before they are dead. */
export const UNKNOWN_PATIENCE_MS = 3 * 24 * 60 * 60_000;
