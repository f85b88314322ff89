import type { Ingestion } from '../ingestion.ts';
import type { IngestFunction, Migration, MigrationOperation, Table } from '../migration.ts';
import type { Rollup } from './rollup/index.ts';
import { localViewName, type PublishedView } from '../published-view.ts';

/** Collects the steps of a migration; each call adds one, in order. */
export interface SchemaBuilder {
  /** A table under row-level security; policy, grants, keys and indexes come with it. */
  tenantTable(table: Table): void;
  /** A table that is looked up before a tenant is known. It references no tenant table. */
  directoryTable(table: Table): void;
  /** SQL in the plugin's own schema, with the search path set. */
  sql(statement: string): void;
  /** Makes a published view from one `select` over the plugin's own tables. */
  view(view: PublishedView, select: string): void;
  /** Makes the function behind an ingestion. */
  ingestFunction(ingestion: Ingestion, how: Pick<IngestFunction, 'into' | 'body'>): void;
  /** Makes the tables of a roll-up. */
  rollup(rollup: Pick<Rollup, 'tables'>): void;
  /** Says what columns that `sql` added tell about people. */
  privacy(table: string, columns: Table['privacy']): void;
}

/**
 * Records one change of the plugin's schema.
 * @example
 * export const m0001 = migration('0001_codes', (schema) => {
 *   schema.tenantTable({ name: 'code', columns: { id: 'uuid', code: 'text not null' }, unique: [['code']], privacy: { id: 'none', code: 'none' } });
 * });
 */
export function migration(name: string, up: (schema: SchemaBuilder) => void): Migration {
  const operations: MigrationOperation[] = [];
  up({
    tenantTable: (table) => void operations.push({ kind: 'tenantTable', table }),
    directoryTable: (table) => void operations.push({ kind: 'directoryTable', table }),
    sql: (statement) => void operations.push({ kind: 'sql', sql: statement }),
    view: (view, select) => void operations.push({ kind: 'view', view: { name: localViewName(view), sql: select } }),
    ingestFunction: ({ name: called, columns }, { into, body }) =>
      void operations.push({ kind: 'ingestFunction', function: { name: called, columns, into, body } }),
    rollup: ({ tables }) => {
      for (const table of tables) operations.push({ kind: 'tenantTable', table });
    },
    privacy: (table, columns) => void operations.push({ kind: 'privacy', table, columns }),
  });
  return { name, operations };
}
