import type { CoreMigration } from '../data/index.ts';
import { PLANS } from './plans.ts';

const SEED = PLANS.map(
  ({ id, title, limits }, position) =>
    `insert into core.plan (id, title, limits, position) values ('${id}', '${title}', '${JSON.stringify(limits)}', ${position});`,
).join('\n');

/** The registry of tenants. Directory tables: they are read before a tenant is known. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'tenancy/0001_tenant',
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
      schema.directoryTable({
        name: 'tenant',
        columns: {
          id: 'uuid not null',
          slug: 'text not null',
          name: 'text not null',
          status: "text not null default 'active'",
          plan: 'text not null',
          version: 'integer not null default 1',
          disposable: 'boolean not null default false',
          created_at: 'timestamptz not null',
          updated_at: 'timestamptz not null',
          suspended_at: 'timestamptz',
          suspended_reason: 'text',
          deleted_at: 'timestamptz',
          purge_after: 'timestamptz',
        },
        unique: [['slug']],
        foreignKeys: [{ columns: ['plan'], references: 'plan', onDelete: 'restrict', directory: true }],
        indexes: [{ columns: ['purge_after'], where: 'purge_after is not null' }],
        checks: { tenant_status_check: "status in ('active', 'suspended', 'deleted', 'purging')" },
        privacy: {
          id: 'none',
          slug: 'none',
          name: 'none',
          status: 'none',
          plan: 'none',
          version: 'none',
          disposable: 'none',
          created_at: 'none',
          updated_at: 'none',
          suspended_at: 'none',
          suspended_reason: 'none',
          deleted_at: 'none',
          purge_after: 'none',
        },
        grants: ['select', 'insert', 'update'],
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
        foreignKeys: [{ columns: ['tenant_id'], references: 'tenant', onDelete: 'cascade', directory: true }],
        indexes: [['tenant_id']],
        privacy: { domain: 'none', tenant_id: 'none', proof: 'none', verified_at: 'none', created_at: 'none' },
      });
    },
  },
];
