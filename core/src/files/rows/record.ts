import type { Tx } from '../../data/index.ts';

/** Whose files: a tenant's, of `core` or of a plugin. One owner does not see what another keeps; without one, all of them. */
export interface FileScope {
  readonly tenant: string;
  readonly owner?: string;
}

/** A file that is kept, as plain data. Its bytes never change; a new version is a new file. */
export interface FileRecord {
  /** UUIDv7. */
  readonly id: string;
  /** `core`, or the plugin that keeps it. */
  readonly owner: string;
  /** One of the kinds that the owner declares. */
  readonly kind: string;
  readonly name: string;
  readonly mediaType: string;
  /** Digest of the content in hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** Whom it is about, when it is about one person: `customer:17`. */
  readonly subject: string | null;
  /** What a request to forget that person does with it. */
  readonly erasure: 'delete' | 'clear' | 'keep';
  /** Members who may read files see it; otherwise only its owner hands it out. */
  readonly listed: boolean;
  readonly createdAt: Date;
  /** When its retention ends. */
  readonly expiresAt: Date | null;
}

/** Which files. */
export interface FileFilter {
  readonly kind?: string;
  readonly listed?: boolean;
  readonly subjects?: readonly string[];
  /** Id of the last one seen. */
  readonly after?: string;
  readonly limit?: number;
}

const COLUMNS = `f.id, f.owner, f.kind, f.name, f.type as "mediaType", f.digest as sha256, f.size::float8 as bytes, f.subject,
  f.erasure, f.listed, f.created_at as "createdAt", f.expires_at as "expiresAt"`;
const FROM = `select ${COLUMNS}, c.object from core.file f
  join core.file_content c on c.tenant_id = f.tenant_id and c.digest = f.digest
  where f.tenant_id = $1 and ($3::text is null or f.owner = $3)`;
const FIND = `${FROM} and f.id = $2`;
const FIND_BY_DIGEST = `${FROM} and f.digest = $2 order by f.id limit 1`;
const LIST = `select ${COLUMNS} from core.file f
  where f.tenant_id = $1 and ($2::text is null or f.owner = $2) and ($3::text is null or f.kind = $3)
    and ($4::boolean is null or f.listed = $4) and ($5::text[] is null or f.subject = any($5))
    and ($6::uuid is null or f.id < $6)
  order by f.id desc limit $7`;
const INSERT = `insert into core.file
  (tenant_id, id, owner, kind, name, type, digest, size, subject, erasure, listed, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;
const DELETE = `delete from core.file f
  where f.tenant_id = $1 and f.id = $2 and ($3::text is null or f.owner = $3) returning ${COLUMNS}`;

const DIGEST = /^[\da-f]{64}$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** What is no id names no file; PostgreSQL would call it an error. */
export const isId = (text: string): boolean => UUID.test(text);

/** A file and the object that holds its bytes. */
export type FoundFile = FileRecord & { readonly object: string };

/** By its id, or the oldest one with this digest. */
export async function findFile(tx: Tx, { tenant, owner }: FileScope, ref: string): Promise<FoundFile | undefined> {
  const values = [tenant, ref, owner ?? null];
  if (isId(ref)) return (await tx.query<FoundFile>(FIND, values, 'file_find'))[0];
  return DIGEST.test(ref) ? (await tx.query<FoundFile>(FIND_BY_DIGEST, values, 'file_find_digest'))[0] : undefined;
}

const PAGE = 100;

/** Newest first. */
export function listFiles(tx: Tx, { tenant, owner }: FileScope, filter: FileFilter = {}): Promise<FileRecord[]> {
  const { kind = null, listed = null, subjects = null, after = null, limit = PAGE } = filter;
  return tx.query<FileRecord>(LIST, [tenant, owner ?? null, kind, listed, subjects, after, limit]);
}

export async function insertFile(tx: Tx, tenant: string, file: FileRecord): Promise<void> {
  const { id, owner, kind, name, mediaType, sha256, bytes, subject, erasure, listed, createdAt, expiresAt } = file;
  const about = [name, mediaType, sha256, bytes, subject, erasure, listed, createdAt, expiresAt];
  await tx.execute(INSERT, [tenant, id, owner, kind, ...about], 'file_insert');
}

/** By its id, or the oldest one with this digest. */
export async function deleteFile(tx: Tx, scope: FileScope, ref: string): Promise<FileRecord | undefined> {
  const id = isId(ref) ? ref : (await findFile(tx, scope, ref))?.id;
  if (id === undefined) return undefined;
  const [gone] = await tx.query<FileRecord>(DELETE, [scope.tenant, id, scope.owner ?? null]);
  return gone;
}
