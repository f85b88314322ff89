import type { Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import { SettingsError } from './errors.ts';

/** How much of something a plan allows. `total` counts what exists; the others start anew with each day or month (UTC). */
export interface QuotaLimit {
  readonly limit: number;
  readonly per: 'total' | 'month' | 'day';
}

/** Limits by name, as a plan holds them; what is not named is not limited. */
export type PlanLimits = Readonly<Record<string, QuotaLimit>>;

export interface QuotaUsage extends QuotaLimit {
  readonly name: string;
  readonly used: number;
}

/** Counters of what a tenant uses, exact however many take at once. */
export interface Quotas {
  /** Takes `amount`, or throws (402 for what a larger plan would allow, 429 for what tomorrow will). Inside the caller's transaction, so that a rollback gives it back. */
  take(tx: Queryable, tenant: string, name: string, amount?: number): Promise<void>;
  /** Throws when `amount` more would be too much; takes nothing. */
  check(tenant: string, name: string, amount?: number): Promise<void>;
  /** Gives back what was taken, never below zero. */
  release(tx: Queryable, tenant: string, name: string, amount?: number): Promise<void>;
  /** Says how to count what exists, for a `total` that is rows somewhere and needs no counter of its own. */
  countBy(name: string, count: (tenant: string) => Promise<number>): void;
  /** Throws when `amount` more than `used` would be too much. Call it under a lock that keeps `used` true. */
  assertRoom(tenant: string, name: string, used: number, amount?: number): Promise<void>;
  /** Every limit of the tenant's plan and what is used of it. */
  usage(tenant: string): Promise<QuotaUsage[]>;
}

// The row is locked by the update until the transaction ends: whoever comes second sees what the first one took.
const TAKE = `insert into core.quota_usage (tenant_id, name, period, used)
  select $1, $2, $3, $4::bigint where $5::bigint is null or $4::bigint <= $5::bigint
  on conflict (tenant_id, name, period) do update set used = core.quota_usage.used + excluded.used
  where $5::bigint is null or core.quota_usage.used + excluded.used <= $5::bigint
  returning 1`;
const USED = `select used::float8 as used from core.quota_usage where tenant_id = $1 and name = $2 and period = $3`;
const ALL = `select name, period, used::float8 as used from core.quota_usage where tenant_id = $1`;
const RELEASE = `update core.quota_usage set used = greatest(used - $4::bigint, 0)
  where tenant_id = $1 and name = $2 and period = $3`;

export interface QuotaDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly limitsOf: (tenant: string) => Promise<PlanLimits>;
}

export function createQuotas({ database, clock, limitsOf }: QuotaDeps): Quotas {
  const counts = new Map<string, (tenant: string) => Promise<number>>();
  const usedNow = async (tx: Queryable, tenant: string, name: string, period: string): Promise<number> =>
    (await tx.query<{ used: number }>(USED, [tenant, name, period]))[0]?.used ?? 0;
  const refuse = (name: string, { limit, per }: QuotaLimit, used: number) =>
    per === 'day'
      ? SettingsError.quotaExceeded(name, limit, used, secondsToNextDay(clock.now()))
      : SettingsError.planLimit(name, limit, used, per);

  return {
    async take(tx, tenant, name, amount = 1) {
      const quota = (await limitsOf(tenant))[name];
      const period = periodOf(quota?.per ?? 'total', clock.now());
      const [taken] = await tx.query(TAKE, [tenant, name, period, amount, quota?.limit ?? null], 'quota_take');
      if (!taken && quota) throw refuse(name, quota, await usedNow(tx, tenant, name, period));
    },
    async check(tenant, name, amount = 1) {
      const quota = (await limitsOf(tenant))[name];
      if (!quota) return;
      const period = periodOf(quota.per, clock.now());
      const count = counts.get(name);
      const used = count
        ? await count(tenant)
        : await database.withTenant({ tenant, readOnly: true }, (tx) => usedNow(tx, tenant, name, period));
      if (used + amount > quota.limit) throw refuse(name, quota, used);
    },
    countBy: (name, count) => void counts.set(name, count),
    async assertRoom(tenant, name, used, amount = 1) {
      const quota = (await limitsOf(tenant))[name];
      if (quota && used + amount > quota.limit) throw refuse(name, quota, used);
    },
    async release(tx, tenant, name, amount = 1) {
      const quota = (await limitsOf(tenant))[name];
      await tx.execute(RELEASE, [tenant, name, periodOf(quota?.per ?? 'total', clock.now()), amount]);
    },
    async usage(tenant) {
      const limits = await limitsOf(tenant);
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<{ name: string; period: string; used: number }>(ALL, [tenant]),
      );
      return Promise.all(
        Object.entries(limits).map(async ([name, quota]) => {
          const period = periodOf(quota.per, clock.now());
          const row = rows.find((one) => one.name === name && one.period === period);
          return { name, ...quota, used: (await counts.get(name)?.(tenant)) ?? row?.used ?? 0 };
        }),
      );
    },
  };
}

function periodOf(per: QuotaLimit['per'], now: number): string {
  const day = new Date(now).toISOString();
  return per === 'total' ? 'total' : day.slice(0, per === 'month' ? 7 : 10);
}

const secondsToNextDay = (now: number): number => Math.ceil((86_400_000 - (now % 86_400_000)) / 1000);
