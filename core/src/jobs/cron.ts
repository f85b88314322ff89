import { createHash } from 'node:crypto';
import type { RepeatOptions } from 'bullmq';
import type { Database } from '../data/index.ts';
import type { JobQueue, QueuedJob } from './queue.ts';
import { pluginOf, type Cron, type Definitions, type JobDefinition } from './definition.ts';
import { requestJob } from './request.ts';

/** The tenants for which a plugin's cron jobs run. */
export type EnabledTenants = (plugin: string) => Promise<Iterable<string>> | Iterable<string> | AsyncIterable<string>;

const DEFAULT_JITTER_MS = 60_000;
/** Tenants whose requests are written at the same time. */
const PARALLEL = 4;

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

// BullMQ separates parts of ids with a colon.
const schedulerId = (name: string): string => `cron ${name}`.replaceAll(':', '_');

function toRepeat(cron: Cron): Omit<RepeatOptions, 'key'> {
  if (typeof cron === 'string') return { pattern: cron, tz: 'UTC' };
  if ('everyMs' in cron) return { every: cron.everyMs };
  return { pattern: cron.pattern, tz: cron.tz ?? 'UTC' };
}

/** When this firing was due; ids of what it asks for follow from it, so that a firing that is repeated after a crash asks for nothing twice. */
export function dueTime({ id, timestamp, delay }: QueuedJob): number {
  const due = Number(id?.slice(id.lastIndexOf(':') + 1));
  return Number.isSafeInteger(due) && due > 0 ? due : timestamp + (delay ?? 0);
}

export interface FanOutOptions {
  readonly database: Database;
  readonly definitions: Definitions;
  readonly enabledTenants: EnabledTenants;
  readonly now: () => number;
}

/** Asks for one run per tenant. Each tenant has a moment of its own within the jitter, the same every time. @returns how many tenants. */
export async function fanOut(options: FanOutOptions, definition: JobDefinition, due: number): Promise<number> {
  const { database, enabledTenants, now } = options;
  const { name, jitterMs = DEFAULT_JITTER_MS } = definition;
  let count = 0;
  const left = iterate(await enabledTenants(pluginOf(name)));
  const one = async (): Promise<void> => {
    for await (const tenant of left) {
      count++;
      const digest = createHash('sha256').update(`${name}\n${tenant}`).digest();
      const offset = jitterMs > 0 ? digest.readUInt32BE(0) % jitterMs : 0;
      const delayMs = Math.max(0, due + offset - now());
      const request = { name, data: {}, key: 'cron', id: runId(due, digest), delayMs };
      const scope = { tenant };
      await database.withTenant(scope, (tx) => requestJob(tx, request, now()));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
  return count;
}

/** One sequence that several readers share. */
async function* iterate(tenants: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  yield* tenants;
}

/** A UUIDv7 of the due time, whose random part names job and tenant. */
function runId(due: number, digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes.writeUIntBE(due, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
