import { uuidv7 } from '@podlift/sdk';
import type { Clock } from '../../config/index.ts';
import type { Database, Queryable } from '../../data/index.ts';
import { createUsageBuffer, hourOf, type UsageRow } from './buffer.ts';
import { CORE_METERS, meterName, type CoreMeter, type MeterDefinition, type MeterInfo } from './meters.ts';
import { readTenant, readTenants, type TenantUsage, type UsageEntry, type UsageQuery } from './read.ts';

/** An amount of a plugin's own meter. */
export interface MeteredAmount {
  readonly meter: string;
  readonly amount: number;
}

/** How much of what each tenant uses, by the hour. */
export interface Usage {
  /** Counts in memory; written down within seconds. Fractions are kept until they are whole. */
  add(tenant: string, meter: CoreMeter | `${string}/${string}`, amount: number, of?: string): void;
  /** Counts inside the caller's transaction: with it or not at all. */
  addExact(tx: Queryable, tenant: string, amounts: readonly MeteredAmount[]): Promise<void>;
  /** Says what plugins count. */
  declare(plugin: string, meters: Readonly<Record<string, MeterDefinition>>): void;
  /** What is counted, by name. */
  meters(): MeterInfo[];
  /** Says how high something is now, for many tenants: the highest level of an hour stays. */
  level(meter: CoreMeter, levels: readonly { readonly tenant: string; readonly amount: number }[]): Promise<void>;
  read(tenant: string, query: UsageQuery): Promise<UsageEntry[]>;
  /** Of every tenant, for operators; a page of tenants at a time. */
  readAll(query: UsageQuery & { readonly after?: string; readonly limit?: number }): Promise<TenantUsage[]>;
  /** Writes down what is counted. */
  flush(): Promise<void>;
  /** Writes every few seconds; returns how to stop, which writes once more. */
  start(): () => Promise<void>;
  /** Removes hours that are past their time; returns how many. */
  retire(): Promise<number>;
}

export interface UsageDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log?: { warn(fields: object, message: string): void };
  /** What a kill -9 may lose. */
  readonly flushMs?: number;
}

const FLUSH_MS = 2000;
const KEPT_DAYS = 800;
const DAY_MS = 86_400_000;
/** Flushes that are older cannot be tried again any more. */
const FLUSH_KEPT_MS = DAY_MS;
const FOLD_BATCH = 10_000;
/** Rows of one statement. */
const WRITE_BATCH = 5000;
/** One node at a time folds. */
const FOLD_LOCK = 1886348396;

const INTO = 'insert into core.usage_hour (tenant_id, meter, of, hour, amount)';
const ADDED = `on conflict (tenant_id, meter, of, hour) do update set amount = core.usage_hour.amount + excluded.amount`;
/** In the order of keys, so that two nodes never wait for each other in a circle. A tenant that is gone gets no rows. */
const ROWS = `select u.tenant, u.meter, u.of, u.hour, u.amount
  from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[]) as u(tenant, meter, of, hour, amount)
  join core.tenants t on t.id = u.tenant`;
const IN_ORDER = 'order by u.tenant, u.meter, u.of, u.hour';
/** Its id is written with it: tried again because nobody knows whether it was committed, it adds nothing twice. */
const FLUSH = `with mine as (insert into core.usage_flush (id, at) values ($6, $7) on conflict (id) do nothing returning 1)
  ${INTO} ${ROWS} where exists (select from mine) ${IN_ORDER} ${ADDED}`;
const LEVEL = `${INTO} ${ROWS} ${IN_ORDER}
  on conflict (tenant_id, meter, of, hour) do update set amount = greatest(core.usage_hour.amount, excluded.amount)`;
const EXACT = `insert into core.usage_pending (tenant_id, id, meter, hour, amount)
  select $1, u.id, u.meter, $4, u.amount from unnest($2::uuid[], $3::text[], $5::bigint[]) as u(id, meter, amount)`;
const FOLD = `with gone as (
    delete from core.usage_pending p using (select tenant_id, id from core.usage_pending order by tenant_id, id limit ${FOLD_BATCH}) q
    where p.tenant_id = q.tenant_id and p.id = q.id returning p.tenant_id, p.meter, p.of, p.hour, p.amount),
  sums as (select tenant_id, meter, of, hour, sum(amount)::bigint as amount from gone group by 1, 2, 3, 4),
  added as (${INTO} select s.* from sums s join core.tenants t on t.id = s.tenant_id order by s.tenant_id, s.meter, s.of, s.hour ${ADDED})
  select count(*)::int as folded from gone`;

