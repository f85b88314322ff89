import type { Pool } from 'pg';
import type { Queryable, Tx } from '../data/index.ts';

export type JobState = 'waiting' | 'active' | 'completed' | 'failed' | 'cancelled';

/** A job as its tenant sees it. */
export interface JobStatus {
  readonly id: string;
  readonly name: string;
  readonly key: string | undefined;
  readonly state: JobState;
  /** Attempts begun. */
  readonly attempt: number;
  readonly priority: number;
  readonly runAt: Date;
  readonly progress: { readonly done: number; readonly total: number } | undefined;
  readonly result: unknown;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
}

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly key: string | null;
  readonly state: JobState;
  readonly attempt: number;
  readonly priority: number;
  readonly run_at: Date;
  readonly progress_done: number | null;
  readonly progress_total: number | null;
  readonly result: unknown;
  readonly error: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** An attempt that has begun. Its number is the fence: whoever begins a later one makes this one unable to write. */
export interface Attempt {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly attempt: number;
  readonly request_id: string | null;
}

const COLUMNS = `id, name, key, state, attempt, priority, run_at, progress_done, progress_total, result, error, created_at, started_at, finished_at`;

// A job that is active already is begun again: its worker died, or BullMQ thinks so.
const BEGIN = `
update core.job set state = 'active', attempt = attempt + 1, waiting_key = null, started_at = $3, progress_done = null, progress_total = null
where tenant_id = $1 and id = $2 and state in ('waiting', 'active') and not cancel_requested
returning id, name, data, attempt, request_id`;

const CANCEL_AT_BEGIN = `
update core.job set state = 'cancelled', finished_at = $3
where tenant_id = $1 and id = $2 and state in ('waiting', 'active') and cancel_requested`;

const COMPLETE = `
update core.job set state = 'completed', result = $4::jsonb, error = null, finished_at = $5
where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active'`;

const END = `
update core.job set state = $4, error = $5, run_at = $6, finished_at = $7, attempt = attempt - $8
where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active'`;

const PROGRESS = `
update core.job set progress_done = $4, progress_total = $5 where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active'`;

const GET = `select ${COLUMNS} from core.job where tenant_id = $1 and id = $2`;

const LIST = `
select ${COLUMNS} from core.job
where tenant_id = $1 and ($2::text is null or state = $2) and ($3::text is null or name = $3) and ($4::uuid is null or id < $4)
order by id desc limit $5`;

const CANCEL = `
update core.job set cancel_requested = true, waiting_key = null,
  state = case when state = 'waiting' then 'cancelled' else state end,
  finished_at = case when state = 'waiting' then $3 else finished_at end
where tenant_id = $1 and id = $2 and state in ('waiting', 'active')
returning state`;

const RETRY = `
update core.job set state = 'waiting', attempt = 0, cancel_requested = false, error = null, result = null, run_at = $3, finished_at = null,
  queued_as = $4
where tenant_id = $1 and id = $2 and state in ('failed', 'cancelled') returning name, priority`;

/** Of the attempts that run on this node, those that must end: cancelled, or begun again elsewhere. */
const DOOMED = `
select r.id from unnest($1::uuid[], $2::uuid[], $3::integer[]) r(tenant, id, attempt)
left join core.job j on j.tenant_id = r.tenant and j.id = r.id
where j.id is null or j.cancel_requested or j.attempt <> r.attempt`;

const UNDONE = `select count(*)::integer as count from core.job where state = 'active' or (state = 'waiting' and run_at <= $1)`;

const OVERDUE = `
select tenant_id as tenant, id, name, queued_as, priority, state, started_at, request_id from core.job
where state in ('waiting', 'active') and run_at < $1 and (tenant_id, id) > ($2::uuid, $3::uuid) order by tenant_id, id limit $4`;

const RETIRE = `
delete from core.job j using (
  select o.tenant_id, o.id from core.job o where o.state in ('completed', 'failed', 'cancelled') and o.finished_at < $1 limit $2
) old where j.tenant_id = old.tenant_id and j.id = old.id`;

export async function begin(tx: Tx, id: string, now: Date): Promise<Attempt | undefined> {
  const [attempt] = await tx.query<Attempt>(BEGIN, [tx.tenant, id, now], 'jobs.begin');
  if (!attempt) await tx.execute(CANCEL_AT_BEGIN, [tx.tenant, id, now]);
  return attempt;
}

