import type { SqlColumns, SqlType, SqlValue } from './sql-types.ts';

/** A way to land many rows at once, through one definer function that the plugin's migration makes. */
export interface Ingestion<C extends SqlColumns = SqlColumns> {
  readonly kind: 'ingestion';
  readonly name: string;
  readonly columns: C;
  /** The limit of the tenant's plan that every new row takes one of; rows of others are not limited. */
  readonly quota?: string;
}

/** What an ingestion may say beside its columns. */
export interface IngestionOptions {
  readonly quota?: string;
}

/**
 * Declares an ingestion: the columns are the function's parameters, each an array with one value per row.
 * @example const hits = ingestion('hits', { id: 'uuid', at: 'timestamptz', url: 'text' });
 */
export const ingestion = <const C extends SqlColumns>(
  name: string,
  columns: C,
  { quota }: IngestionOptions = {},
): Ingestion<C> => ({
  kind: 'ingestion',
  name,
  columns,
  ...(quota !== undefined && { quota }),
});

/** Rows by column; all columns are of one length. */
export type IngestColumns<C extends SqlColumns> = {
  readonly [K in keyof C]: readonly (SqlValue<C[K] & SqlType> | null)[];
};
