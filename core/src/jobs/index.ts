/** Work that is done later: asked for in a transaction, queued by BullMQ, kept in the tenant's own rows. @module */
export { migrateJobQueues } from './migrate-queues.ts';
export type { EnabledTenants } from './cron.ts';
export type { Closed as ClosedJob, Cron, JobContext, JobDefinition, SystemJobDefinition } from './definition.ts';
export { createComputePool, type ComputePool } from './compute/index.ts';
export { JobError, type JobErrorCode } from './errors.ts';
export { createJobs, type Jobs, type JobsOptions } from './jobs.ts';
export type { QueueName } from './limits.ts';
export { migrations } from './migrations.ts';
export { requestJob, requestJobs, type JobRequest } from './request.ts';
export type { JobFilter, JobState, JobStatus } from './rows.ts';
export { jobRoutes } from './routes.ts';
