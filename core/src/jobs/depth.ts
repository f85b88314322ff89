import type { Pool } from 'pg';
import type { Metrics } from '../telemetry/index.ts';
import { QUEUES, type QueueName } from './limits.ts';

const WAITING = `select queue, count(*)::integer as waiting, extract(epoch from $1 - min(run_at))::float8 as oldest from core.job
  where state in ('waiting', 'active') and state = 'waiting' and run_at <= $1 group by queue`;

interface Depth {
  readonly queue: QueueName;
  readonly waiting: number;
  readonly oldest: number;
}

/** Tells how many jobs of the installation are due and wait, and for how long the oldest one does: per queue, never per tenant. */
export function createDepth(metrics: Metrics, pool: () => Pool): { look(now: Date): Promise<void> } {
  const waiting = metrics.gauge('podlift.jobs.waiting', {
    about: 'Jobs that are due and wait for a worker',
    labels: ['queue'],
  });
  const oldest = metrics.gauge('podlift.jobs.waiting.oldest', {
    about: 'How long the oldest job that is due has waited',
    labels: ['queue'],
    unit: 's',
  });
  return {
    async look(now) {
      const { rows } = await pool().query<Depth>(WAITING, [now]);
      const depths = new Map(rows.map((row) => [row.queue, row]));
      for (const queue of QUEUES) {
        waiting.set(depths.get(queue)?.waiting ?? 0, { queue });
        oldest.set(Math.max(0, depths.get(queue)?.oldest ?? 0), { queue });
      }
    },
  };
}
