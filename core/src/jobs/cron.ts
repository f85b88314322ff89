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

/** Clocks of nodes may differ by so much. */
const SKEW_MS = 60_000;

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

/**
 * Which of the given crons do not fire when they should: Redis may have been emptied, or a clock that was ahead has put the next
 * firing off until that time comes. `now` is what no right clock is behind of.
 */
export async function brokenSchedules<D extends { readonly name: string; readonly cron?: Cron }>(
  queue: JobQueue,
  definitions: readonly D[],
  now: number,
): Promise<D[]> {
  const schedulers = new Map((await queue.getJobSchedulers()).map(({ key, next }) => [key, next ?? 0]));
  const broken: D[] = [];
  for (const definition of definitions) {
    const next = schedulers.get(schedulerId(definition.name));
    // Most are nearer than any skew, and no pattern has to be computed.
    const late =
      next === undefined ||
      (next > now + SKEW_MS &&
        definition.cron !== undefined &&
        next > now + SKEW_MS + (await pauseAfter(definition.cron, now)));
    if (late) broken.push(definition);
  }
  return broken;
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
