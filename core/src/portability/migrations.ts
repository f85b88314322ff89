import type { CoreMigration } from '../data/index.ts';
import { nameCore, nameFound, nameMessages } from './core-names.ts';

const BY = { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' } as const;

/** Tables of tenants that come and go. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'portability/0001_transfer',
    up(schema) {
      // A tenant that comes in is nobody's to use before it is whole.
      schema.sql(`
        alter table core.tenants drop constraint tenants_status_check,
          add constraint tenants_status_check check (status in ('active', 'suspended', 'deleted', 'purging', 'importing'));
      `);
      schema.directoryTable({
        name: 'tenant_import',
        columns: {
          id: 'uuid not null',
          tenant_id: 'uuid not null',
          slug: 'text not null',
          state: 'text not null',
          done: 'integer not null default 0',
          report: 'jsonb',
          started_at: 'timestamptz not null',
          finished_at: 'timestamptz',
        },
        checks: { tenant_import_state_check: `state in ('running', 'done')` },
        foreignKeys: [{ columns: ['tenant_id'], references: 'tenants', onDelete: 'cascade', directory: true }],
        indexes: [['tenant_id']],
        privacy: {
          id: 'none',
          tenant_id: 'none',
          slug: 'none',
          state: 'none',
          done: 'none',
          report: {
            category: 'personal',
            subject: 'user',
            purpose: 'to invite who could not be let in',
            erasure: 'clear',
          },
          started_at: 'none',
          finished_at: 'none',
        },
        grants: [],
      });
      schema.directoryTable({
        name: 'tenant_import_row',
        columns: { import_id: 'uuid not null', name: 'text not null', part: 'integer not null', rows: 'text not null' },
        primaryKey: ['import_id', 'name', 'part'],
        foreignKeys: [{ columns: ['import_id'], references: 'tenant_import', onDelete: 'cascade', directory: true }],
        privacy: {
          import_id: 'none',
          name: 'none',
          part: 'none',
          rows: { category: 'personal', subject: 'person', purpose: 'on its way into its table', erasure: 'keep' },
        },
        grants: [],
      });
      schema.tenantTable({
        name: 'tenant_export',
        columns: {
          id: 'uuid not null',
          job_id: 'uuid not null',
          state: 'text not null',
          encrypted: 'boolean not null',
          file_id: 'uuid',
          size: 'bigint',
          rows: 'bigint',
          error: 'text',
          requested_by: 'text not null',
          requested_at: 'timestamptz not null',
          finished_at: 'timestamptz',
          expires_at: 'timestamptz',
        },
        checks: { tenant_export_state_check: `state in ('waiting', 'running', 'ready', 'failed', 'expired')` },
        privacy: {
          id: 'none',
          job_id: 'none',
          state: 'none',
          encrypted: 'none',
          file_id: 'none',
          size: 'none',
          rows: 'none',
          error: 'none',
          requested_by: BY,
          requested_at: 'none',
          finished_at: 'none',
          expires_at: 'none',
        },
      });
    },
  },
  {
    name: 'portability/0002_privacy',
    up(schema) {
      schema.tenantTable({
        name: 'privacy_request',
        columns: {
          id: 'uuid not null',
          kind: 'text not null',
          state: 'text not null',
          given_by: 'text[] not null',
          hashes: 'text[] not null',
          note: 'text',
          requested_by: 'text not null',
          requested_at: 'timestamptz not null',
          due_at: 'timestamptz not null',
          finished_at: 'timestamptz',
          job_id: 'uuid',
          report: 'jsonb',
          error: 'text',
          file_id: 'uuid',
          size: 'bigint',
          expires_at: 'timestamptz',
        },
        checks: {
          privacy_request_kind_check: `kind in ('export', 'erase')`,
          privacy_request_state_check: `state in ('waiting', 'running', 'done', 'failed')`,
        },
        indexes: [['state', 'id'], { columns: ['expires_at'], where: 'file_id is not null' }],
        privacy: {
          id: 'none',
          kind: 'none',
          state: 'none',
          given_by: 'none',
          hashes: 'none',
          note: 'none',
          requested_by: BY,
          requested_at: 'none',
          due_at: 'none',
          finished_at: 'none',
          job_id: 'none',
          report: 'none',
          error: 'none',
          file_id: 'none',
          size: 'none',
          expires_at: 'none',
        },
      });
      schema.tenantTable({
        name: 'erasure',
        columns: {
          kind: 'text not null',
          hash: 'text not null',
          request: 'uuid not null',
          erased_at: 'timestamptz not null',
        },
        primaryKey: ['kind', 'hash'],
        privacy: { kind: 'none', hash: 'none', request: 'none', erased_at: 'none' },
        grants: ['select', 'insert'],
      });
    },
  },
  { name: 'portability/0003_names', up: nameCore },
  { name: 'portability/0004_messages', up: nameMessages },
  { name: 'portability/0005_found', up: nameFound },
];
