import type { Pool } from 'pg';
import type { Queryable, Tx } from '../data/index.ts';
import type { QueueName } from './limits.ts';

export type JobState = 'waiting' | 'active' | 'completed' | 'failed' | 'cancelled';

/** How far an attempt is. */
export interface JobProgress {
  readonly done: number;
  readonly total: number;
  /** 0 to 100; undefined while the total is not known. */
  readonly percent: number | undefined;
  /** Milliseconds that are probably left, at the pace so far. */
  readonly leftMs: number | undefined;
}

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
  readonly queue: QueueName;
  readonly progress: JobProgress | undefined;
  readonly result: unknown;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
}

export interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly key: string | null;
  readonly state: JobState;
  readonly attempt: number;
  readonly priority: number;
  readonly run_at: Date;
  readonly progress_done: number | null;
  readonly progress_total: number | null;
  readonly progress_at: Date | null;
  readonly queue: QueueName;
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
  readonly queue: QueueName;
  readonly lane: string;
  readonly created_at: Date;
}

export const COLUMNS = `id, name, key, queue, state, attempt, priority, run_at, progress_done, progress_total, progress_at, result, error, created_at, started_at, finished_at`;

// A job that is active already is begun again: its worker died, or BullMQ thinks so. One that was asked for anew has another id in the queue.
const BEGIN = `
update core.job set state = 'active', attempt = attempt + 1, waiting_key = null, started_at = $3, admitted_at = coalesce(admitted_at, $3),
  progress_done = null, progress_total = null, progress_at = null
where tenant_id = $1 and id = $2 and state in ('waiting', 'active') and not cancel_requested and queued_as = $4
returning id, name, data, attempt, request_id, queue, lane, created_at`;

const CANCEL_AT_BEGIN = `
update core.job set state = 'cancelled', finished_at = $3
where tenant_id = $1 and id = $2 and state in ('waiting', 'active') and cancel_requested`;

const COMPLETE = `
update core.job set state = 'completed', result = $4::jsonb, error = null, finished_at = $5
where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active' and not cancel_requested`;

/** What was cancelled while it ran has nothing more to say. */
const CANCELLED = `
update core.job set state = 'cancelled', admitted_at = null, finished_at = $4
where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active' and cancel_requested`;

const END = `
update core.job set state = $4, error = $5, run_at = $6, finished_at = $7, attempt = attempt - $8, admitted_at = null,
  queued_as = coalesce($9, queued_as)
where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active'`;

const PROGRESS = `
update core.job set progress_done = $4, progress_total = $5, progress_at = $6 where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active'`;

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
  queued_as = $4, admitted_at = null, started_at = null, progress_done = null, progress_total = null, progress_at = null
where tenant_id = $1 and id = $2 and state in ('failed', 'cancelled') returning queue, lane`;

/** Dead jobs, oldest first; each gets a new id in the queue. */
const RETRY_DEAD = `
update core.job j set state = 'waiting', attempt = 0, cancel_requested = false, error = null, result = null, run_at = $2, finished_at = null,
  queued_as = d.queued_as, admitted_at = null, started_at = null, progress_done = null, progress_total = null, progress_at = null
