import type { SqlDatabase } from '../../grants.ts';
import { lowestUuidv7 } from '../../uuidv7.ts';
import {
  checkRollup,
  NOTHING,
  rollupTables,
  type DimensionType,
  type Measure,
  type RollupOptions,
} from './definition.ts';
import { readStatement, type RollupQuery } from './read.ts';
import { rollupStatements } from './statements.ts';
import type { Table } from '../../migration.ts';

/** Instants that something happened between, both inclusive. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** Hours that are marked and not yet computed anew. */
export interface Pending {
  readonly hours: number;
  /** The earliest of them; null when there are none and the roll-up says what the source says. */
  readonly since: Date | null;
}

/** A row of an answer; measures are whole numbers of any size. */
export type RollupRow<D extends string, M extends string> = { readonly at: Date | null } & {
  readonly [K in D]?: string | null;
} & { readonly [K in M]: bigint };

/** A bucket in which roll-up and source differ. */
export interface RollupDifference {
  readonly at: Date;
  readonly dimensions: Readonly<Record<string, string | null>>;
  readonly kept: Readonly<Record<string, bigint>>;
  readonly raw: Readonly<Record<string, bigint>>;
}

/** Counts and sums of a table, kept by quarter of an hour and by day. */
export interface Rollup<D extends string = string, M extends string = string> {
  readonly name: string;
  /** The tables that hold it; `schema.rollup` makes them. */
  readonly tables: readonly Table[];
  /**
   * Says that rows of these instants were added, changed or removed, in the same transaction or a later one. Cheap; late
   * rows are marked like all others.
   */
  mark(db: SqlDatabase, spans: readonly Span[]): Promise<void>;
  /**
   * Computes marked hours anew from the source, the latest first, at most `hours` of them (48). One at a time for each
   * tenant; others wait. Returns what is left.
   */
  refresh(db: SqlDatabase, options?: { readonly hours?: number }): Promise<Pending>;
  /** Marks every hour between in which there is anything; `refresh` does the rest. */
  rebuild(db: SqlDatabase, span: Span): Promise<void>;
  pending(db: SqlDatabase): Promise<Pending>;
  /** Never reads the source. Days of UTC come from the table of days, every other split from quarters. */
  read<const S extends D = never>(
    db: SqlDatabase,
    query: RollupQuery<D> & { readonly dimensions?: readonly S[] },
  ): Promise<RollupRow<S, M>[]>;
  /** Where roll-up and source differ, at most 1,000 buckets. For tests and doctors: it reads the source. */
  compare(db: SqlDatabase, span: Span): Promise<RollupDifference[]>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const REFRESH_HOURS = 48;

/**
 * Declares a roll-up of a table of the plugin's own. Nothing is added up twice or forgotten: what was touched is marked,
 * and marked hours are computed anew from the source.
 * @example
 * const hits = rollup({ name: 'hits', from: 'touchpoint', time: { id: 'id' }, dimensions: { kind: 'text' }, measures: { hits: count() } });
 * // in a migration: schema.rollup(hits); when rows have landed: await hits.mark(ctx.db, [{ from, to }]); await hits.refresh(ctx.db);
 * await hits.read(ctx.db, { from, to, by: 'day', zone: 'Europe/Berlin', dimensions: ['kind'] });
 * @throws PodliftError `invalid_contract` when a name is no column.
 */
export function rollup<
  const D extends Readonly<Record<string, DimensionType>>,
  const M extends Readonly<Record<string, Measure>>,
>(options: RollupOptions<D, M>): Rollup<keyof D & string, keyof M & string> {
  checkRollup(options);
  const sql = rollupStatements(options);
  const measures = Object.keys(options.measures);
  const bound = (at: number): Date | string => ('id' in options.time ? lowestUuidv7(at) : new Date(at));
  /** The range as instants, and as the source knows it. */
  const range = (db: SqlDatabase, from: number, to: number): unknown[] => [
    db.tenant,
    new Date(from),
    new Date(to),
    bound(from),
    bound(to),
  ];
  const pending = async (db: SqlDatabase): Promise<Pending> => {
    const [row] = await db.query<Pending>(sql.pending, [db.tenant]);
    return row ?? { hours: 0, since: null };
  };

  return {
    name: options.name,
    tables: rollupTables(options),
    pending,
    async mark(db, spans) {
      // In order, so that two who mark the same hours do not wait for each other.
      const sorted = [...spans].sort((a, b) => a.from.getTime() - b.from.getTime());
      for (const { from, to } of sorted) await db.query(sql.mark, [db.tenant, from, to]);
    },
    async refresh(db, { hours = REFRESH_HOURS } = {}) {
      await db.query(sql.ensureLock, [db.tenant]);
      await db.query(sql.lock, [db.tenant]);
      const taken = await db.query<{ hour: Date }>(sql.take, [db.tenant, hours]);
      const marked = taken.map(({ hour }) => new Date(hour).getTime()).sort((a, b) => a - b);
      for (const [from, to] of joined(marked, HOUR)) {
        await db.query(sql.dropQuarters, range(db, from, to).slice(0, 3));
        await db.query(sql.addQuarters, range(db, from, to));
      }
      const days = [...new Set(marked.map((hour) => hour - modulo(hour, DAY)))];
      for (const [from, to] of joined(days, DAY)) {
        await db.query(sql.dropDays, range(db, from, to).slice(0, 3));
        await db.query(sql.addDays, range(db, from, to).slice(0, 3));
      }
      return pending(db);
    },
    async rebuild(db, { from, to }) {
      await db.query(sql.markUsed, range(db, from.getTime(), to.getTime() + 1));
    },
    async read(db, query) {
      const { sql: text, values } = readStatement(options, db.tenant, query);
      const rows = await db.query(text, values);
      // The statement names these columns.
      return rows.map((row) => ({ ...row, ...bigints(row, measures) })) as unknown as RollupRow<
        never,
        keyof M & string
      >[];
    },
    async compare(db, { from, to }) {
      const start = from.getTime() - modulo(from.getTime(), HOUR / 4);
      const rows = await db.query<Record<string, string | null> & { at: Date }>(
        sql.compare,
        range(db, start, to.getTime() + 1),
      );
      return rows.map((row) => ({
        at: row.at,
        dimensions: Object.fromEntries(
          Object.entries(options.dimensions).map(([one, type]) => [
            one,
            row[one] === NOTHING[type] ? null : (row[one] ?? null),
          ]),
        ),
        kept: bigints(row, measures, 'kept_'),
        raw: bigints(row, measures, 'raw_'),
      }));
    },
  };
}

/** Neighbours as one range; `to` is exclusive. */
function joined(starts: readonly number[], length: number): (readonly [from: number, to: number])[] {
  const ranges: [number, number][] = [];
  for (const start of starts) {
    const last = ranges.at(-1);
    if (last && last[1] === start) last[1] += length;
    else ranges.push([start, start + length]);
  }
  return ranges;
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

const bigints = (row: object, names: readonly string[], prefix = ''): Record<string, bigint> =>
  Object.fromEntries(names.map((name) => [name, BigInt(String(Object(row)[`${prefix}${name}`] ?? 0))]));
