import type { Database } from './database.ts';
import { DataError } from './errors.ts';
import { qualified } from './names.ts';
import { BEGIN_MIGRATING, tenantPolicies } from './policy.ts';
import type { Queryable } from './transaction.ts';

const DAY = 86_400_000;
/** Months that are made before they begin. */
const MONTHS_AHEAD = 2;
/** How old an event may be, when its owner does not say. */
export const MAX_EVENT_AGE_DAYS = 400;
/** Clocks differ, and bookings lie a little ahead; what lies further is a mistake. */
export const MAX_EVENT_AHEAD_DAYS = 31;
const LOCK = 0x706f_6470;

/** One month of UTC, `[from, to)` in milliseconds since 1970. */
export interface Month {
  readonly suffix: string;
  readonly from: number;
  readonly to: number;
}

export function monthOf(ms: number, offset = 0): Month {
  const at = new Date(ms);
  const from = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + offset, 1);
  const first = new Date(from);
  const to = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1);
  return { suffix: `y${first.getUTCFullYear()}m${String(first.getUTCMonth() + 1).padStart(2, '0')}`, from, to };
}

/** The smallest UUID of version 7 of an instant: the bound of a partition. */
export function lowestId(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/**
 * Makes one month's partition. It is made beside the table and attached, which lets readers and writers of the table go on. Rights are not
 * inherited: nobody but the owner may name a partition, and its own policies hold even then.
 */
async function createPartition(tx: Queryable, schema: string, table: string, month: Month): Promise<void> {
  const parent = qualified(table, schema);
  const partition = qualified(`${table}_${month.suffix}`, schema);
  const bounds = `from ('${lowestId(month.from)}') to ('${lowestId(month.to)}')`;
  await tx.query(`create table ${partition} (like ${parent} including all excluding identity)`);
  for (const sql of tenantPolicies(partition)) await tx.query(sql);
  await tx.query(`alter table ${parent} attach partition ${partition} for values ${bounds}`);
}

/** Makes the partitions of `months` that are missing. Race-safe: whoever comes second waits and finds them. */
async function ensureMonths(tx: Queryable, schema: string, table: string, months: readonly Month[]): Promise<string[]> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK, `${schema}.${table}`]);
  const there = await tx.query<{ name: string }>(
    `select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass`,
    [qualified(table, schema)],
  );
  const names = new Set(there.map(({ name }) => name));
  // A foreign key of the table is proven against the new partition too, which reads through the policies.
  await tx.query(BEGIN_MIGRATING);
  const missing = months.filter(({ suffix }) => !names.has(`${table}_${suffix}`));
  for (const month of missing) await createPartition(tx, schema, table, month);
  return missing.map(({ suffix }) => `${table}_${suffix}`);
}

interface Registered {
  readonly schema: string;
  readonly table: string;
  readonly retentionDays: number | null;
}

/** Those that are still there: a table may have been dropped with its plugin. */
const REGISTERED = `select schema_name as schema, table_name as "table", retention_days as "retentionDays"
  from core.partitioned_table where to_regclass(format('%I.%I', schema_name, table_name)) is not null`;

/** The months around now of every event table of a schema. */
export async function ensurePartitionsOf(tx: Queryable, schema: string, now: number = Date.now()): Promise<void> {
  for (const { table } of await tx.query<Registered>(`${REGISTERED} and schema_name = $1`, [schema])) {
    await ensureMonths(tx, schema, table, aroundNow(now));
  }
}

const aroundNow = (now: number): Month[] => Array.from({ length: MONTHS_AHEAD + 2 }, (_, i) => monthOf(now, i - 1));

/** Months that must be there, and months that have gone by. */
export interface PartitionWork {
  readonly made: readonly string[];
  readonly retired: readonly string[];
}

/** Since when a table's rows are still needed, whatever their retention; undefined when none is. */
export type NeededSince = (schema: string, table: string) => Promise<number | undefined>;

/**
 * Makes partitions ahead of time and drops those that are older than their table's retention. For a daily job. A table that fails does not
 * keep the others waiting; its error is thrown in the end. Partitions with rows of `held` tenants stay, without the rows of others.
 */
