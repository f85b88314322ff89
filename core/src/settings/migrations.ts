import type { CoreMigration } from '../data/index.ts';

/** Tables of settings, their history, secrets and usage. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'settings/0001_settings',
    up(schema) {
      schema.tenantTable({
        name: 'setting',
        columns: {
          owner: 'text not null',
          value: 'jsonb not null',
          version: 'integer not null',
          updated_at: 'timestamptz not null',
          updated_by: 'text not null',
        },
        primaryKey: ['owner'],
        privacy: {
          owner: 'none',
          value: 'none',
          version: 'none',
          updated_at: 'none',
          updated_by: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
        },
      });
      schema.tenantTable({
        name: 'setting_history',
        columns: {
          owner: 'text not null',
          version: 'integer not null',
          value: 'jsonb not null',
          changed_at: 'timestamptz not null',
          changed_by: 'text not null',
        },
        primaryKey: ['owner', 'version'],
        privacy: {
          owner: 'none',
          version: 'none',
          value: 'none',
          changed_at: 'none',
          changed_by: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
        },
        grants: ['select', 'insert', 'delete'],
      });
      schema.tenantTable({
        name: 'secret',
        columns: {
          owner: 'text not null',
          name: 'text not null',
          sealed: 'text not null',
          updated_at: 'timestamptz not null',
          updated_by: 'text not null',
        },
        primaryKey: ['owner', 'name'],
        privacy: {
          owner: 'none',
          name: 'none',
          sealed: 'secret',
          updated_at: 'none',
          updated_by: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
        },
      });
      schema.tenantTable({
        name: 'quota_usage',
        columns: { name: 'text not null', period: 'text not null', used: 'bigint not null' },
        primaryKey: ['name', 'period'],
        checks: { quota_usage_used_check: 'used >= 0' },
        privacy: { name: 'none', period: 'none', used: 'none' },
      });
    },
  },
];
