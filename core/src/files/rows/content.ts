import type { Queryable, Tx } from '../../data/index.ts';
import { FileErrors } from '../errors.ts';
import type { DraftState } from '../store.ts';

/** Bytes that one or more files of a tenant have. */
export interface Content {
  readonly digest: string;
  readonly object: string;
  readonly size: number;
  readonly unreferenced: boolean;
  readonly damage: string | null;
}

/** An object that nothing refers to any more. */
export interface Garbage {
  readonly object: string;
  readonly state: DraftState;
}

// Whoever changes what a tenant keeps holds this row until commit: sums, references and objects agree.
const LOCK = `insert into core.file_usage (tenant_id, kept, reserved) values ($1, 0, 0) on conflict (tenant_id) do nothing`;
const LOCKED = `select kept::float8 as kept, reserved::float8 as reserved from core.file_usage where tenant_id = $1 for update`;
const USED = `select kept::float8 as kept, reserved::float8 as reserved from core.file_usage where tenant_id = $1`;
const ADD = `update core.file_usage set kept = kept + $2, reserved = reserved + $3 where tenant_id = $1`;
const FIND = `select digest, object, size::float8 as size, unreferenced_at is not null as unreferenced, damage
  from core.file_content where tenant_id = $1 and digest = $2`;
const INSERT = `insert into core.file_content (tenant_id, digest, object, size, created_at) values ($1, $2, $3, $4, $5)`;
const REVIVE = `update core.file_content set unreferenced_at = null where tenant_id = $1 and digest = $2`;
const REPLACE = `update core.file_content set object = $3, damage = null, checked_at = null where tenant_id = $1 and digest = $2`;
const LET_GO = `update core.file_content c set unreferenced_at = $3
  where c.tenant_id = $1 and c.digest = $2 and c.unreferenced_at is null
    and not exists (select from core.file f where f.tenant_id = $1 and f.digest = $2)`;
const COLLECT = `delete from core.file_content c
  where c.tenant_id = $1 and c.digest = $2 and c.unreferenced_at <= $3
    and not exists (select from core.file f where f.tenant_id = $1 and f.digest = $2)
  returning c.object`;
const DISCARD = `insert into core.file_garbage (tenant_id, object, state, since) values ($1, $2, $3, $4) on conflict do nothing`;
const DISPOSED = `delete from core.file_garbage where tenant_id = $1 and object = $2`;
const REMEMBER = `update core.file_content set checked_at = $3, damage = $4 where tenant_id = $1 and digest = $2 and object = $5`;
const RECOUNT = `update core.file_usage u set
    kept = (select coalesce(sum(size), 0) from core.file_content where tenant_id = $1 and unreferenced_at is null),
    reserved = (select coalesce(sum(reserved), 0) from core.file_upload where tenant_id = $1)
  where u.tenant_id = $1`;

export interface Usage {
  /** Bytes behind files; the same bytes count once. */
  readonly kept: number;
  /** Bytes promised to uploads under way. */
  readonly reserved: number;
}

export async function usage(tx: Tx): Promise<Usage> {
  const [row] = await tx.query<Usage>(USED, [tx.tenant]);
  return row ?? { kept: 0, reserved: 0 };
}

/** Waits for whoever changes the tenant's files now. */
export async function lockUsage(tx: Tx): Promise<Usage> {
  await tx.execute(LOCK, [tx.tenant], 'file_usage_make');
  const [row] = await tx.query<Usage>(LOCKED, [tx.tenant], 'file_usage_lock');
  return row ?? { kept: 0, reserved: 0 };
}

/** Reserves room for bytes to come, exactly, however many ask at once. @throws PodliftError `quota_exceeded` */
export async function reserve(tx: Tx, bytes: number, quota: number): Promise<void> {
  const { kept, reserved } = await lockUsage(tx);
  if (kept + reserved + bytes > quota) throw FileErrors.quotaExceeded(kept + reserved, bytes, quota);
  await addUsage(tx, 0, bytes);
}

export const addUsage = (tx: Tx, kept: number, reserved: number): Promise<number> =>
  tx.execute(ADD, [tx.tenant, kept, reserved], 'file_usage_add');

export async function findContent(tx: Tx, digest: string): Promise<Content | undefined> {
  const [found] = await tx.query<Content>(FIND, [tx.tenant, digest], 'file_content_find');
  return found;
}

/**
 * Makes bytes that lie in the store known, or finds that they are kept already. The object that is not needed becomes
 * garbage. Returns by how much the tenant keeps more. Under `lockUsage`.
 */
export async function keepContent(
  tx: Tx,
  { digest, object, size, replace }: { digest: string; object: string; size: number; replace: boolean },
  now: Date,
): Promise<number> {
  const found = await findContent(tx, digest);
  if (!found) {
    await tx.execute(INSERT, [tx.tenant, digest, object, size, now], 'file_content_insert');
    return size;
  }
  if (replace || found.damage !== null) {
    await tx.execute(REPLACE, [tx.tenant, digest, object]);
    await discard(tx, found, now);
  } else if (found.object !== object) await discard(tx, { object }, now);
  if (!found.unreferenced) return 0;
  await tx.execute(REVIVE, [tx.tenant, digest]);
  return size;
}

/** After a file is gone: bytes that no other file has begin their grace. Under `lockUsage`. */
export async function letGo(tx: Tx, digest: string, size: number, now: Date): Promise<void> {
  if ((await tx.execute(LET_GO, [tx.tenant, digest, now])) > 0) await addUsage(tx, -size, 0);
}

/** Ends the grace of bytes: from here on the object is garbage. Under `lockUsage`. */
export async function collect(tx: Tx, digest: string, before: Date, now: Date): Promise<Garbage | undefined> {
  const [gone] = await tx.query<{ object: string }>(COLLECT, [tx.tenant, digest, before]);
  if (!gone) return undefined;
  await discard(tx, gone, now);
  return { object: gone.object, state: {} };
}

export const discard = (
  tx: Tx,
  { object, state = {} }: Partial<Garbage> & { object: string },
  now: Date,
): Promise<number> => tx.execute(DISCARD, [tx.tenant, object, JSON.stringify(state), now]);

export const disposed = (tx: Tx, object: string): Promise<number> => tx.execute(DISPOSED, [tx.tenant, object]);

/** Writes down what a check of the bytes found; `undefined`: they are whole. */
export const rememberCheck = (
  tx: Tx,
  { digest, object }: Pick<Content, 'digest' | 'object'>,
  damage: string | undefined,
  now: Date,
): Promise<number> => tx.execute(REMEMBER, [tx.tenant, digest, now, damage ?? null, object]);

/** Puts sums right that do not agree with what they count. */
export async function recount(tx: Tx): Promise<void> {
  await lockUsage(tx);
  await tx.execute(RECOUNT, [tx.tenant]);
}

const DAMAGED = `select count(*)::int as n from core.file_content where damage is not null`;

/** Over all tenants. */
export async function countDamaged(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ n: number }>(DAMAGED);
  return row?.n ?? 0;
}
