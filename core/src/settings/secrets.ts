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

/** What happens in the transaction of a change, at its end: a row in the audit. */
type Within = (tx: Tx) => Promise<unknown>;

/** Secrets of tenants, kept sealed. */
export interface Secrets {
  /** Says which secrets an owner (a plugin) has; what it said before is forgotten. */
  declare(owner: string, names: readonly string[]): void;
  /** The names that an owner declared. @throws PodliftError when nobody is called so, or it has no secret of that name. */
  declared(owner: string, name?: string): readonly string[];
  put(tenant: string, owner: string, name: string, value: string, by: string, within?: Within): Promise<void>;
  /** The secret in clear, or undefined when none is kept. Never log it. */
  get(tenant: string, owner: string, name: string): Promise<string | undefined>;
  list(tenant: string, owner?: string): Promise<SecretInfo[]>;
  delete(tenant: string, owner: string, name: string, within?: Within): Promise<boolean>;
  /** Seals a tenant's secrets anew with the newest key; returns how many were stale. */
  reseal(tenant: string): Promise<number>;
}

const LONGEST = 16_384;
/** Far more than plugins declare; a bound for what a tenant can keep here. */
const MOST = 1000;
const COUNT = `select count(*)::int as n from core.secret where tenant_id = $1 and not (owner = $2 and name = $3)`;

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
  const declared = new Map<string, readonly string[]>();
  return {
    declare: (owner, names) => void declared.set(owner, names),
    declared(owner, name) {
      const names = declared.get(owner);
      if (!names || names.length === 0) throw SettingsError.noSecrets(owner);
      if (name !== undefined && !names.includes(name)) throw SettingsError.secretUndeclared(owner, name, names);
      return names;
    },
    async put(tenant, owner, name, value, by, also) {
      if (value.length > LONGEST) throw SettingsError.secretTooLong(name, LONGEST);
      const sealed = await sealer.seal({ tenant, owner, name }, value);
      await within(tenant, async (tx) => {
        const [kept] = await tx.query<{ n: number }>(COUNT, [tenant, owner, name]);
        if ((kept?.n ?? 0) >= MOST) throw SettingsError.tooManySecrets(MOST);
        await tx.execute(PUT, [tenant, owner, name, sealed, new Date(clock.now()), by]);
        await also?.(tx);
      });
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
    delete: (tenant, owner, name, also) =>
      within(tenant, async (tx) => {
        const gone = (await tx.execute(DELETE, [tenant, owner, name])) > 0;
        if (gone) await also?.(tx);
        return gone;
      }),
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
