import type { CoreMigration } from '../data/index.ts';

const WHO = { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' } as const;

/** Tables of the lifecycle: what is installed, where it is enabled, and what tenants consented to. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'plugins/0001_plugins',
    up(schema) {
      schema.directoryTable({
        name: 'plugin',
        columns: {
          id: 'text not null',
          version: 'text not null',
          digest: 'text not null',
          state: 'text not null',
          reason: 'text',
          since: 'timestamptz not null',
          // An operator's wish; a node that sees it change follows.
          wanted: "text not null default 'on'",
          // Set when the plugin took a process down: it is not loaded again until somebody retries.
          held: 'boolean not null default false',
          revision: 'bigint not null default 1',
          updated_at: 'timestamptz not null',
        },
        checks: { plugin_wanted: "wanted in ('on', 'off')" },
        primaryKey: ['id'],
        grants: ['select', 'insert', 'update', 'delete'],
        privacy: {
          id: 'none',
          version: 'none',
          digest: 'none',
          state: 'none',
          reason: 'none',
          since: 'none',
          wanted: 'none',
          held: 'none',
          revision: 'none',
          updated_at: 'none',
        },
      });
      schema.tenantTable({
        name: 'plugin_tenant',
        columns: {
          plugin: 'text not null',
          enabled: 'boolean not null',
          updated_at: 'timestamptz not null',
          updated_by: 'text not null',
        },
        primaryKey: ['plugin'],
        privacy: { plugin: 'none', enabled: 'none', updated_at: 'none', updated_by: WHO },
      });
      schema.tenantTable({
        name: 'plugin_grant',
        columns: {
          plugin: 'text not null',
          capability: 'text not null',
          granted: 'boolean not null',
          updated_at: 'timestamptz not null',
          updated_by: 'text not null',
        },
        primaryKey: ['plugin', 'capability'],
        privacy: { plugin: 'none', capability: 'none', granted: 'none', updated_at: 'none', updated_by: WHO },
      });
    },
  },
];
