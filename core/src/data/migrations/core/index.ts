import type { CoreMigration } from '../operations.ts';

/** Tables that the data room itself brings: the registry of tenants, looked up before a tenant is known. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'data/0001_tenants',
    up(schema) {
      // Made by the bootstrap, before any migration can run.
      schema.privacy('installation', { one: 'none', setup: 'none', made_at: 'none' });
      schema.privacy('migration', { owner: 'none', name: 'none', checksum: 'none', applied_at: 'none' });
      schema.privacy('partitioned_table', { schema_name: 'none', table_name: 'none', retention_days: 'none' });
      schema.directoryTable({
        name: 'tenants',
        columns: {
          id: 'uuid not null',
          slug: 'text not null unique',
          name: 'text not null',
          status: `text not null default 'active'`,
          plan: 'text',
          created_at: 'timestamptz not null default now()',
          updated_at: 'timestamptz not null default now()',
          deleted_at: 'timestamptz',
          purge_after: 'timestamptz',
        },
        checks: { tenants_status_check: `status in ('active', 'suspended', 'deleted')` },
        privacy: {
          id: 'none',
          slug: 'none',
          name: 'none',
          status: 'none',
          plan: 'none',
          created_at: 'none',
          updated_at: 'none',
          deleted_at: 'none',
          purge_after: 'none',
        },
      });
    },
  },
  {
    name: 'data/0002_keyring',
    up(schema) {
      // One row: the name of the master key that seals, and the root of everything that is signed, sealed with it.
      schema.directoryTable({
        name: 'keyring',
        columns: {
          one: 'boolean not null default true',
          active: 'text not null',
          root: 'text not null',
          changed_at: 'timestamptz not null',
        },
        primaryKey: ['one'],
        checks: { keyring_one_check: 'one' },
        privacy: { one: 'none', active: 'none', root: 'secret', changed_at: 'none' },
      });
      // Which keys each running node knows, so that none is shut out by an exchange.
      schema.directoryTable({
        name: 'keyring_node',
        columns: {
          node: 'uuid not null',
          name: 'text not null',
          known: 'text[] not null',
          active: 'text not null',
          seen_at: 'timestamptz not null',
        },
        primaryKey: ['node'],
        privacy: { node: 'none', name: 'none', known: 'none', active: 'none', seen_at: 'none' },
      });
    },
  },
];