from unnest($3::uuid[], $4::uuid[]) d(id, queued_as)
where j.tenant_id = $1 and j.id = d.id and j.state = 'failed' returning j.id, j.queue, j.lane`;

const DEAD = `
select id from core.job where tenant_id = $1 and state = 'failed' and ($2::text is null or name = $2) order by id limit $3`;

const DISCARD = `delete from core.job where tenant_id = $1 and id = any($2::uuid[]) and state in ('failed', 'cancelled', 'completed') returning id`;

/** Of the attempts that run on this node, those that must end: cancelled, or begun again elsewhere. */
const DOOMED = `
select r.id from unnest($1::uuid[], $2::uuid[], $3::integer[]) r(tenant, id, attempt)
left join core.job j on j.tenant_id = r.tenant and j.id = r.id
where j.id is null or j.cancel_requested or j.attempt <> r.attempt`;

const UNDONE = `select count(*)::integer as count from core.job where state = 'active' or (state = 'waiting' and run_at <= $1)`;

const ADMITTED = `
select tenant_id as tenant, id, name, queue, queued_as, priority, state, started_at, admitted_at, request_id from core.job
where admitted_at is not null and state in ('waiting', 'active') and admitted_at < $1 order by admitted_at limit $2`;

const RELEASE = `
update core.job j set admitted_at = null, queued_as = r.queued_as
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) r(tenant, id, queued_as)
where j.tenant_id = r.tenant and j.id = r.id and j.state = 'waiting' and j.admitted_at is not null`;

const RETIRE = `
delete from core.job j using (
  select o.tenant_id, o.id from core.job o where o.state in ('completed', 'failed', 'cancelled') and o.finished_at < $1 limit $2
) old where j.tenant_id = old.tenant_id and j.id = old.id`;

/** `queuedAs` is the id of BullMQ's job that wants to run it. */
export async function begin(tx: Tx, id: string, queuedAs: string, now: Date): Promise<Attempt | undefined> {
  const [attempt] = await tx.query<Attempt>(BEGIN, [tx.tenant, id, now, queuedAs], 'jobs.begin');
  if (!attempt) await tx.execute(CANCEL_AT_BEGIN, [tx.tenant, id, now]);
  return attempt;
}

/** Says whether the attempt was still the one that counts. */
export const complete = async (tx: Tx, { id, attempt }: Attempt, result: unknown, now: Date): Promise<boolean> =>
  (await tx.execute(COMPLETE, [tx.tenant, id, attempt, JSON.stringify(result ?? null), now], 'jobs.complete')) > 0;

/** Says whether the attempt could not complete because its job was cancelled. */
export const endCancelled = async (tx: Tx, { id, attempt }: Attempt, now: Date): Promise<boolean> =>
  (await tx.execute(CANCELLED, [tx.tenant, id, attempt, now])) > 0;

/** How an attempt ended that did not complete. */
export interface AttemptEnd {
  readonly state: 'waiting' | 'failed' | 'cancelled';
  readonly error: string | null;
  readonly runAt: Date;
  /** The attempt counts; not when the node stopped. */
  readonly counts: boolean;
  /** Its id in BullMQ when it is queued again. */
  readonly queuedAs?: string;
}

export const end = async (
  tx: Tx,
  { id, attempt }: Attempt,
  { state, error, runAt, counts, queuedAs }: AttemptEnd,
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
    queuedAs ?? null,
  ])) > 0;

export const writeProgress = (
  tx: Tx,
  { id, attempt }: Attempt,
  done: number,
  total: number,
  now: Date,
): Promise<number> => tx.execute(PROGRESS, [tx.tenant, id, attempt, done, total, now]);

export const requestCancel = async (tx: Tx, id: string, now: Date): Promise<JobState | undefined> =>
  (await tx.query<{ state: JobState }>(CANCEL, [tx.tenant, id, now]))[0]?.state;

/** `queuedAs` is its new id in BullMQ, which may still hold the old one as finished. */
export const reset = async (tx: Tx, id: string, queuedAs: string, now: Date): Promise<Waiting | undefined> =>
  (await tx.query<Waiting>(RETRY, [tx.tenant, id, now, queuedAs]))[0];

/** Where a job waits. */
export interface Waiting {
  readonly queue: QueueName;
  readonly lane: string;
}

export const findDead = async (tx: Tx, name: string | undefined, most: number): Promise<string[]> =>
  (await tx.query<{ id: string }>(DEAD, [tx.tenant, name ?? null, most])).map(({ id }) => id);

export const resetDead = (
  tx: Tx,
  jobs: readonly { readonly id: string; readonly queuedAs: string }[],
  now: Date,
): Promise<Waiting[]> =>
  tx.query<Waiting>(RETRY_DEAD, [tx.tenant, now, jobs.map(({ id }) => id), jobs.map(({ queuedAs }) => queuedAs)]);

/** Forgets jobs that have ended. @returns how many there were. */
export const discard = async (tx: Tx, ids: readonly string[]): Promise<number> =>
  (await tx.query(DISCARD, [tx.tenant, ids])).length;

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

/** How many jobs a queue holds, of all tenants. */
export interface QueueCount {
  readonly queue: QueueName;
  readonly due: number;
  /** Delayed, or between two attempts. */
  readonly later: number;
  readonly active: number;
  /** Failed for good. */
  readonly dead: number;
}

const COUNT_QUEUES = `
select queue, count(*) filter (where state = 'waiting' and run_at <= $1)::integer as due,
  count(*) filter (where state = 'waiting' and run_at > $1)::integer as later,
  count(*) filter (where state = 'active')::integer as active, count(*) filter (where state = 'failed')::integer as dead
