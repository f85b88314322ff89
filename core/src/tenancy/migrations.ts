import type { CoreMigration } from '../data/index.ts';
import { PLANS, UNLIMITED } from './plans.ts';

const SEED = PLANS.map(
  ({ id, title, limits }, position) =>
    `insert into core.plan (id, title, limits, position) values ('${id}', '${title}', '${JSON.stringify(limits)}', ${position});`,
).join('\n');

/** The registry of tenants. Directory tables: they are read before a tenant is known. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'tenancy/0001_registry',
    up(schema) {
      schema.directoryTable({
        name: 'plan',
        columns: {
          id: 'text not null',
          title: 'text not null',
          limits: "jsonb not null default '{}'",
          position: 'integer not null default 0',
        },
        privacy: { id: 'none', title: 'none', limits: 'none', position: 'none' },
        grants: ['select'],
      });
      schema.sql(SEED);
      // The table itself is the data room's; what the registry knows of a tenant is ours.
      schema.sql(`
        alter table core.tenants
          add column version integer not null default 1,
          add column disposable boolean not null default false,
          add column suspended_at timestamptz,
          add column suspended_reason text,
          alter column plan set default '${UNLIMITED}',
          drop constraint tenants_status_check,
          add constraint tenants_status_check check (status in ('active', 'suspended', 'deleted', 'purging'));
        update core.tenants set plan = '${UNLIMITED}' where plan is null;
        alter table core.tenants alter column plan set not null;
        alter table core.tenants add foreign key (plan) references core.plan (id) on delete restrict;
        create index on core.tenants (purge_after) where purge_after is not null;
        grant insert, update on core.tenants to podlift_runtime;
      `);
      schema.privacy('tenants', {
        version: 'none',
        disposable: 'none',
        suspended_at: 'none',
        suspended_reason: 'none',
      });
      schema.directoryTable({
        name: 'tenant_domain',
        columns: {
          domain: 'text not null',
          tenant_id: 'uuid not null',
          proof: 'text not null',
          verified_at: 'timestamptz',
          created_at: 'timestamptz not null',
        },
        primaryKey: ['domain'],
        foreignKeys: [{ columns: ['tenant_id'], references: 'tenants', onDelete: 'cascade', directory: true }],
        indexes: [['tenant_id']],
        privacy: { domain: 'none', tenant_id: 'none', proof: 'none', verified_at: 'none', created_at: 'none' },
        grants: ['select', 'insert', 'update', 'delete'],
      });
    },
  },
  {
    name: 'tenancy/0002_settings',
    up(schema) {
      // Kept with all other settings, so that history and versions are one mechanism; this is their shape for SQL.
      schema.sql(`
        create view core.tenant_settings with (security_invoker = true) as
        select s.tenant_id, coalesce(s.value ->> 'timeZone', 'UTC') as time_zone, coalesce(s.value ->> 'currency', 'USD') as currency,
          coalesce(s.value ->> 'locale', 'en') as locale, coalesce((s.value ->> 'weekStart')::int, 1) as week_start, s.version, s.updated_at
        from core.setting s where s.owner = 'core';
        grant select on core.tenant_settings to podlift_runtime, podlift_system;
      `);
    },
  },
];
