import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { uuidv7 } from '@podlift/sdk';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrations as eventMigrations } from '../events/index.ts';
import { createMetrics } from '../telemetry/index.ts';
import { createDepth } from './depth.ts';
import { migrations } from './index.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...eventMigrations, ...migrations] });
});
afterAll(() => database.close());

const add = (queue: string, secondsAgo: number, state = 'waiting'): Promise<unknown> =>
  database.admin(
    `insert into core.job (tenant_id, id, name, queue, lane, state, attempt, priority, data, run_at, created_at, queued_as)
     values ($1, $2, 'a.b/c', $3, '', $4, 0, 0, '{}', $5, $5, $2)`,
    [uuidv7(), uuidv7(), queue, state, new Date(NOW.getTime() - secondsAgo * 1000)],
  );

test('tells per queue how many jobs wait and for how long, over all tenants, and that it is over', async () => {
  const metrics = createMetrics({ process: false });
  const depth = createDepth(metrics, () => database.pool('system'));
  await add('bulk', 90);
  await add('bulk', 30);
  await add('bulk', 500, 'active');
  await add('default', -60);
  await depth.look(NOW);
  const text = await metrics.text();
  expect(text).toContain('podlift_jobs_waiting{queue="bulk"} 2');
  expect(text).toContain('podlift_jobs_waiting_oldest_seconds{queue="bulk"} 90');
  expect(text).toContain('podlift_jobs_waiting{queue="default"} 0');
  expect(text).not.toContain('tenant');
  await database.admin(`update core.job set state = 'completed'`);
  await depth.look(NOW);
  expect(await metrics.text()).toContain('podlift_jobs_waiting_oldest_seconds{queue="bulk"} 0');
});
