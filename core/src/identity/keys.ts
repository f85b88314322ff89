import type { Pool, PoolClient } from 'pg';
import { uuidv7 } from '@podlift/sdk';
import type { Role } from '../access/index.ts';
import type { Witness } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import { IdentityError } from './errors.ts';
import { KEY_PREFIX } from './limits.ts';
import { hashToken, randomToken } from './token.ts';
import { bearWitness, inTransaction } from './transaction.ts';

/** A `secret` key may do what its scopes say; a `write` key may stand in a web page and only sends hits. */
type KeyKind = 'secret' | 'write';

/** A key as it may be shown. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly kind: KeyKind;
  /** The first characters, to tell keys apart. */
  readonly start: string;
  readonly scopes: readonly string[];
  readonly role: Role;
  /** Whose it is: it never does more than this person may, and ends with their membership. null: the workspace's own. */
  readonly user: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly status: 'active' | 'expired' | 'revoked';
}

/** A new key, with what is shown this once and is kept nowhere. */
export interface IssuedKey {
  readonly key: string;
  readonly info: ApiKey;
}

export interface NewKey {
  readonly tenant: string;
  readonly name: string;
  readonly kind: KeyKind;
  /** Permissions; for a write key always {@link WRITE_SCOPES}. */
  readonly scopes?: readonly string[];
  /** What its maker is: the key never reaches further. */
  readonly role: Role;
  /** Whose it is; the workspace's own when absent, as every write key. */
  readonly user?: string | undefined;
  readonly by: string;
  readonly expiresAt?: Date | undefined;
  readonly witness?: Witness<ApiKey> | undefined;
}

export interface Keys {
  create(key: NewKey): Promise<IssuedKey>;
  /** Newest first, revoked and expired ones too. */
  list(tenant: string): Promise<ApiKey[]>;
  find(tenant: string, id: string): Promise<ApiKey>;
  /** How many could be used now. */
  count(tenant: string): Promise<number>;
  /** Ends a key at once. */
  revoke(tenant: string, id: string, witness?: Witness<ApiKey>): Promise<ApiKey>;
  /** Makes a key like it; the old one works for `overlapMs` more, so that it can be exchanged without a gap. */
  rotate(
    tenant: string,
    id: string,
    options: { readonly overlapMs: number; readonly by: string; readonly witness?: Witness<ApiKey> },
  ): Promise<IssuedKey>;
}

/** All that a write key can do. */
export const WRITE_SCOPES = ['tracking:write'] as const;
const SHOWN = 8;
/** Who made a key and was forgotten. */
const ERASED = 'user:erased';

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly configId: KeyKind;
  readonly start: string;
  readonly permissions: Readonly<Record<string, readonly string[]>>;
  readonly metadata: { readonly role: Role; readonly by?: string; readonly user?: string };
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastRequest: Date | null;
  readonly enabled: boolean;
}

const COLUMNS = `id, name, "configId", start, coalesce(permissions, '{}')::jsonb as permissions, coalesce(metadata, '{}')::jsonb as metadata,
  "createdAt", "expiresAt", "lastRequest", enabled`;
const CREATE = `insert into auth.apikey (id, "configId", name, start, prefix, "referenceId", key, permissions, metadata, "expiresAt",
    enabled, "rateLimitEnabled", "requestCount", "createdAt", "updatedAt")
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true, false, 0, $11, $11) returning ${COLUMNS}`;
const LIST = `select ${COLUMNS} from auth.apikey where "referenceId" = $1 order by id desc`;
const FIND = `select ${COLUMNS} from auth.apikey where "referenceId" = $1 and id = $2`;
const REVOKE = `update auth.apikey set enabled = false, "updatedAt" = $3 where "referenceId" = $1 and id = $2 returning ${COLUMNS}`;
/** Held while keys are counted, so that two who make the last one do not both. */
const LOCK = 'select 1 from auth.organization where id = $1 for update';
const COUNT = `select count(*)::int as n from auth.apikey
  where "referenceId" = $1 and enabled and ("expiresAt" is null or "expiresAt" > $2)`;
const END_SOON = `update auth.apikey set "expiresAt" = least("expiresAt", $3), "updatedAt" = $4 where "referenceId" = $1 and id = $2`;

export interface KeysDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Throws when the plan has no room for one more. */
  readonly assertRoom: (tenant: string, used: number) => Promise<void>;
}