export function createUsage({ database, clock, log, flushMs = FLUSH_MS }: UsageDeps): Usage {
  const buffer = createUsageBuffer();
  const declared = new Map<string, MeterInfo>(
    Object.entries(CORE_METERS).map(([name, meter]) => [name, { name, ...meter }]),
  );
  /** Batches that were begun; the first one may or may not have been committed. */
  let waiting: { readonly id: string; readonly rows: readonly UsageRow[] }[] = [];
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    const rows = buffer.take();
    for (let from = 0; from < rows.length; from += WRITE_BATCH)
      waiting.push({ id: uuidv7(), rows: rows.slice(from, from + WRITE_BATCH) });
    for (let batch = waiting[0]; batch; batch = waiting[0]) {
      const { id, rows: part } = batch;
      await database.system('write down usage', (tx) =>
        tx.execute(FLUSH, [...columnsOf(part), id, new Date(clock.now())], 'usage_flush'),
      );
      waiting = waiting.slice(1);
    }
  };
  const fold = async (): Promise<void> => {
    for (;;) {
      const folded = await database.system('fold exact usage into hours', async (tx) => {
        const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [FOLD_LOCK]);
        if (!lock?.mine) return 0;
        return (await tx.query<{ folded: number }>(FOLD, [], 'usage_fold'))[0]?.folded ?? 0;
      });
      if (folded < FOLD_BATCH) return;
    }
  };
  const flush = (): Promise<void> =>
    (writing ??= write()
      .then(fold)
      .finally(() => void (writing = undefined)));
  /** What was counted before this was asked for is written when it returns. */
  const flushed = async (): Promise<void> => {
    await writing?.catch(() => undefined);
    await flush();
  };
  const kinds = () => new Map([...declared.values()].map(({ name, kind }) => [name, kind]));

  return {
    add: (tenant, meter, amount, of = '') => buffer.add(tenant, meter, amount, of, clock.now()),
    async addExact(tx, tenant, amounts) {
      const hour = new Date(hourOf(clock.now()));
      const ids = amounts.map(() => uuidv7());
      const meters = amounts.map(({ meter }) => meter);
      await tx.execute(EXACT, [tenant, ids, meters, hour, amounts.map(({ amount }) => amount)], 'usage_exact');
    },
    declare(plugin, meters) {
      for (const name of declared.keys()) if (name.startsWith(`${plugin}/`)) declared.delete(name);
      for (const [meter, definition] of Object.entries(meters)) {
        const name = meterName(plugin, meter);
        declared.set(name, { name, ...definition });
      }
    },
    meters: () => [...declared.values()],
    async level(meter, levels) {
      const hour = hourOf(clock.now());
      const rows = levels.map(({ tenant, amount }) => ({ tenant, meter, of: '', hour, amount }));
      for (let from = 0; from < rows.length; from += WRITE_BATCH)
        await database.system('write down levels', (tx) =>
          tx.execute(LEVEL, columnsOf(rows.slice(from, from + WRITE_BATCH))),
        );
    },
    async read(tenant, query) {
      await flushed();
      return readTenant(database, tenant, query, kinds());
    },
    async readAll(query) {
      await flushed();
      return readTenants(database, query, kinds());
    },
    flush: flushed,
    start() {
      const timer = setInterval(() => {
        flush().catch((error: unknown) => log?.warn({ err: error }, 'Usage could not be written down; trying again'));
      }, flushMs).unref();
      return async () => {
        clearInterval(timer);
        await flushed().catch((error: unknown) => log?.warn({ err: error }, 'The last usage was not written down'));
      };
    },
    retire: () =>
      database.system('remove old usage', async (tx) => {
        await tx.execute('delete from core.usage_flush where at < $1', [new Date(clock.now() - FLUSH_KEPT_MS)]);
        return tx.execute('delete from core.usage_hour where hour < $1', [new Date(clock.now() - KEPT_DAYS * DAY_MS)]);
      }),
  };
}

const columnsOf = (rows: readonly UsageRow[]): unknown[] => [
  rows.map(({ tenant }) => tenant),
  rows.map(({ meter }) => meter),
  rows.map(({ of }) => of),
  rows.map(({ hour }) => new Date(hour)),
  rows.map(({ amount }) => amount),
];
