import type { CoreMigration } from '../data/index.ts';
import { JOB_RETENTION_DAYS } from './limits.ts';

/** Jobs as tenants see them. BullMQ's own tables only say when a job runs; what it is and how it went stands here. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'jobs/0001_jobs',
    up(schema) {
      schema.tenantTable({
        name: 'job',
        columns: {
          id: 'uuid not null',
          name: 'text not null',
          key: 'text',
          waiting_key: 'text',
          data: 'jsonb not null',
          queued_as: 'uuid not null',
          state: 'text not null',
          attempt: 'integer not null default 0',
          priority: 'integer not null default 0',
          run_at: 'timestamptz not null',
          progress_done: 'double precision',
          progress_total: 'double precision',
          result: 'jsonb',
          error: 'text',
          cancel_requested: 'boolean not null default false',
          request_id: 'text',
          created_at: 'timestamptz not null',
          started_at: 'timestamptz',
          finished_at: 'timestamptz',
        },
        // The key of a job that waits for its first attempt; null afterwards, so that it keeps out only jobs that would do the same.
        unique: [['name', 'waiting_key']],
        indexes: [['state', 'id'], ['name', 'id'], { columns: ['run_at'], where: `state in ('waiting', 'active')` }],
        checks: {
          job_state_check: `state in ('waiting', 'active', 'completed', 'failed', 'cancelled')`,
        },
        privacy: {
          id: 'none',
          name: 'none',
          key: 'none',
          waiting_key: 'none',
          queued_as: 'none',
          data: {
            category: 'pseudonymous',
            subject: 'whoever the ids in it name',
            purpose: 'doing the work',
            retentionDays: JOB_RETENTION_DAYS,
            erasure: 'keep',
          },
          state: 'none',
          attempt: 'none',
          priority: 'none',
          run_at: 'none',
          progress_done: 'none',
          progress_total: 'none',
          result: 'none',
          error: 'none',
          cancel_requested: 'none',
          request_id: 'none',
          created_at: 'none',
          started_at: 'none',
          finished_at: 'none',
        },
      });
    },
  },
];
