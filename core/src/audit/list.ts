import { uuidv7 } from '@podlift/sdk';
import type { AuditFilter, AuditRecord } from './entry.ts';

/** Ids carry the time, so an index on them finds a span; clocks of two machines may differ by this much. */
const SLACK_MS = 3_600_000;
const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export const RECORD_COLUMNS =
  'id, actor_kind, actor_id, action, target, details, "time", via, ip, request_id, seq, redacted_at';

const FILTER = `($2::text is null or action = $2) and ($3::text is null or target = $3) and ($4::text is null or actor_id = $4)
  and id > $5::uuid and id < $6::uuid
  and ($7::timestamptz is null or "time" >= $7) and ($8::timestamptz is null or "time" < $8)
order by id desc limit $9`;

export const LIST_TENANT = `
select tenant_id as tenant, ${RECORD_COLUMNS} from core.audit where tenant_id = $1 and ${FILTER}`;

export const LIST_OPERATOR = `
select tenant, ${RECORD_COLUMNS} from core.operator_audit where ($1::uuid is null or tenant = $1) and ${FILTER}`;

/** A row of either table. */
export interface AuditRow {
  readonly id: string;
  readonly tenant: string | null;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly target: string;
  readonly details: unknown;
  readonly time: Date;
  readonly via: string | null;
  readonly ip: string | null;
  readonly request_id: string | null;
  readonly seq: number | null;
  readonly redacted_at: Date | null;
}

export const filterValues = (
  tenant: string | undefined,
  { action, target, actor, from, until, after, limit = 50 }: AuditFilter,
): unknown[] => {
  const before = until && uuidAt(until.getTime() + SLACK_MS);
  return [
    tenant ?? null,
    action ?? null,
    target ?? null,
    actor ?? null,
    from ? uuidAt(from.getTime() - SLACK_MS) : FIRST,
    [after, before].filter((one) => one !== undefined).toSorted()[0] ?? LAST,
    from ?? null,
    until ?? null,
    limit,
  ];
};

/** The first id of an instant. */
const uuidAt = (ms: number): string => `${uuidv7(Math.max(0, ms)).slice(0, 13)}-7000-8000-000000000000`;

export const toRecord = (row: AuditRow): AuditRecord => ({
  id: row.id,
  tenant: row.tenant ?? undefined,
  actor: { kind: row.actor_kind, id: row.actor_id },
  action: row.action,
  target: row.target,
  details: row.details,
  time: row.time,
  via: row.via ?? undefined,
  ip: row.ip ?? undefined,
  requestId: row.request_id ?? undefined,
  seq: row.seq ?? undefined,
  redactedAt: row.redacted_at ?? undefined,
});
