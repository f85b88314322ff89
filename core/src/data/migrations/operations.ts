import type { Privacy as DeclaredPrivacy } from '@podlift/sdk';
import type {
  ForeignKey,
  Index,
  IngestFunction,
  Migration as RecordedMigration,
  MigrationOperation as RecordedOperation,
  Table as PluginTable,
  ViewOperation,
} from '@podlift/sdk/sql';

export type { ForeignKey, Index, IngestFunction, ViewOperation };

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
  /** The kind of name for a person that it is, as in the sdk's `PersonalData`. */
  readonly identifies?: string;
  readonly party?: string;
  readonly mentions?: boolean;
  readonly since?: string;
}

/** What a column says about people, in core's words or in a plugin's. */
export type ColumnPrivacy = Privacy | Privacy['category'] | DeclaredPrivacy;

/** One table, in the words of a plugin's migration; core may say of a column in one word what it tells about people. */
export type Table = Omit<PluginTable, 'privacy'> & { readonly privacy: Readonly<Record<string, ColumnPrivacy>> };

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
