import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase } from '@podlift/testkit/postgres';
import { expect, inject, it } from 'vitest';
import { migrateOwner, migrations as dataMigrations } from '../data/index.ts';
import { appendEvents, createEventBus, migrations as eventMigrations } from '../events/index.ts';
import { silentLog } from '../telemetry/index.ts';
import { createJobs, migrateJobQueues, migrations } from './index.ts';
import { JOB_REQUESTED } from './limits.ts';

it('runs what an earlier version was asked for, relayed or not', async () => {
  const [first, ...later] = migrations;
  if (!first) throw new Error('there is no migration');
  const database = await createTestDatabase(inject('postgres'), { migrations: [...eventMigrations, first] });
  const tenant = await database.newTenant();
  const [relayed, requested, delayed] = [uuidv7(), uuidv7(), uuidv7()];
  for (const [id, wait] of [
    [relayed, 0],
    [requested, 0],
    [delayed, 1500],
  ] as const)
    await database.admin(
      `insert into core.job (tenant_id, id, queued_as, name, data, state, run_at, created_at)
       values ($1, $2, $2, 'test/old', '{}', 'waiting', now() + $3 * interval '1 ms', now())`,
      [tenant, id, wait],
    );
  const payload = { job: requested, name: 'test/old', priority: 0, runAt: Date.now() };
  await database.withTenant({ tenant }, (tx) =>
    appendEvents(tx, [{ id: requested, type: JOB_REQUESTED, source: 'core', payload }]),
  );

  const all = [...dataMigrations, ...eventMigrations, first, ...later];
  await migrateOwner(database, { owner: 'core', schema: 'core', migrations: all });
  await migrateJobQueues(database);
  const bus = createEventBus({ database, log: silentLog });
  const jobs = createJobs({ database, bus, log: silentLog, enabledTenants: () => [] });
  const runs: string[] = [];
  await jobs.define({ name: 'test/old', run: async (_, { id }) => void runs.push(id) });
  await jobs.start();
  await bus.start();
  await expect.poll(() => new Set(runs), { timeout: 10_000 }).toEqual(new Set([relayed, requested, delayed]));
  expect(runs).toHaveLength(3);
  await jobs.stop(0);
  await bus.stop(0);
  await database.close();
}, 30_000);
