import type { Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import { SettingsError } from './errors.ts';
import { createQuotaOverrides, type QuotaOverrides } from './quota-overrides.ts';

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
  /** When counting starts anew; undefined for a `total`. */
  readonly resetsAt?: Date;
  /** Whether an operator set it for this tenant alone. */
  readonly source: 'plan' | 'override';
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
  /** Every limit of the tenant and what is used of it. */
  usage(tenant: string): Promise<QuotaUsage[]>;
  /** One limit, with the moment at which counting starts anew; undefined when there is none. */
  limitOf(tenant: string, name: string): Promise<(QuotaLimit & { readonly resetsAt?: Date }) | undefined>;
  /** What operators set for one tenant alone. */
  readonly overrides: QuotaOverrides;
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
  /** What the tenant's plan allows. */
  readonly limitsOf: (tenant: string) => Promise<PlanLimits>;
  readonly onError?: (error: unknown) => void;
}

export function createQuotas({ database, clock, limitsOf: planOf, onError }: QuotaDeps): Quotas {
  const overrides = createQuotaOverrides({ database, clock, ...(onError && { onError }) });
  const limitsOf = async (tenant: string): Promise<PlanLimits> => {
    const [plan, own] = await Promise.all([planOf(tenant), overrides.of(tenant)]);
    if (own.length === 0) return plan;
    const limits: Record<string, QuotaLimit> = { ...plan };
    for (const { name, limit, per } of own)
      if (limit === null) delete limits[name];
      else limits[name] = { limit, per };
    return limits;
  };
  const counts = new Map<string, (tenant: string) => Promise<number>>();
  const usedNow = async (tx: Queryable, tenant: string, name: string, period: string): Promise<number> =>
    (await tx.query<{ used: number }>(USED, [tenant, name, period]))[0]?.used ?? 0;
  const refuse = (name: string, { limit, per }: QuotaLimit, used: number) =>
    per === 'day'
      ? SettingsError.quotaExceeded(name, limit, used, endOf(per, clock.now()), clock.now())
      : SettingsError.planLimit(name, limit, used, per, endOf(per, clock.now()));

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
    overrides,
    async limitOf(tenant, name) {
      const quota = (await limitsOf(tenant))[name];
      const resetsAt = quota && endOf(quota.per, clock.now());
      return quota && { ...quota, ...(resetsAt && { resetsAt }) };
    },
    async usage(tenant) {
      const limits = await limitsOf(tenant);
      const own = new Set((await overrides.of(tenant)).map(({ name }) => name));
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<{ name: string; period: string; used: number }>(ALL, [tenant]),
      );
      return Promise.all(
        Object.entries(limits).map(async ([name, quota]) => {
          const period = periodOf(quota.per, clock.now());
          const row = rows.find((one) => one.name === name && one.period === period);
          const resetsAt = endOf(quota.per, clock.now());
          return {
            name,
            ...quota,
            used: (await counts.get(name)?.(tenant)) ?? row?.used ?? 0,
            ...(resetsAt && { resetsAt }),
            source: own.has(name) ? ('override' as const) : ('plan' as const),
          };
        }),
      );
    },
  };
}

function periodOf(per: QuotaLimit['per'], now: number): string {
  const day = new Date(now).toISOString();
  return per === 'total' ? 'total' : day.slice(0, per === 'month' ? 7 : 10);
}

/** When counting starts anew, in UTC. */
function endOf(per: QuotaLimit['per'], now: number): Date | undefined {
  const at = new Date(now);
  if (per === 'total') return undefined;
  return per === 'month'
    ? new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1))
    : new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1));
}
