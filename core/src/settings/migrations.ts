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
  {
    name: 'settings/0002_flags',
    up(schema) {
      const by = { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' } as const;
      schema.directoryTable({
        name: 'flag',
        columns: {
          owner: 'text not null',
          name: 'text not null',
          config: 'jsonb not null',
          version: 'integer not null',
          updated_at: 'timestamptz not null',
          updated_by: 'text not null',
        },
        primaryKey: ['owner', 'name'],
        privacy: { owner: 'none', name: 'none', config: 'none', version: 'none', updated_at: 'none', updated_by: by },
      });
      schema.directoryTable({
        name: 'flag_history',
        columns: {
          owner: 'text not null',
          name: 'text not null',
          version: 'integer not null',
          config: 'jsonb not null',
          changed_at: 'timestamptz not null',
          changed_by: 'text not null',
        },
        primaryKey: ['owner', 'name', 'version'],
        privacy: { owner: 'none', name: 'none', version: 'none', config: 'none', changed_at: 'none', changed_by: by },
      });
      // A value of null stands for an override that was taken back: versions go on.
      schema.tenantTable({
        name: 'flag_override',
        columns: {
          owner: 'text not null',
          name: 'text not null',
          value: 'jsonb not null',
          version: 'integer not null',
          updated_at: 'timestamptz not null',
          updated_by: 'text not null',
        },
        primaryKey: ['owner', 'name'],
        privacy: { owner: 'none', name: 'none', value: 'none', version: 'none', updated_at: 'none', updated_by: by },
      });
      schema.tenantTable({
        name: 'flag_override_history',
        columns: {
          owner: 'text not null',
          name: 'text not null',
          version: 'integer not null',
          value: 'jsonb not null',
          changed_at: 'timestamptz not null',
          changed_by: 'text not null',
        },
        primaryKey: ['owner', 'name', 'version'],
        privacy: { owner: 'none', name: 'none', version: 'none', value: 'none', changed_at: 'none', changed_by: by },
        grants: ['select', 'insert', 'delete'],
      });
    },
  },
  {
    name: 'settings/0003_usage',
    up(schema) {
      schema.tenantTable({
        name: 'usage_hour',
        columns: {
          meter: 'text not null',
          of: `text not null default ''`,
          hour: 'timestamptz not null',
          amount: 'bigint not null',
        },
        primaryKey: ['meter', 'of', 'hour'],
        indexes: [['hour']],
        privacy: { meter: 'none', of: 'none', hour: 'none', amount: 'none' },
      });
      // Amounts of exact meters, added in the transaction that they belong to; folded into hours a moment later.
      schema.tenantTable({
        name: 'usage_pending',
        columns: {
          id: 'uuid not null',
          meter: 'text not null',
          of: `text not null default ''`,
          hour: 'timestamptz not null',
          amount: 'bigint not null',
        },
        privacy: { id: 'none', meter: 'none', of: 'none', hour: 'none', amount: 'none' },
      });
      // What was written down already, so that a repeated try counts nothing twice.
      schema.directoryTable({
        name: 'usage_flush',
        columns: { id: 'uuid not null', at: 'timestamptz not null' },
        privacy: { id: 'none', at: 'none' },
      });
      schema.tenantTable({
        name: 'quota_override',
        columns: {
          name: 'text not null',
          quota_limit: 'bigint',
          per: 'text not null',
          until: 'timestamptz',
          reason: 'text not null',
          set_at: 'timestamptz not null',
          set_by: 'text not null',
        },
        primaryKey: ['name'],
        checks: { quota_override_per_check: `per in ('total', 'month', 'day')` },
        privacy: {
          name: 'none',
          quota_limit: 'none',
          per: 'none',
          until: 'none',
          reason: 'none',
          set_at: 'none',
          set_by: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
        },
      });
    },
  },
];
