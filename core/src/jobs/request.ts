import { uuidv7 } from '@podlift/sdk';
import { z } from 'zod';
import type { Tx } from '../data/index.ts';
import { appendEvents } from '../events/index.ts';
import { JobError } from './errors.ts';
import { JOBS_REQUESTED, MAX_DATA_BYTES, QUEUES, type QueueName } from './limits.ts';

/** Work to be done later. */
export interface JobRequest {
  /** `plugin/job`. */
  readonly name: string;
  /** Ids, as plain JSON. */
  readonly data: unknown;
  /** `default` when absent. */
  readonly queue?: QueueName;
  /** A second job of the same name and key is dropped while the first one waits for its first attempt. */
  readonly key?: string;
  readonly delayMs?: number;
  /** 0 when absent; less is sooner. Counts among the jobs of the same tenant. */
  readonly priority?: number;
  /** The job bounds how many of it run for a tenant at a time: it waits in a lane of its own. */
  readonly bounded?: boolean;
  /** A UUIDv7; an id that is there already is not requested again. */
  readonly id?: string;
  /** Joins the job to the request that asked for it. */
  readonly requestId?: string;
}

/** Where a tenant has new jobs, and from when on; what they are stands in their rows. `runAt` in milliseconds since 1970. */
export const JobsRequested = z.object({
  lines: z.array(z.object({ queue: z.enum(QUEUES), lane: z.string(), runAt: z.number() })),
});
export type JobsRequested = z.infer<typeof JobsRequested>;

const INSERT = `
insert into core.job (tenant_id, id, queued_as, name, key, waiting_key, data, state, priority, run_at, request_id, created_at, queue, lane)
select $1, j.id, j.id, j.name, j.key, j.key, j.data, 'waiting', j.priority, j.run_at, j.request_id, $3, j.queue, j.lane
from json_to_recordset($2::json)
  as j(id uuid, name text, key text, data jsonb, priority integer, run_at timestamptz, request_id text, queue text, lane text)
order by j.name, j.key, j.id
on conflict do nothing returning id`;

const WAITING = `
select j.id, j.name, j.waiting_key as key from core.job j
where j.tenant_id = $1 and (j.name, j.waiting_key) in (select * from unnest($2::text[], $3::text[]))`;

/** Asks for a job in the caller's transaction: it runs if and only if that commits. Wake the bus after commit. @returns its id, or that of the one that waits already. */
export async function requestJob(tx: Tx, request: JobRequest, now?: number): Promise<string> {
  const [id] = await requestJobs(tx, [request], now);
  return id ?? '';
}

/** The same for many. */
export async function requestJobs(
  tx: Tx,
  requests: readonly JobRequest[],
  now: number = Date.now(),
): Promise<string[]> {
  if (requests.length === 0) return [];
  const jobs = requests.map((request) => ({
    ...request,
    id: request.id ?? uuidv7(),
    runAt: now + (request.delayMs ?? 0),
  }));
  const rows = JSON.stringify(jobs.map(toRow));
  const inserted = await tx.query<{ id: string }>(INSERT, [tx.tenant, rows, new Date(now)], 'jobs.request');
  const fresh = new Set(inserted.map(({ id }) => id));
  await announce(
    tx,
    jobs
      .filter(({ id }) => fresh.has(id))
      .map(({ queue = 'default', name, bounded, runAt }) => ({ queue, lane: bounded ? name : '', runAt })),
    now,
  );
  return fresh.size === jobs.length ? jobs.map(({ id }) => id) : resolve(tx, jobs, fresh, now);
}

/** Tells the relay, when the transaction commits, where there is work. */
export async function announce(tx: Tx, jobs: JobsRequested['lines'], now: number): Promise<void> {
  if (jobs.length === 0) return;
  const lines = new Map<string, JobsRequested['lines'][number]>();
  for (const { queue, lane, runAt } of jobs) {
    const known = lines.get(`${queue} ${lane}`);
    lines.set(`${queue} ${lane}`, { queue, lane, runAt: Math.min(runAt, known?.runAt ?? Infinity) });
  }
  const payload: JobsRequested = { lines: [...lines.values()] };
  await appendEvents(tx, [{ type: JOBS_REQUESTED, source: 'core', payload }], now);
}

type Job = JobRequest & { readonly id: string; readonly runAt: number };

function toRow({ id, name, key, data, priority = 0, runAt, requestId, queue = 'default', bounded }: Job): object {
  const bytes = Buffer.byteLength(JSON.stringify(data ?? null));
  if (bytes > MAX_DATA_BYTES) throw JobError.tooLarge(name, bytes, MAX_DATA_BYTES);
  const lane = bounded ? name : '';
  return { id, name, key, data: data ?? null, priority, run_at: new Date(runAt), request_id: requestId, queue, lane };
}

/** Names the jobs that kept others out. One that has begun in between keeps nobody out any more: such a request is made again. */
async function resolve(tx: Tx, jobs: readonly Job[], fresh: ReadonlySet<string>, now: number): Promise<string[]> {
  const dropped = jobs.filter(({ id, key }) => !fresh.has(id) && key !== undefined);
  const waiting = await tx.query<{ id: string; name: string; key: string }>(WAITING, [
    tx.tenant,
    dropped.map(({ name }) => name),
    dropped.map(({ key }) => key),
  ]);
  const ids = new Map(waiting.map(({ id, name, key }) => [`${name}\n${key}`, id]));
  return Promise.all(
    jobs.map(async (job) => {
      if (fresh.has(job.id) || job.key === undefined) return job.id;
      return ids.get(`${job.name}\n${job.key}`) ?? requestJob(tx, { ...job, delayMs: job.runAt - now }, now);
    }),
  );
}
