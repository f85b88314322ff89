import { PodliftError } from '../../errors.ts';
import type { Table } from '../../migration.ts';

/** What a roll-up can be split by. Null is kept as such. */
export type DimensionType = 'uuid' | 'text';

/** What is added up: how many rows, or the sum of a whole number. `where` counts only rows for which it is true. */
export type Measure =
  | { readonly kind: 'count'; readonly where?: string }
  | { readonly kind: 'sum'; readonly of: string; readonly where?: string };

/** How many rows there are. */
export const count = (where?: string): Measure => ({ kind: 'count', ...(where !== undefined && { where }) });
/** The sum of a column of whole numbers, such as money in micros. */
export const sum = (of: string, where?: string): Measure => ({
  kind: 'sum',
  of,
  ...(where !== undefined && { where }),
});

/** When a row of the source happened: a `timestamptz` column, or a UUIDv7 that carries it, as event tables have. */
export type RollupTime = { readonly column: string } | { readonly id: string };

/** What is rolled up, and how. */
export interface RollupOptions<
  D extends Readonly<Record<string, DimensionType>> = Readonly<Record<string, DimensionType>>,
  M extends Readonly<Record<string, Measure>> = Readonly<Record<string, Measure>>,
> {
  /** Names its tables: `<name>_quarter`, `<name>_day` and `<name>_mark`. */
  readonly name: string;
  /** A table or view of the plugin's own with `tenant_id`. */
  readonly from: string;
  readonly time: RollupTime;
  /** Columns of the source. */
  readonly dimensions: D;
  readonly measures: M;
}

const NAME = /^[a-z][a-z0-9_]{0,40}$/;
/** Columns that the roll-up's own tables have. */
const RESERVED = new Set(['tenant_id', 'at', 'hour']);

/** @throws PodliftError `invalid_contract` when a name is no column, or one of the roll-up's own. */
export function checkRollup({ name, time, dimensions, measures }: RollupOptions): void {
  const source = 'id' in time ? time.id : time.column;
  const sums = Object.values(measures).flatMap((measure) => (measure.kind === 'sum' ? [measure.of] : []));
  const own = [...Object.keys(dimensions), ...Object.keys(measures)];
  for (const given of [name, source, ...sums, ...own])
    if (!NAME.test(given)) throw PodliftError.invalidContract(`rollup ${name}`, `"${given}" is no name of a column`);
  const taken = own.find((given, at) => RESERVED.has(given) || own.indexOf(given) !== at);
  if (taken !== undefined) throw PodliftError.invalidContract(`rollup ${name}`, `the name "${taken}" is taken`);
  if (Object.keys(measures).length === 0) throw PodliftError.invalidContract(`rollup ${name}`, 'it measures nothing');
}

/** Stands for null in a key, where PostgreSQL wants a value. */
export const NOTHING: Readonly<Record<DimensionType, string>> = {
  text: '',
  uuid: '00000000-0000-0000-0000-000000000000',
};

/** The tables of a roll-up: quarters of an hour, from which every time zone's hours and days come out exact; days of UTC; hours to be computed anew. */
export function rollupTables({ name, dimensions, measures }: RollupOptions): readonly Table[] {
  const split = Object.fromEntries(Object.entries(dimensions).map(([column, type]) => [column, `${type} not null`]));
  const added = Object.fromEntries(Object.keys(measures).map((column) => [column, 'bigint not null']));
  const buckets = (table: string, at: string): Table => ({
    name: `${name}_${table}`,
    columns: { at, ...split, ...added },
    primaryKey: ['at', ...Object.keys(dimensions)],
    privacy: Object.fromEntries(['at', ...Object.keys(split), ...Object.keys(added)].map((column) => [column, 'none'])),
  });
  return [
    buckets('quarter', 'timestamptz not null'),
    buckets('day', 'date not null'),
    {
      name: `${name}_mark`,
      columns: { hour: 'timestamptz not null' },
      primaryKey: ['hour'],
      privacy: { hour: 'none' },
    },
  ];
}
