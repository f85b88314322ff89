import type {
  Migration as RecordedMigration,
  MigrationOperation as RecordedOperation,
  Privacy as DeclaredPrivacy,
} from '@podlift/sdk';

/** What a column holds, for records of processing, export and erasure. */
export interface Privacy {
  /** `none`, `pseudonymous`, `personal`, `special`, `secret`. */
  readonly category: 'none' | 'pseudonymous' | 'personal' | 'special' | 'secret';
  /** Whom it is about: listener, customer, user, … */
  readonly subject?: string;
  readonly purpose?: string;
  readonly retentionDays?: number;
  /** What erasure of a person does with it. */
  readonly erasure?: 'delete' | 'clear' | 'keep';
}

/** What a column says about people, in core's words or in a plugin's. */
export type ColumnPrivacy = Privacy | Privacy['category'] | DeclaredPrivacy;

export interface ForeignKey {
  /** Columns of this table after `tenant_id`, which is added in front unless `directory`. */
  readonly columns: readonly string[];
  /** `table`, or `schema.table`. */
  readonly references: string;
  /** Columns there after `tenant_id`; `id` when left out. */
  readonly keys?: readonly string[];
  readonly onDelete?: 'restrict' | 'cascade';
  /** The other table is a directory table: no `tenant_id` in front. */
  readonly directory?: boolean;
}

export interface Index {
  /** Columns after `tenant_id`, which is added in front on tenant tables. */
  readonly columns: readonly string[];
  readonly where?: string;
  readonly include?: readonly string[];
}

/** One table. On tenant tables `tenant_id uuid not null` comes first, in the table and in every key and index. */
export interface Table {
  readonly name: string;
  /** Name to SQL type and constraints: `{ id: 'uuid', title: 'text not null' }`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns of the primary key after `tenant_id`; `['id']` when left out. */
  readonly primaryKey?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly foreignKeys?: readonly ForeignKey[];
  readonly indexes?: readonly (readonly string[] | Index)[];
  readonly checks?: Readonly<Record<string, string>>;
  /** `'month'`: an event table, in monthly partitions by its UUIDv7 `id`. */
  readonly partition?: 'month';
  /** Event tables: partitions older than this are dropped. */
  readonly retentionDays?: number;
  /** What every column holds; a column that is missing here refuses the migration (`tenant_id` is known). */
  readonly privacy: Readonly<Record<string, ColumnPrivacy>>;
  /**
   * Rights of the owner's role. Left out: all four on a tenant table, `select` on a directory table. `podlift_system` has all four, except on
   * a directory table that names its grants: there it gets what a `grant` of the migration says.
   */
  readonly grants?: readonly ('select' | 'insert' | 'update' | 'delete')[];
}

/** A read-only view others may read; runs with the reader's own rights. */
export interface ViewOperation {
  readonly name: string;
  readonly sql: string;
}

/** A function through which group-committed rows of many tenants are written: the only thing `podlift_ingest` may do. */
export interface IngestFunction {
  readonly name: string;
  /** Arguments after `tenants uuid[]`, as SQL types of one element: `{ ids: 'uuid', kinds: 'text' }`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Tables it inserts into, of its own schema, or `core.event` and `core.event_pending`. */
  readonly into: readonly string[];
  /** Body in SQL: one statement that returns one row `(row int, is_new boolean)` per given row. */
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

/** Collects operations; each call adds one. */
export interface SchemaBuilder {
  tenantTable(table: Table): void;
  directoryTable(table: Table): void;
  /** SQL in the owner's schema (the search path is set). */
  sql(sql: string): void;
  view(view: ViewOperation): void;
  ingestFunction(ingest: IngestFunction): void;
  /** Declares columns that `sql` added. */
  privacy(table: string, columns: Table['privacy']): void;
}

/** One migration of one owner. `name` sorts and never changes once released. A room of core calls it `<room>/0001_…`. */
export interface CoreMigration {
  readonly name: string;
  up(schema: SchemaBuilder): void;
}

/** A migration that the host writes itself. */
export type Migration = CoreMigration;

/** What a migration may be given as: written by the host, or recorded by a plugin's `migration()`. */
export type AnyMigration = CoreMigration | RecordedMigration;

/** The steps of a migration, in order. */
export function operationsOf(migration: AnyMigration): readonly (MigrationOperation | RecordedOperation)[] {
  if ('operations' in migration) return migration.operations;
  const operations: MigrationOperation[] = [];
  migration.up({
    tenantTable: (table) => void operations.push({ kind: 'tenantTable', table }),
    directoryTable: (table) => void operations.push({ kind: 'directoryTable', table }),
    sql: (sql) => void operations.push({ kind: 'sql', sql }),
    view: (view) => void operations.push({ kind: 'view', view }),
    ingestFunction: (ingest) => void operations.push({ kind: 'ingestFunction', function: ingest }),
    privacy: (table, columns) => void operations.push({ kind: 'privacy', table, columns }),
  });
  return operations;
}
