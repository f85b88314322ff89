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
  readonly privacy: Readonly<Record<string, Privacy | Privacy['category']>>;
  /** Rights of the owner's role, when not all four. */
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
  /** Tables it inserts into. */
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

/** One migration of one owner. `name` sorts and never changes once released. */
export interface Migration {
  readonly name: string;
  up(schema: SchemaBuilder): void;
}

/** A migration of a room of core; its name is `<room>/0001_…`. */
export type CoreMigration = Migration;
