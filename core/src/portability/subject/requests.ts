import { uuidv7, type Identifier } from '@podlift/sdk';
import type { Database, Tx } from '../../data/index.ts';
import { PortabilityError } from '../errors.ts';

export type RequestKind = 'export' | 'erase';
export type RequestState = 'waiting' | 'running' | 'done' | 'failed';

/** What a person asked for, and how far it is. Who they are is not in it: their names are sealed until it is done. */
export interface PrivacyRequest {
  readonly id: string;
  readonly kind: RequestKind;
  readonly state: RequestState;
  /** The kinds of names by which the person was given. */
  readonly givenBy: readonly string[];
  readonly note: string | null;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly dueAt: Date;
  readonly finishedAt: Date | null;
  readonly jobId: string | null;
  readonly report: unknown;
  readonly error: string | null;
  /** The archive; null when there is none or it was removed. */
  readonly fileId: string | null;
  readonly size: number | null;
  readonly expiresAt: Date | null;
}

const COLUMNS = `id, kind, state, given_by as "givenBy", note, requested_by as "requestedBy", requested_at as "requestedAt", due_at as "dueAt",
  finished_at as "finishedAt", job_id as "jobId", report, error, file_id as "fileId", size, expires_at as "expiresAt"`;
const INSERT = `insert into core.privacy_request (tenant_id, id, kind, state, given_by, hashes, note, requested_by, requested_at, due_at, job_id)
  values ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8, $9, $10)`;
const GET = `select ${COLUMNS} from core.privacy_request where tenant_id = $1 and id = $2`;
const LIST = `select ${COLUMNS} from core.privacy_request where tenant_id = $1 and ($2::uuid is null or id < $2)
  and ($3::text is null or state = $3) order by id desc limit $4`;
const RUN = `update core.privacy_request set state = 'running', error = null where tenant_id = $1 and id = $2 and state <> 'done'`;
const FAIL = `update core.privacy_request set state = 'failed', error = $3 where tenant_id = $1 and id = $2 and state <> 'done'`;
const DONE = `update core.privacy_request set state = 'done', report = $3, finished_at = $4, file_id = $5, size = $6, expires_at = $7, error = null
  where tenant_id = $1 and id = $2 and state <> 'done'`;
const EXPIRED = `select id, file_id as "fileId" from core.privacy_request where tenant_id = $1 and file_id is not null and expires_at <= $2`;
const FORGET = `update core.privacy_request set file_id = null, size = null where tenant_id = $1 and id = $2`;

export interface NewRequest {
  readonly kind: RequestKind;
  readonly identifiers: readonly Identifier[];
  readonly note?: string | undefined;
  readonly by: string;
}

/** The book of requests of a workspace. */
export const createRequestBook = (database: Database) => {
  const within = <T>(tenant: string, fn: (tx: Tx) => Promise<T>): Promise<T> => database.withTenant({ tenant }, fn);
  const get = async (tenant: string, id: string): Promise<PrivacyRequest> => {
    const [found] = await within(tenant, (tx) => tx.query<PrivacyRequest>(GET, [tenant, id]));
    if (!found) throw PortabilityError.unknownRequest(id);
    return found;
  };
  return {
    get,
    async add(
      tx: Tx,
      { kind, identifiers, note, by }: NewRequest,
      about: {
        readonly id: string;
        readonly hashes: readonly string[];
        readonly at: Date;
        readonly due: Date;
        readonly job?: string;
      },
    ): Promise<void> {
      const kinds = [...new Set(identifiers.map((one) => one.kind))];
      const values = [
        tx.tenant,
        about.id,
        kind,
        kinds,
        about.hashes,
        note ?? null,
        by,
        about.at,
        about.due,
        about.job ?? null,
      ];
      await tx.execute(INSERT, values);
    },
    list: (tenant: string, { after, state, limit = 50 }: { after?: string; state?: string; limit?: number } = {}) =>
      within(tenant, (tx) => tx.query<PrivacyRequest>(LIST, [tenant, after ?? null, state ?? null, limit])),
    begin: (tenant: string, id: string) => within(tenant, (tx) => tx.execute(RUN, [tenant, id])),
    fail: (tenant: string, id: string, error: string) => within(tenant, (tx) => tx.execute(FAIL, [tenant, id, error])),
    finish: (
      tenant: string,
      id: string,
      { report, at, file }: { report: unknown; at: Date; file?: { id: string; size: number; expiresAt: Date } },
    ) =>
      within(tenant, (tx) =>
        tx.execute(DONE, [
          tenant,
          id,
          JSON.stringify(report),
          at,
          file?.id ?? null,
          file?.size ?? null,
          file?.expiresAt ?? null,
        ]),
      ),
    expired: (tenant: string, now: Date) =>
      within(tenant, (tx) => tx.query<{ id: string; fileId: string }>(EXPIRED, [tenant, now])),
    forget: (tenant: string, id: string) => within(tenant, (tx) => tx.execute(FORGET, [tenant, id])),
  };
};

export const newRequestId = (): string => uuidv7();