from core.job where state in ('waiting', 'active', 'failed') group by queue`;

export async function countQueues(pool: Pool, now: Date): Promise<ReadonlyMap<QueueName, QueueCount>> {
  const { rows } = await pool.query<QueueCount>(COUNT_QUEUES, [now]);
  return new Map(rows.map((row) => [row.queue, row]));
}

export async function countUndone(pool: Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(UNDONE, [now]);
  return rows[0]?.count ?? 0;
}

/** A job that was admitted a while ago and has not ended. */
export interface AdmittedJob {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  readonly queue: QueueName;
  readonly queued_as: string;
  readonly priority: number;
  readonly state: 'waiting' | 'active';
  readonly started_at: Date | null;
  readonly admitted_at: Date;
  readonly request_id: string | null;
}

export const findAdmitted = async (pool: Pool, before: Date, most: number): Promise<AdmittedJob[]> =>
  (await pool.query<AdmittedJob>(ADMITTED, [before, most])).rows;

/**
 * What bears a time that is still to come was written by a clock that was ahead, and would wait until that time has come. Both this
 * node's clock and the database's have to say so.
 */
const REWIND = `
update core.job j set run_at = j.run_at - w.ahead, created_at = least(j.created_at, w.at),
  started_at = case when j.started_at > w.at then w.at else j.started_at end,
  admitted_at = case when j.admitted_at > w.at then w.at else j.admitted_at end
from (
  select tenant_id, id, greatest($1, now()) as at, greatest(created_at, started_at, admitted_at) - greatest($1, now()) as ahead
  from core.job where state in ('waiting', 'active') and greatest(created_at, started_at, admitted_at) > greatest($1, now()) + $2::interval
  order by tenant_id, id for update skip locked) w
where j.tenant_id = w.tenant_id and j.id = w.id`;

/** What the database's clock says. */
export async function databaseTime(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ at: Date }>('select now() as at');
  return rows[0]?.at.getTime() ?? 0;
}

/** Sets the times of jobs back that come from a clock that was ahead by more than `seconds`; returns of how many. */
export const rewind = async (pool: Pool, now: Date, seconds: number): Promise<number> =>
  (await pool.query(REWIND, [now, `${seconds} seconds`])).rowCount ?? 0;

/** Takes jobs out of the queue again, under another id, so that what may still be there runs nothing. */
export async function release(
  pool: Pool,
  jobs: readonly { readonly tenant: string; readonly id: string; readonly queuedAs: string }[],
): Promise<void> {
  await pool.query(RELEASE, [
    jobs.map(({ tenant }) => tenant),
    jobs.map(({ id }) => id),
    jobs.map(({ queuedAs }) => queuedAs),
  ]);
}

export const retireJobs = (tx: Queryable, before: Date, most: number): Promise<number> =>
  tx.execute(RETIRE, [before, most]);

export const toStatus = (row: JobRow): JobStatus => ({
  id: row.id,
  name: row.name,
  key: row.key ?? undefined,
  state: row.state,
  attempt: row.attempt,
  priority: row.priority,
  runAt: row.run_at,
  queue: row.queue,
  progress: toProgress(row),
  result: row.result ?? undefined,
  error: row.error ?? undefined,
  createdAt: row.created_at,
  startedAt: row.started_at ?? undefined,
  finishedAt: row.finished_at ?? undefined,
});

function toProgress({ progress_done: done, progress_total: total, progress_at: at, started_at: from }: JobRow) {
  if (done === null || total === null) return undefined;
  const known = total > 0;
  const took = at && from ? at.getTime() - from.getTime() : 0;
  const guess = known && done > 0 && done <= total && took > 0;
  return {
    done,
    total,
    percent: known ? Math.min(100, Math.round((1000 * done) / total) / 10) : undefined,
    leftMs: guess ? Math.round((took * (total - done)) / done) : undefined,
  };
}
