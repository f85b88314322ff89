import type { Pool } from 'pg';
import { QUEUES, type QueueName } from '../limits.ts';

/** Where a tenant has work, and from when on. */
export interface Line {
  readonly tenant: string;
  readonly queue: QueueName;
  readonly lane: string;
  readonly dueAt: Date;
}

const UPSERT = `
insert into core.job_line (queue, tenant_id, lane, due_at)
select l.queue, l.tenant, l.lane, min(l.due_at) from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[]) l(queue, tenant, lane, due_at)
group by l.queue, l.tenant, l.lane order by l.queue, l.tenant, l.lane
on conflict (queue, tenant_id, lane) do update set due_at = excluded.due_at where job_line.due_at > excluded.due_at`;

/** Lines that are missing: what was asked for before there were any, or by a worker that died between two statements. */
const MEND = `
insert into core.job_line (queue, tenant_id, lane, due_at)
select j.queue, j.tenant_id, j.lane, min(j.run_at) from core.job j
where j.state = 'waiting' and j.admitted_at is null
group by j.queue, j.tenant_id, j.lane order by j.queue, j.tenant_id, j.lane
on conflict (queue, tenant_id, lane) do update set due_at = excluded.due_at where job_line.due_at > excluded.due_at`;

const NEXT = `
select q.queue, (
  select l.due_at from core.job_line l where l.queue = q.queue and l.due_at < 'infinity' order by l.due_at limit 1
) as "dueAt" from unnest($1::text[]) q(queue)`;

const SWEEP = `
delete from core.job_line l where not exists (select from core.tenants t where t.id = l.tenant_id)`;

const SEEN = `
insert into core.job_worker (id, queue, slots, seen_at) select $1, w.queue, w.slots, now() from unnest($2::text[], $3::integer[]) w(queue, slots)
on conflict (id, queue) do update set slots = excluded.slots, seen_at = excluded.seen_at`;

const SLOTS = `
select queue, sum(slots)::integer as slots, count(*)::integer as nodes from core.job_worker
where seen_at > now() - interval '15 seconds' group by queue`;

/** Work of all nodes, per queue. */
export interface Capacity {
  readonly queue: QueueName;
  readonly slots: number;
  readonly nodes: number;
}

/** The lines in which tenants wait, as `podlift_system`, which sees all of them. */
export function createLines(pool: () => Pool) {
  return {
    async put(lines: readonly Line[]): Promise<void> {
      if (lines.length === 0) return;
      await pool().query(UPSERT, [
        lines.map(({ queue }) => queue),
        lines.map(({ tenant }) => tenant),
        lines.map(({ lane }) => lane),
        lines.map(({ dueAt }) => dueAt),
      ]);
    },
    async mend(): Promise<void> {
      await pool().query(MEND);
    },
    /** When the next job of each queue is due, in milliseconds since 1970. */
    async next(): Promise<ReadonlyMap<QueueName, number>> {
      const { rows } = await pool().query<{ queue: QueueName; dueAt: Date | null }>(NEXT, [QUEUES]);
      return new Map(rows.flatMap(({ queue, dueAt }) => (dueAt ? [[queue, dueAt.getTime()] as const] : [])));
    },
    async sweep(): Promise<void> {
      await pool().query(SWEEP);
      await pool().query(`delete from core.job_worker where seen_at < now() - interval '1 day'`);
    },
    async seen(id: string, slots: Readonly<Record<QueueName, number>>): Promise<void> {
      await pool().query(SEEN, [id, QUEUES, QUEUES.map((queue) => slots[queue])]);
    },
    async gone(id: string): Promise<void> {
      await pool().query('delete from core.job_worker where id = $1', [id]);
    },
    async capacity(): Promise<Capacity[]> {
      return (await pool().query<Capacity>(SLOTS)).rows;
    },
  };
}

export type Lines = ReturnType<typeof createLines>;
