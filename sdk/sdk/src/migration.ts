import type { Privacy } from './privacy.ts';

/** A reference to another table; `tenant_id` comes first on both sides without being said. */
export interface ForeignKey {
  /** Columns of this table after `tenant_id`. */
  readonly columns: readonly string[];
  /** A table of the same schema. */
  readonly references: string;
  /** Columns there after `tenant_id`; `id` when absent. */
  readonly keys?: readonly string[];
  /** `restrict` when absent. */
  readonly onDelete?: 'restrict' | 'cascade';
  /** The other table is a directory table, which has no `tenant_id`. */
  readonly directory?: boolean;
}

/** An index; `tenant_id` comes first on tenant tables without being said. */
export interface Index {
  readonly columns: readonly string[];
  readonly where?: string;
  readonly include?: readonly string[];
}

/** A table. On tenant tables `tenant_id uuid not null` comes first in the table and in every key and index. */
export interface Table {
  readonly name: string;
  /** Name to SQL type and constraints: `{ id: 'uuid not null', title: 'text not null' }`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns of the primary key after `tenant_id`; `['id']` when absent. */
  readonly primaryKey?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly foreignKeys?: readonly ForeignKey[];
  readonly indexes?: readonly (readonly string[] | Index)[];
  /** Name to condition. */
  readonly checks?: Readonly<Record<string, string>>;
  /** `month` makes an event table, in monthly partitions by its UUIDv7 `id`. */
  readonly partition?: 'month';
  /** Partitions older than this many days are dropped. */
  readonly retentionDays?: number;
  /** What each column tells about people; a column that is missing here refuses the migration. */
  readonly privacy: Readonly<Record<string, Privacy>>;
  /** Rights of the plugin's role, when not all four. */
  readonly grants?: readonly ('select' | 'insert' | 'update' | 'delete')[];
}

/** A read-only view that others may join; it runs with the reader's own rights. */
export interface ViewOperation {
  readonly name: string;
  readonly sql: string;
}

/** A function that lands rows of many tenants at once; the host calls it for `ctx.ingest`. */
export interface IngestFunction {
  readonly name: string;
  /** Its parameters after `tenants uuid[]`, each an array of this type: `{ id: 'uuid' }`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Tables that it inserts into. */
  readonly into: readonly string[];
  /** One SQL statement that returns `(row int, is_new boolean)` per given row. */
  readonly body: string;
}

/** One step of a migration, as plain data. */
export type MigrationOperation =
  | { readonly kind: 'tenantTable'; readonly table: Table }
  | { readonly kind: 'directoryTable'; readonly table: Table }
  | { readonly kind: 'sql'; readonly sql: string }
  | { readonly kind: 'view'; readonly view: ViewOperation }
  | { readonly kind: 'ingestFunction'; readonly function: IngestFunction }
  | { readonly kind: 'privacy'; readonly table: string; readonly columns: Table['privacy'] };

/** A change of the plugin's schema, as recorded by `migration()` of `@podlift/sdk/sql`. The host renders and runs it. */
export interface Migration {
  /** Sorts, and never changes once released. */
  readonly name: string;
  readonly operations: readonly MigrationOperation[];
}
