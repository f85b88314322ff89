import type { Ingestion } from './ingestion.ts';
import type { Privacy } from './privacy.ts';
import type { PublishedView } from './published-view.ts';

/** Whether rows belong to a tenant and row-level security holds, or are looked up before a tenant is known. */
export type TableScope = 'tenant' | 'directory';

/** A table of the plugin's own schema and what each column says about people. */
export interface TableDeclaration {
  readonly name: string;
  readonly scope: TableScope;
  readonly privacy: Readonly<Record<string, Privacy>>;
}

/** Where an entity keeps the declaration of its table. */
export const TABLE: unique symbol = Symbol.for('podlift.table');
/** Carries the type of the entity manager that can read an entity; there is no value. */
export declare const ENTITY_MANAGER: unique symbol;

/** An entity of `@podlift/sdk/sql`; the main entry knows only its table. */
export interface TableEntity<out EM = unknown> {
  readonly [TABLE]: TableDeclaration;
  readonly [ENTITY_MANAGER]?: EM;
}

/** One step of a plugin's schema, as plain data. `@podlift/sdk/sql` makes them. */
export interface MigrationData {
  readonly name: string;
  readonly operations: readonly { readonly op: string }[];
}

/** What a `data:sql` plugin says about its schema. The host gives the schema its name. */
export interface DataSection {
  /** Every table of the schema: an entity, or `table()` for one that is only read by SQL. */
  readonly tables?: readonly (TableEntity | TableDeclaration)[];
  readonly migrations?: readonly MigrationData[];
  /** Views that others may read; a migration makes each with `schema.view()`. */
  readonly publishes?: readonly PublishedView[];
  /** Views of others that the plugin reads. */
  readonly reads?: readonly PublishedView[];
  readonly ingest?: readonly Ingestion[];
}

/** The declaration of a table, whichever way it was given. */
export const tableDeclaration = (table: TableEntity | TableDeclaration): TableDeclaration =>
  TABLE in table ? table[TABLE] : table;
