import type { Queryable } from '../../data/index.ts';
import type { QueueName } from '../limits.ts';
import type { InFlight, WaitingJob } from './plan.ts';

/**
 * One of our advisory locks per queue: two nodes that admit at once would both see the same room. After 100,000 jobs were added at
 * once nobody has counted them yet, and a planner that expects a few would sort or scan them all: it is held to the indexes.
 */
const LOCK = `
select pg_advisory_xact_lock(7411, $1), set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true)`;

const STATE = `
select j.tenant_id as tenant, j.name, count(*)::integer as count
from core.job j where j.queue = $1 and j.admitted_at is not null and j.state in ('waiting', 'active')
group by j.tenant_id, j.name`;

/** Tenants that are suspended keep their place. The lock makes the relay, which may see a newer job, wait for us. */
const CANDIDATES = `
select l.tenant_id as tenant, l.lane from core.job_line l
join core.tenants t on t.id = l.tenant_id and t.status = 'active'
where l.queue = $1 and l.due_at <= $2 and not exists (
  select from unnest($3::uuid[], $4::text[]) f(tenant, lane) where f.tenant = l.tenant_id and f.lane = l.lane)
order by l.served_at, l.due_at, l.tenant_id limit $5 for update of l`;

const JOBS = `
select c.tenant, c.lane, j.id, j.name, j.queued_as as "queuedAs", j.priority, j.request_id as "requestId"
from unnest($1::uuid[], $2::text[]) with ordinality c(tenant, lane, n)
cross join lateral (
  select j.id, j.name, j.queued_as, j.priority, j.request_id, j.run_at from core.job j
  where j.tenant_id = c.tenant and j.queue = $3 and j.lane = c.lane and j.state = 'waiting' and j.admitted_at is null and j.run_at <= $4
  order by j.priority, j.run_at, j.id limit $5
) j order by c.n, j.priority, j.run_at, j.id`;

/** Said so that no partial index fits: those of waiting jobs look small to a planner that has not counted them, and would be scanned. */
const STILL_WAITS = `j.state || '' = 'waiting' and coalesce(j.admitted_at, 'infinity') = 'infinity'`;

const MARK = `
update core.job j set admitted_at = $3 from unnest($1::uuid[], $2::uuid[]) a(tenant, id)
where j.tenant_id = a.tenant and j.id = a.id and ${STILL_WAITS} returning j.id`;

/** Lanes that gave everything that is due are looked at again when their next job is. */
const SERVED = `
update core.job_line l set
  served_at = case when s.served then $5 else l.served_at end,
  due_at = case when s.emptied then coalesce((
    select j.run_at from core.job j
    where j.tenant_id = l.tenant_id and j.queue = l.queue and j.lane = l.lane and j.state = 'waiting' and j.admitted_at is null
    order by j.run_at limit 1), 'infinity') else l.due_at end
from unnest($2::uuid[], $3::text[], $4::boolean[], $6::boolean[]) s(tenant, lane, served, emptied)
where l.queue = $1 and l.tenant_id = s.tenant and l.lane = s.lane`;

const QUEUE_LOCKS: Readonly<Record<QueueName, number>> = { interactive: 0, default: 1, bulk: 2, system: 3 };

export const lockQueue = (tx: Queryable, queue: QueueName): Promise<unknown> => tx.query(LOCK, [QUEUE_LOCKS[queue]]);

export const readInFlight = (tx: Queryable, queue: QueueName): Promise<InFlight[]> =>
  tx.query<InFlight>(STATE, [queue], 'jobs.in_flight');

/** A tenant's jobs of one queue; a job that bounds how many of it run has a lane of its own. */
export interface Lane {
  readonly tenant: string;
  readonly lane: string;
}

export const readLanes = (
  tx: Queryable,
  queue: QueueName,
  now: Date,
  full: readonly Lane[],
  most: number,
): Promise<Lane[]> =>
  tx.query<Lane>(
    CANDIDATES,
    [queue, now, full.map(({ tenant }) => tenant), full.map(({ lane }) => lane), most],
    'jobs.candidates',
  );

export const readWaiting = (
  tx: Queryable,
  queue: QueueName,
  now: Date,
  lanes: readonly Lane[],
  most: number,
): Promise<WaitingJob[]> =>
  tx.query<WaitingJob>(
    JOBS,
    [lanes.map(({ tenant }) => tenant), lanes.map(({ lane }) => lane), queue, now, most],
    'jobs.waiting',
  );

/** @returns the ids of those that still waited. */
export async function markAdmitted(tx: Queryable, jobs: readonly WaitingJob[], now: Date): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    MARK,
    [jobs.map(({ tenant }) => tenant), jobs.map(({ id }) => id), now],
    'jobs.admit',
  );
  return new Set(rows.map(({ id }) => id));
}

export const markServed = (
  tx: Queryable,
  queue: QueueName,
  lanes: readonly (Lane & { readonly served: boolean; readonly emptied: boolean })[],
  now: Date,
): Promise<number> =>
  tx.execute(
    SERVED,
    [
      queue,
      lanes.map(({ tenant }) => tenant),
      lanes.map(({ lane }) => lane),
      lanes.map(({ served }) => served),
      now,
      lanes.map(({ emptied }) => emptied),
    ],
    'jobs.served',
  );
