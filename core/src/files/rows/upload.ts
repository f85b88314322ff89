import type { Tx } from '../../data/index.ts';
import type { DraftState } from '../store.ts';
import { isId } from './record.ts';

/** Bytes on their way in: sent by a client in pieces, or written by the host or a plugin in one go. */
export interface UploadRow {
  readonly id: string;
  readonly owner: string;
  readonly kind: string;
  readonly name: string;
  readonly mediaType: string;
  readonly subject: string | null;
  readonly createdBy: string;
  /** Absent while nobody knows where the stream ends. */
  readonly length: number | null;
  /** Bytes that outlive a crash. */
  readonly received: number;
  readonly reserved: number;
  /** The digest that was announced. */
  readonly expected: string | null;
  readonly object: string;
  readonly state: DraftState;
  readonly lease: string | null;
  readonly leasedUntil: Date | null;
  /** The file it became. */
  readonly fileId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const COLUMNS = `id, owner, kind, name, type as "mediaType", subject, created_by as "createdBy", length::float8 as length,
  received::float8 as received, reserved::float8 as reserved, expected, object, state, lease, leased_until as "leasedUntil",
  file_id as "fileId", created_at as "createdAt", expires_at as "expiresAt"`;
const INSERT = `insert into core.file_upload (tenant_id, id, owner, kind, name, type, subject, created_by, length, received,
    reserved, expected, object, state, created_at, updated_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, '{}', $13, $13, $14)`;
const FIND = `select ${COLUMNS} from core.file_upload where tenant_id = $1 and id = $2`;
const LEASE = `update core.file_upload set lease = $3, leased_until = $4, updated_at = $5
  where tenant_id = $1 and id = $2 and file_id is null and (lease is null or leased_until <= $5)
  returning ${COLUMNS}`;
const RENEW = `update core.file_upload set leased_until = $4 where tenant_id = $1 and id = $2 and lease = $3`;
const PROGRESS = `update core.file_upload set received = $4, state = $5, updated_at = $6, expires_at = $7
  where tenant_id = $1 and id = $2 and lease = $3`;
const GROW = `update core.file_upload set reserved = reserved + $3 where tenant_id = $1 and id = $2`;
const RELEASE = `update core.file_upload set lease = null, leased_until = null where tenant_id = $1 and id = $2 and lease = $3`;
const BECOME = `update core.file_upload set file_id = $3, reserved = 0, lease = null, leased_until = null, expires_at = $4
  where tenant_id = $1 and id = $2 and file_id is null`;
const DELETE = `delete from core.file_upload where tenant_id = $1 and id = $2
  returning object, state, reserved::float8 as reserved, file_id as "fileId"`;
const LIST = `select ${COLUMNS} from core.file_upload
  where tenant_id = $1 and length is not null and file_id is null and ($2::uuid is null or id < $2) order by id desc limit $3`;

/** Who may write to an upload now, and until when. */
export interface Lease {
  readonly id: string;
  readonly until: Date;
}

export type NewUploadRow = Pick<
  UploadRow,
  | 'id'
  | 'owner'
  | 'kind'
  | 'name'
  | 'mediaType'
  | 'subject'
  | 'createdBy'
  | 'length'
  | 'reserved'
  | 'expected'
  | 'object'
  | 'createdAt'
  | 'expiresAt'
>;

export async function insertUpload(tx: Tx, row: NewUploadRow): Promise<void> {
  const { id, owner, kind, name, mediaType, subject, createdBy, length, reserved, expected, object } = row;
  const about = [id, owner, kind, name, mediaType, subject, createdBy, length, reserved, expected, object];
  await tx.execute(INSERT, [tx.tenant, ...about, row.createdAt, row.expiresAt], 'file_upload_insert');
}

export async function findUpload(tx: Tx, id: string): Promise<UploadRow | undefined> {
  if (!isId(id)) return undefined;
  const [found] = await tx.query<UploadRow>(FIND, [tx.tenant, id], 'file_upload_find');
  return found;
}

/** Newest first: those that clients send and that have not become a file. */
export const listUploads = (tx: Tx, after: string | undefined, limit: number): Promise<UploadRow[]> =>
  tx.query<UploadRow>(LIST, [tx.tenant, after ?? null, limit]);

/** Takes the right to write, unless somebody has it. */
export async function leaseUpload(tx: Tx, id: string, lease: Lease, now: Date): Promise<UploadRow | undefined> {
  const [row] = await tx.query<UploadRow>(LEASE, [tx.tenant, id, lease.id, lease.until, now], 'file_upload_lease');
  return row;
}

/** False when another one has taken over, or the upload is gone. */
export const renewLease = async (tx: Tx, id: string, lease: Lease): Promise<boolean> =>
  (await tx.execute(RENEW, [tx.tenant, id, lease.id, lease.until], 'file_upload_renew')) > 0;

export const releaseLease = (tx: Tx, id: string, lease: Lease): Promise<number> =>
  tx.execute(RELEASE, [tx.tenant, id, lease.id], 'file_upload_release');

/** False when another one has taken over, or the upload is gone. */
export async function saveProgress(
  tx: Tx,
  id: string,
  lease: Lease,
  { received, state }: Pick<UploadRow, 'received' | 'state'>,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<boolean> {
  const values = [tx.tenant, id, lease.id, received, JSON.stringify(state), now, expiresAt];
  return (await tx.execute(PROGRESS, values, 'file_upload_progress')) > 0;
}

export const growReserved = (tx: Tx, id: string, bytes: number): Promise<number> =>
  tx.execute(GROW, [tx.tenant, id, bytes]);

/** False when it is gone or a file already. */
export const becomeFile = async (tx: Tx, id: string, fileId: string, expiresAt: Date): Promise<boolean> =>
  (await tx.execute(BECOME, [tx.tenant, id, fileId, expiresAt])) > 0;

export type DeletedUpload = Pick<UploadRow, 'object' | 'state' | 'reserved' | 'fileId'>;

export async function deleteUpload(tx: Tx, id: string): Promise<DeletedUpload | undefined> {
  if (!isId(id)) return undefined;
  const [gone] = await tx.query<DeletedUpload>(DELETE, [tx.tenant, id]);
  return gone;
}