export async function maintainPartitions(
  database: Database,
  now: number = Date.now(),
  needed: NeededSince = async () => undefined,
  held: readonly string[] = [],
): Promise<PartitionWork> {
  const made: string[] = [];
  const retired: string[] = [];
  const failures: unknown[] = [];
  for (const { schema, table, retentionDays } of await database.owner((tx) => tx.query<Registered>(REGISTERED))) {
    try {
      made.push(...(await database.owner((tx) => ensureMonths(tx, schema, table, aroundNow(now)))));
      if (retentionDays === null) continue;
      const before = Math.min(now - retentionDays * DAY, (await needed(schema, table)) ?? Number.POSITIVE_INFINITY);
      retired.push(...(await retire(database, schema, table, before, held)));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return { made, retired };
}

/** Each partition in a transaction of its own, so that a lock is held for a moment only. */
async function retire(
  database: Database,
  schema: string,
  table: string,
  before: number,
  held: readonly string[],
): Promise<string[]> {
  const partitions = await database.owner((tx) =>
    tx.query<{ name: string }>(
      `select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`,
      [qualified(table, schema)],
    ),
  );
  const old = partitions.filter(({ name }) => endOf(name) <= before);
  const dropped: string[] = [];
  for (const { name } of old) {
    if (held.length > 0 && (await keepHeld(database, qualified(name, schema), held))) continue;
    await database.owner(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK, `${schema}.${table}`]);
      await tx.query(`set local lock_timeout to '5s'`);
      await tx.query(`alter table ${qualified(table, schema)} detach partition ${qualified(name, schema)}`);
      await tx.query(`drop table ${qualified(name, schema)}`);
    });
    dropped.push(name);
  }
  return dropped;
}

/** Rows of one transaction. */
const HELD_BATCH = 5000;

/** Removes the rows of everybody else from a partition in which a tenant under a legal hold has some; false when none has. */
async function keepHeld(database: Database, partition: string, held: readonly string[]): Promise<boolean> {
  const run = (sql: string): Promise<number> =>
    database.owner(async (tx) => {
      await tx.query(BEGIN_MIGRATING);
      return tx.execute(sql, [held]);
    });
  if ((await run(`select 1 from ${partition} where tenant_id = any($1::uuid[]) limit 1`)) === 0) return false;
  const others = `select tenant_id, id from ${partition} where tenant_id <> all($1::uuid[]) limit ${HELD_BATCH}`;
  while ((await run(`delete from ${partition} where (tenant_id, id) in (${others})`)) === HELD_BATCH);
  return true;
}

/** The end of the month that a partition's name says. */
function endOf(partition: string): number {
  const [, year, month] = /_y(\d{4})m(\d{2})$/.exec(partition) ?? [];
  return year === undefined || month === undefined
    ? Number.POSITIVE_INFINITY
    : Date.UTC(Number(year), Number(month), 1);
}

/** Makes partitions for the dates that events bring. */
export interface PartitionKeeper {
  /** Makes sure that rows with these times have a place. @throws DataError `partition_too_old`, `partition_too_new` for a time outside the limits. */
  ensure(schema: string, table: string, times: Iterable<number>): Promise<void>;
  /** Whether a time is outside the limits, and why; cheap, for checking each row before. */
  check(time: number): DataError | undefined;
}

/** Creates the keeper; it remembers what it has seen, so that a known month costs nothing. */
export function createPartitionKeeper(
  database: Database,
  options: { now?: () => number; maxAgeDays?: number } = {},
): PartitionKeeper {
  const { now = Date.now, maxAgeDays = MAX_EVENT_AGE_DAYS } = options;
  const known = new Set<string>();
  const making = new Map<string, Promise<unknown>>();
  const check = (time: number): DataError | undefined => {
    const age = now() - time;
    if (age > maxAgeDays * DAY) {
      return new DataError(
        'partition_too_old',
        `An event of ${new Date(time).toISOString()} is older than ${maxAgeDays} days, the age up to which events are taken.`,
      );
    }
    if (Number.isNaN(age) || -age > MAX_EVENT_AHEAD_DAYS * DAY) {
      return new DataError(
        'partition_too_new',
        `An event of ${Number.isNaN(age) ? 'no valid time' : new Date(time).toISOString()} lies more than ${MAX_EVENT_AHEAD_DAYS} days ahead.`,
      );
    }
    return undefined;
  };
  return {
    check,
    async ensure(schema, table, times) {
      const missing = new Map<string, Month>();
      for (const time of times) {
        const month = monthOf(time);
        const key = `${schema}.${table}_${month.suffix}`;
        if (known.has(key) || missing.has(key)) continue;
        const refused = check(time);
        if (refused) throw refused;
        missing.set(key, month);
      }
      await Promise.all(
        [...missing].map(async ([key, month]) => {
          const work = making.get(key) ?? database.owner((tx) => ensureMonths(tx, schema, table, [month]));
          making.set(key, work);
          try {
            await work;
            known.add(key);
          } finally {
            making.delete(key);
          }
        }),
      );
    },
  };
}