export function createKeys({ pool, clock, assertRoom }: KeysDeps): Keys {
  const show = (row: KeyRow): ApiKey => ({
    id: row.id,
    name: row.name,
    kind: row.configId,
    start: row.start,
    scopes: Object.entries(row.permissions).flatMap(([subject, actions]) => actions.map((one) => `${subject}:${one}`)),
    role: row.metadata.role,
    user: row.metadata.user ?? null,
    createdBy: row.metadata.by ?? ERASED,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    lastUsedAt: row.lastRequest,
    status: statusOf(row, clock.now()),
  });
  const insert = async (tx: PoolClient, { tenant, kind, ...key }: NewKey): Promise<IssuedKey> => {
    const issued = `${KEY_PREFIX[kind]}${randomToken()}`;
    const scopes = kind === 'write' ? WRITE_SCOPES : (key.scopes ?? []);
    const { rows } = await tx.query<KeyRow>(CREATE, [
      uuidv7(),
      kind,
      key.name.trim(),
      issued.slice(0, SHOWN),
      KEY_PREFIX[kind],
      tenant,
      hashToken(issued),
      JSON.stringify(toPermissions(scopes)),
      JSON.stringify({ role: key.role, by: key.by, ...(kind === 'secret' && key.user && { user: key.user }) }),
      key.expiresAt ?? null,
      new Date(clock.now()),
    ]);
    const [row] = rows;
    if (!row) throw IdentityError.unknownKey();
    const info = show(row);
    await bearWitness(tx, tenant, key.witness, info);
    return { key: issued, info };
  };
  const countIn = async (tx: Pick<Pool, 'query'>, tenant: string): Promise<number> =>
    (await tx.query<{ n: number }>(COUNT, [tenant, new Date(clock.now())])).rows[0]?.n ?? 0;
  const find: Keys['find'] = async (tenant, id) => {
    const [row] = (await pool.query<KeyRow>(FIND, [tenant, id])).rows;
    if (!row) throw IdentityError.unknownKey();
    return show(row);
  };

  return {
    find,
    async create(key) {
      if (key.expiresAt && key.expiresAt.getTime() <= clock.now()) throw IdentityError.expiryPast();
      return inTransaction(pool, async (tx) => {
        await tx.query(LOCK, [key.tenant]);
        await assertRoom(key.tenant, await countIn(tx, key.tenant));
        return insert(tx, key);
      });
    },
    count: (tenant) => countIn(pool, tenant),
    list: async (tenant) => (await pool.query<KeyRow>(LIST, [tenant])).rows.map(show),
    revoke: (tenant, id, witness) =>
      inTransaction(pool, async (tx) => {
        const [row] = (await tx.query<KeyRow>(REVOKE, [tenant, id, new Date(clock.now())])).rows;
        if (!row) throw IdentityError.unknownKey();
        const revoked = show(row);
        await bearWitness(tx, tenant, witness, revoked);
        return revoked;
      }),
    rotate: (tenant, id, { overlapMs, by, witness }) =>
      inTransaction(pool, async (tx) => {
        const [row] = (await tx.query<KeyRow>(`${FIND} for update`, [tenant, id])).rows;
        if (!row) throw IdentityError.unknownKey();
        const old = show(row);
        if (old.status !== 'active') throw IdentityError.keyGone();
        const now = clock.now();
        await tx.query(END_SOON, [tenant, id, new Date(now + overlapMs), new Date(now)]);
        const { name, kind, scopes, role } = old;
        const user = old.user ?? undefined;
        return insert(tx, {
          tenant,
          name,
          kind,
          scopes,
          role,
          user,
          by,
          witness,
          expiresAt: old.expiresAt ?? undefined,
        });
      }),
  };
}

const statusOf = ({ enabled, expiresAt }: KeyRow, now: number): ApiKey['status'] => {
  if (!enabled) return 'revoked';
  return expiresAt && expiresAt.getTime() <= now ? 'expired' : 'active';
};

/** better-auth keeps permissions by subject: `{ campaigns: ['read'] }`. */
function toPermissions(scopes: readonly string[]): Record<string, string[]> {
  const permissions: Record<string, string[]> = {};
  for (const scope of new Set(scopes)) {
    const colon = scope.lastIndexOf(':');
    (permissions[scope.slice(0, colon)] ??= []).push(scope.slice(colon + 1));
  }
  return permissions;
}