/** Says whether the attempt was still the one that counts. */
export const complete = async (tx: Tx, { id, attempt }: Attempt, result: unknown, now: Date): Promise<boolean> =>
  (await tx.execute(COMPLETE, [tx.tenant, id, attempt, JSON.stringify(result ?? null), now], 'jobs.complete')) > 0;

/** How an attempt ended that did not complete. */
export interface AttemptEnd {
  readonly state: 'waiting' | 'failed' | 'cancelled';
  readonly error: string | null;
  readonly runAt: Date;
  /** The attempt counts; not when the node stopped. */
  readonly counts: boolean;
}

export const end = async (
  tx: Tx,
  { id, attempt }: Attempt,
  { state, error, runAt, counts }: AttemptEnd,
  now: Date,
): Promise<boolean> =>
  (await tx.execute(END, [
    tx.tenant,
    id,
    attempt,
    state,
    error,
    runAt,
    state === 'waiting' ? null : now,
    counts ? 0 : 1,
  ])) > 0;

export const writeProgress = (tx: Tx, { id, attempt }: Attempt, done: number, total: number): Promise<number> =>
  tx.execute(PROGRESS, [tx.tenant, id, attempt, done, total]);

export const requestCancel = async (tx: Tx, id: string, now: Date): Promise<JobState | undefined> =>
  (await tx.query<{ state: JobState }>(CANCEL, [tx.tenant, id, now]))[0]?.state;

/** `queuedAs` is its new id in BullMQ, which may still hold the old one as finished. */
export const reset = async (
  tx: Tx,
  id: string,
  queuedAs: string,
  now: Date,
): Promise<{ name: string; priority: number } | undefined> =>
  (await tx.query<{ name: string; priority: number }>(RETRY, [tx.tenant, id, now, queuedAs]))[0];

export async function get(tx: Tx, id: string): Promise<JobStatus | undefined> {
  const [row] = await tx.query<JobRow>(GET, [tx.tenant, id]);
  return row && toStatus(row);
}

export interface JobFilter {
  readonly state?: JobState;
  readonly name?: string;
  /** The id of the last one seen. */
  readonly after?: string;
  readonly limit?: number;
}

export async function list(tx: Tx, { state, name, after, limit = 50 }: JobFilter): Promise<JobStatus[]> {
  const rows = await tx.query<JobRow>(LIST, [tx.tenant, state ?? null, name ?? null, after ?? null, limit]);
  return rows.map(toStatus);
}

export async function findDoomed(
  pool: Pool,
  running: readonly { readonly tenant: string; readonly id: string; readonly attempt: number }[],
): Promise<string[]> {
  const values = [
    running.map(({ tenant }) => tenant),
    running.map(({ id }) => id),
    running.map(({ attempt }) => attempt),
  ];
  const { rows } = await pool.query<{ id: string }>(DOOMED, values);
  return rows.map(({ id }) => id);
}

export async function countUndone(pool: Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(UNDONE, [now]);
  return rows[0]?.count ?? 0;
}

/** A job that should have begun a while ago, or has begun. */
export interface OverdueJob {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  readonly queued_as: string;
  readonly priority: number;
  readonly state: 'waiting' | 'active';
  readonly started_at: Date | null;
  readonly request_id: string | null;
}

const NIL = '00000000-0000-0000-0000-000000000000';

/** Jobs of all tenants that were due before, a page after another. */
export async function findOverdue(
  pool: Pool,
  before: Date,
  after: OverdueJob | undefined,
  most: number,
): Promise<OverdueJob[]> {
  const values = [before, after?.tenant ?? NIL, after?.id ?? NIL, most];
  return (await pool.query<OverdueJob>(OVERDUE, values)).rows;
}

export const retireJobs = (tx: Queryable, before: Date, most: number): Promise<number> =>
  tx.execute(RETIRE, [before, most]);

const toStatus = (row: JobRow): JobStatus => ({
  id: row.id,
  name: row.name,
  key: row.key ?? undefined,
  state: row.state,
  attempt: row.attempt,
  priority: row.priority,
  runAt: row.run_at,
  progress:
    row.progress_done === null || row.progress_total === null
      ? undefined
      : { done: row.progress_done, total: row.progress_total },
  result: row.result ?? undefined,
  error: row.error ?? undefined,
  createdAt: row.created_at,
  startedAt: row.started_at ?? undefined,
  finishedAt: row.finished_at ?? undefined,
});
