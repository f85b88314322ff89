import type { RepeatOptions } from 'bullmq';
import type { Cron } from './definition.ts';
import type { JobQueue, QueuedJob } from './queue.ts';

/**
 * The tenants for which a plugin's cron jobs run, those among them that are `wanted`: they are asked for in pieces, and an
 * answer may be read in pages.
 */
export type EnabledTenants = (
  plugin: string,
  wanted: (tenant: string) => boolean,
) => Promise<Iterable<string>> | Iterable<string> | AsyncIterable<string>;

/** Schedulers all stand in the queue `system`: what fires is short, the tenants' runs go to the job's own queue. */
export async function schedule(queue: JobQueue, { name, cron }: { name: string; cron?: Cron }): Promise<void> {
  if (cron === undefined) return;
  await queue.upsertJobScheduler(schedulerId(name), toRepeat(cron), {
    name,
    data: {},
    opts: {
      attempts: 5,
      backoff: { type: 'exponential', delay: 2000 },
      removeOnComplete: { count: 10 },
      removeOnFail: { count: 100 },
    },
  });
}

export const unschedule = (queue: JobQueue, name: string): Promise<boolean> =>
  queue.removeJobScheduler(schedulerId(name));

/** Which of the given crons have no scheduler: Redis may have been emptied. */
export async function missingSchedules<D extends { readonly name: string }>(
  queue: JobQueue,
  definitions: readonly D[],
): Promise<D[]> {
  const there = new Set((await queue.getJobSchedulers()).map(({ key }) => key));
  return definitions.filter(({ name }) => !there.has(schedulerId(name)));
}

// BullMQ separates parts of ids with a colon.
const schedulerId = (name: string): string => `cron ${name}`.replaceAll(':', '_');

function toRepeat(cron: Cron): Omit<RepeatOptions, 'key'> {
  if (typeof cron === 'string') return { pattern: cron, tz: 'UTC' };
  if ('everyMs' in cron) return { every: cron.everyMs };
  return { pattern: cron.pattern, tz: cron.tz ?? 'UTC' };
}

/** When this firing was due. */
export function dueTime({ id, timestamp, delay }: QueuedJob): number {
  const due = Number(id?.slice(id.lastIndexOf(':') + 1));
  return Number.isSafeInteger(due) && due > 0 ? due : timestamp + (delay ?? 0);
}

/** Milliseconds from a firing to the next one. */
export async function pauseAfter(cron: Cron, due: number): Promise<number> {
  if (typeof cron === 'object' && 'everyMs' in cron) return cron.everyMs;
  const { getNextMillis } = await import('bullmq');
  const next = getNextMillis(due, toRepeat(cron));
  return next === undefined ? 0 : next - due;
}
