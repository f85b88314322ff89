import type { Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import { SettingsError } from './errors.ts';
import { createFresh } from './fresh.ts';

/** A limit for one tenant alone, in place of its plan's. */
export interface QuotaOverride {
  readonly name: string;
  /** null: no limit. */
  readonly limit: number | null;
  readonly per: 'total' | 'month' | 'day';
  /** From then on the plan's holds again. */
  readonly until?: Date;
}

export interface KeptQuotaOverride extends QuotaOverride {
  readonly reason: string;
  readonly setAt: Date;
  readonly setBy: string;
}

/** Who sets it, why, and what else happens in the same transaction. */
export interface QuotaSaving {
  readonly by: string;
  readonly reason: string;
  readonly within?: (tx: Queryable) => Promise<unknown>;
}

/** Limits that operators set for one tenant alone. Other nodes go by them within three seconds. */
export interface QuotaOverrides {
  /** Those that hold now. */
  of(tenant: string): Promise<readonly KeptQuotaOverride[]>;
  set(tenant: string, override: QuotaOverride, saving: QuotaSaving): Promise<void>;
  /** @throws PodliftError when there is none of that name. */
  remove(tenant: string, name: string, saving: Omit<QuotaSaving, 'reason'>): Promise<void>;
}

const READ = `select name, quota_limit::float8 as limit, per, until, reason, set_at as "setAt", set_by as "setBy"
  from core.quota_override where tenant_id = $1 order by name`;
const SET = `insert into core.quota_override (tenant_id, name, quota_limit, per, until, reason, set_at, set_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, name) do update
  set quota_limit = excluded.quota_limit, per = excluded.per, until = excluded.until, reason = excluded.reason,
  set_at = excluded.set_at, set_by = excluded.set_by`;
const REMOVE = 'delete from core.quota_override where tenant_id = $1 and name = $2';

const FRESH_MS = 1000;
const MOST_MS = 3000;

type Row = Omit<KeptQuotaOverride, 'until'> & { readonly until: Date | null };

export function createQuotaOverrides({
  database,
  clock,
  onError = () => undefined,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly onError?: (error: unknown) => void;
}): QuotaOverrides {
  const known = createFresh<readonly KeptQuotaOverride[]>({
    freshMs: FRESH_MS,
    mostMs: MOST_MS,
    onError,
    load: async (tenant) => {
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<Row>(READ, [tenant], 'quota_overrides'),
      );
      return rows.map(({ until, ...row }) => ({ ...row, ...(until && { until }) }));
    },
  });
  const change = async (
    tenant: string,
    sql: string,
    values: readonly unknown[],
    within?: QuotaSaving['within'],
  ): Promise<number> => {
    const changed = await database.withTenant({ tenant }, async (tx) => {
      const count = await tx.execute(sql, [tenant, ...values]);
      if (count > 0) await within?.(tx);
      return count;
    });
    known.forget(tenant);
    return changed;
  };
  return {
    async of(tenant) {
      const all = await known.get(tenant);
      return all.filter(({ until }) => !until || until.getTime() > clock.now());
    },
    async set(tenant, { name, limit, per, until }, { by, reason, within }) {
      await change(tenant, SET, [name, limit, per, until ?? null, reason, new Date(clock.now()), by], within);
    },
    async remove(tenant, name, { within }) {
      if ((await change(tenant, REMOVE, [name], within)) === 0) throw SettingsError.quotaOverrideUnknown(name);
    },
  };
}
