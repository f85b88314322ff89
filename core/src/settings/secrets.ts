import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import { SettingsError } from './errors.ts';
import type { Sealer } from './seal.ts';

/** A secret as it may be shown: that it is there, and since when; never what it is. */
export interface SecretInfo {
  readonly owner: string;
  readonly name: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

/** Secrets of tenants, kept sealed. */
export interface Secrets {
  put(tenant: string, owner: string, name: string, value: string, by: string): Promise<void>;
  /** The secret in clear, or undefined when none is kept. Never log it. */
  get(tenant: string, owner: string, name: string): Promise<string | undefined>;
  list(tenant: string, owner?: string): Promise<SecretInfo[]>;
  delete(tenant: string, owner: string, name: string): Promise<boolean>;
  /** Seals a tenant's secrets anew with the newest key; returns how many were stale. */
  reseal(tenant: string): Promise<number>;
}

const LONGEST = 16_384;

const PUT = `insert into core.secret (tenant_id, owner, name, sealed, updated_at, updated_by)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (tenant_id, owner, name) do update
  set sealed = excluded.sealed, updated_at = excluded.updated_at, updated_by = excluded.updated_by`;
const GET = 'select sealed from core.secret where tenant_id = $1 and owner = $2 and name = $3';
const LIST = `select owner, name, updated_at as "updatedAt", updated_by as "updatedBy"
  from core.secret where tenant_id = $1 and ($2::text is null or owner = $2) order by owner, name`;
const DELETE = 'delete from core.secret where tenant_id = $1 and owner = $2 and name = $3';
const ALL = 'select owner, name, sealed from core.secret where tenant_id = $1 for update';
const RESEAL = 'update core.secret set sealed = $4 where tenant_id = $1 and owner = $2 and name = $3';

export function createSecrets({
  database,
  sealer,
  clock,
}: {
  database: Database;
  sealer: Sealer;
  clock: Clock;
}): Secrets {
  const within = <T>(tenant: string, fn: (tx: Tx) => Promise<T>): Promise<T> => database.withTenant({ tenant }, fn);
  return {
    async put(tenant, owner, name, value, by) {
      if (value.length > LONGEST) throw SettingsError.secretTooLong(name, LONGEST);
      const sealed = await sealer.seal({ tenant, owner, name }, value);
      await within(tenant, (tx) => tx.execute(PUT, [tenant, owner, name, sealed, new Date(clock.now()), by]));
    },
    async get(tenant, owner, name) {
      const [row] = await within(tenant, (tx) =>
        tx.query<{ sealed: string }>(GET, [tenant, owner, name], 'secret_get'),
      );
      if (!row) return undefined;
      try {
        return await sealer.open({ tenant, owner, name }, row.sealed);
      } catch (cause) {
        throw SettingsError.secretUnreadable(owner, name, cause);
      }
    },
    list: (tenant, owner) => within(tenant, (tx) => tx.query<SecretInfo>(LIST, [tenant, owner ?? null])),
    delete: async (tenant, owner, name) =>
      (await within(tenant, (tx) => tx.execute(DELETE, [tenant, owner, name]))) > 0,
    reseal: (tenant) =>
      within(tenant, async (tx) => {
        const rows = await tx.query<{ owner: string; name: string; sealed: string }>(ALL, [tenant]);
        const stale = rows.filter(({ sealed }) => sealer.isStale(sealed));
        for (const { owner, name, sealed } of stale) {
          const place = { tenant, owner, name };
          await tx.execute(RESEAL, [tenant, owner, name, await sealer.seal(place, await sealer.open(place, sealed))]);
        }
        return stale.length;
      }),
  };
}
