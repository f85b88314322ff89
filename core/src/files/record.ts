import type { Tx } from '../data/index.ts';

/** Whose file it is: a tenant's, kept for `core` or a plugin. One owner does not see what another keeps. */
export interface FileScope {
  readonly tenant: string;
  readonly owner: string;
}

/** What is told about a file when it is put. */
export interface FileAbout {
  /** A media type. */
  readonly type: string;
  readonly name: string;
}

/** A file that is kept. Its SHA-256 digest in hex names it. */
export interface FileRecord extends FileAbout {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly createdAt: Date;
}

const COLUMNS = 'digest, size::float8 as size, type, name, created_at as "createdAt"';
const FIND = `select ${COLUMNS} from core.file where tenant_id = $1 and owner = $2 and digest = $3`;
const LIST = `select ${COLUMNS} from core.file where tenant_id = $1 and owner = $2 and digest > $3 order by digest limit $4`;
const INSERT = `
  insert into core.file (tenant_id, owner, digest, size, type, name, created_at) values ($1, $2, $3, $4, $5, $6, $7)`;
const REMOVE = 'delete from core.file where tenant_id = $1 and owner = $2 and digest = $3';
const USED = 'select coalesce(sum(size), 0)::float8 as used from core.file where tenant_id = $1';
const KEPT = 'select digest from core.file where tenant_id = $1 and digest = any($2)';
// Puts and deletes of one tenant wait for each other, so that quota and disk agree with the rows.
const LOCK = `select pg_advisory_xact_lock(hashtextextended('core.file:' || $1, 0))`;

export async function findRecord(
  tx: Tx,
  { tenant, owner }: FileScope,
  digest: string,
): Promise<FileRecord | undefined> {
  const [found] = await tx.query<FileRecord>(FIND, [tenant, owner, digest], 'file_find');
  return found;
}

export const listRecords = (
  tx: Tx,
  { tenant, owner }: FileScope,
  after: string,
  limit: number,
): Promise<FileRecord[]> => tx.query<FileRecord>(LIST, [tenant, owner, after, limit]);

export async function insertRecord(tx: Tx, { tenant, owner }: FileScope, record: FileRecord): Promise<void> {
  const { digest, size, type, name, createdAt } = record;
  await tx.execute(INSERT, [tenant, owner, digest, size, type, name, createdAt]);
}

export const removeRecord = (tx: Tx, { tenant, owner }: FileScope, digest: string): Promise<number> =>
  tx.execute(REMOVE, [tenant, owner, digest]);

export async function usedBytes(tx: Tx, tenant: string): Promise<number> {
  const [row] = await tx.query<{ used: number }>(USED, [tenant]);
  return row?.used ?? 0;
}

export async function keptDigests(tx: Tx, tenant: string, digests: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ digest: string }>(KEPT, [tenant, digests]);
  return new Set(rows.map((row) => row.digest));
}

export const lockTenant = (tx: Tx, tenant: string): Promise<unknown> => tx.query(LOCK, [tenant]);
