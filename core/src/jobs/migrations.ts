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
  {
    name: 'jobs/0002_admission',
    up(schema) {
      schema.sql(`
alter table core.job
  add column queue text not null default 'default',
  add column lane text not null default '',
  add column admitted_at timestamptz,
  add column progress_at timestamptz`);
      schema.privacy('job', { queue: 'none', lane: 'none', admitted_at: 'none', progress_at: 'none' });
      schema.sql(`
create index job_waiting on core.job (tenant_id, queue, lane, priority, run_at, id) where state = 'waiting' and admitted_at is null;
create index job_admitted on core.job (tenant_id, queue) where admitted_at is not null and state in ('waiting', 'active');
alter table core.job set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1)`);
      // Who has work, and since when it was not served: what admission goes by. It looks over all tenants, so it is a directory.
      schema.directoryTable({
        name: 'job_line',
        columns: {
          queue: 'text not null',
          tenant_id: 'uuid not null',
          lane: `text not null default ''`,
          due_at: 'timestamptz not null',
          served_at: `timestamptz not null default '-infinity'`,
        },
        primaryKey: ['queue', 'tenant_id', 'lane'],
        indexes: [{ columns: ['queue', 'due_at'] }, { columns: ['queue', 'served_at'], where: `due_at < 'infinity'` }],
        privacy: { queue: 'none', tenant_id: 'none', lane: 'none', due_at: 'none', served_at: 'none' },
        grants: [],
      });
      schema.directoryTable({
        name: 'job_worker',
        columns: {
          id: 'uuid not null',
          queue: 'text not null',
          slots: 'integer not null',
          seen_at: 'timestamptz not null',
        },
        primaryKey: ['id', 'queue'],
        privacy: { id: 'none', queue: 'none', slots: 'none', seen_at: 'none' },
        grants: [],
      });
      // A firing of a cron, and how far through its tenants it is.
      schema.directoryTable({
        name: 'job_round',
        columns: {
          name: 'text not null',
          due_at: 'timestamptz not null',
          spread_ms: 'bigint not null',
          walked_ms: 'bigint not null',
          next_at: 'timestamptz not null',
        },
        primaryKey: ['name', 'due_at'],
        indexes: [{ columns: ['next_at'] }],
        privacy: { name: 'none', due_at: 'none', spread_ms: 'none', walked_ms: 'none', next_at: 'none' },
        grants: [],
      });
      schema.sql(`
alter table core.job_line set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
grant select, insert, update, delete on core.job_line, core.job_worker, core.job_round to podlift_system`);
    },
  },
];
