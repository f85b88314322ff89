/**
 * How long a tenant's single job waits while another tenant has 100,000 queued. Goal: 2 s at most, the same on PostgreSQL and
 * Redis. Beside it, how long it waits with nobody else there.
 * @module
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, startTestServer } from '@podlift/testkit/postgres';
import { createEventBus, migrations as eventMigrations } from '../../events/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { createJobs, migrateJobQueues, migrations, requestJob, requestJobs } from '../index.ts';
import { startRedis, type TestRedis } from '../testing/redis.ts';

const QUEUED = Number(process.env['JOBS'] ?? 100_000);
const SINGLE = 15;
const GOAL_MS = 2000;

const server = await startTestServer({ durable: true });
try {
  console.log(
    `one tenant's single job: commit → begun; goal ≤ ${GOAL_MS} ms behind ${QUEUED.toLocaleString('en-US')} jobs of another tenant`,
  );
  await measure('PostgreSQL');
  const program = findRedis();
  if (program) {
    const redis = await startRedis(program);
    await measure('Redis', redis);
    await redis.stop();
  } else console.log('Redis: redis-server is not installed, so it was not measured');
} finally {
  await server.stop();
}

async function measure(name: string, redis?: TestRedis): Promise<void> {
  const database = await createTestDatabase(server, { migrations: [...eventMigrations, ...migrations], poolSize: 20 });
  await migrateJobQueues(database);
  const [heavy, light] = [await database.newTenant(), await database.newTenant()];
  const bus = createEventBus({ database, log: silentLog });
  const jobs = createJobs({
    database,
    bus,
    log: silentLog,
    ...(redis && { redisUrl: redis.url }),
    enabledTenants: () => [],
  });
  const begun = new Map<string, number>();
  let done = 0;
  for (const [job, ms] of [
    ['tiny', 0],
    ['short', 20],
    ['long', 1500],
  ] as const)
    await jobs.define({
      name: `bench/${job}`,
      run: async () => {
        await sleep(ms);
        done++;
      },
    });
  await jobs.define({ name: 'bench/single', run: async (_, { id }) => void begun.set(id, performance.now()) });
  await jobs.start();
  await bus.start();

  const single = async (count: number): Promise<string> => {
    const delays: number[] = [];
    for (let n = 0; n < count; n++) {
      const id = await database.withTenant({ tenant: light }, (tx) =>
        requestJob(tx, { name: 'bench/single', data: {} }),
      );
      const from = performance.now();
      bus.wake();
      while (!begun.has(id)) await sleep(2);
      delays.push((begun.get(id) ?? 0) - from);
      await sleep(120);
    }
    delays.sort((a, b) => a - b);
    const worst = delays.at(-1) ?? 0;
    return `p50 ${delays[Math.floor(delays.length / 2)]?.toFixed(0)} ms, worst ${worst.toFixed(0)} ms${worst <= GOAL_MS ? '' : '  GOAL MISSED'}`;
  };

  console.log(`${name}: nobody else             ${await single(SINGLE)}`);
  for (const job of ['tiny', 'short', 'long']) {
    const queuing = performance.now();
    for (let n = 0; n < QUEUED; n += 2000)
      await database.withTenant({ tenant: heavy }, (tx) =>
        requestJobs(
          tx,
          Array.from({ length: Math.min(2000, QUEUED - n) }, () => ({ name: `bench/${job}`, data: {} })),
        ),
      );
    const took = performance.now() - queuing;
    bus.wake();
    while (
      !(await database.admin(`select 1 from core.job where tenant_id = $1 and state = 'active' limit 1`, [heavy]))
        .length
    )
      await sleep(20);
    done = 0;
    const from = performance.now();
    const said = await single(job === 'long' ? 8 : SINGLE);
    const rate = done / ((performance.now() - from) / 1000);
    console.log(
      `${name}: behind ${job.padEnd(5)} jobs        ${said}; the other's ran at ${rate.toFixed(0)}/s (queued at ${Math.round(QUEUED / (took / 1000)).toLocaleString('en-US')}/s)`,
    );
    await database.admin(`delete from core.job where tenant_id = $1 and state = 'waiting' and admitted_at is null`, [
      heavy,
    ]);
    await database.admin(
      `update core.job set state = 'cancelled', finished_at = now() where tenant_id = $1 and state = 'waiting'`,
      [heavy],
    );
    while ((await database.admin(`select 1 from core.job where state = 'active' limit 1`)).length) await sleep(50);
  }
  await jobs.stop(100);
  await bus.stop(100);
  await database.close();
}

function findRedis(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, 'redis-server'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
