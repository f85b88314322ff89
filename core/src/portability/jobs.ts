import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { EventBus } from '../events/index.ts';
import { requestJob, type Jobs } from '../jobs/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import type { Portability } from './portability.ts';

/** Names of the jobs. Their data are ids. */
export const EXPORT_JOB = 'core/tenant-export';
export const REQUEST_JOB = 'core/privacy-request';
const RETENTION_JOB = 'core/retention';

const Ids = z.object({ id: z.uuid() });
/** Tenants take turns over three hours of the night. */
const SPREAD_MS = 3 * 3600_000;
const LONG = 6 * 3600_000;
const PAGE = 200;

export interface PortabilityJobsDeps {
  readonly portability: Portability;
  readonly jobs: Pick<Jobs, 'define' | 'defineSystem'>;
  readonly events: Pick<EventBus, 'wake'>;
  readonly tenancy: Pick<Tenancy, 'list'>;
  readonly database: Database;
  readonly clock: Clock;
}

/** Says how the work is done that others asked for, and starts the daily round. */
export async function definePortabilityJobs(deps: PortabilityJobsDeps): Promise<void> {
  const { portability, jobs, events } = deps;
  await jobs.define({
    name: EXPORT_JOB,
    queue: 'bulk',
    timeoutMs: LONG,
    attempts: 3,
    concurrency: 1,
    run: async (data, { tenant, signal, progress }) => {
      const { id, rows, size } = await portability.exports.run(tenant, Ids.parse(data).id, { signal, progress });
      return { id, rows, size };
    },
  });
  await jobs.define({
    name: REQUEST_JOB,
    queue: 'bulk',
    timeoutMs: LONG,
    attempts: 5,
    concurrency: 1,
    run: async (data, { tenant, progress }) => {
      const step = (_: string, done: number, total: number): void => {
        if (total > 0) progress(done, total);
      };
      const { id, state } = await portability.subjects.run(tenant, Ids.parse(data).id, { step });
      return { id, state };
    },
  });
  await jobs.define({
    name: RETENTION_JOB,
    queue: 'bulk',
    timeoutMs: LONG,
    attempts: 3,
    run: async (_, { tenant, signal }) => portability.retain(tenant, { signal }),
  });
  await jobs.defineSystem({
    name: 'core/retention-round',
    cron: '41 1 * * *',
    async run() {
      for await (const tenant of tenantsOf(deps.tenancy)) await askRetention(deps, tenant);
      events.wake();
    },
  });
}

async function askRetention({ database, clock }: PortabilityJobsDeps, tenant: string): Promise<void> {
  // Each tenant has a moment of its own, the same every night.
  const delayMs = createHash('sha256').update(tenant).digest().readUInt32BE(0) % SPREAD_MS;
  await database.withTenant({ tenant }, (tx) =>
    requestJob(tx, { name: RETENTION_JOB, data: {}, key: 'daily', delayMs, queue: 'bulk' }, clock.now()),
  );
}

/** Promises are kept for those who are suspended or about to leave, too. */
async function* tenantsOf(tenancy: Pick<Tenancy, 'list'>): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const page = await tenancy.list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const { id, status } of page.items) if (status !== 'purging' && status !== 'importing') yield id;
    if (page.next === undefined) return;
    after = page.next;
  }
}
