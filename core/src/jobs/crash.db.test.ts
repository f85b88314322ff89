import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTestDatabase,
  startTestServer,
  type RunningTestServer,
  type TestDatabase,
} from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createEventBus, migrations as eventMigrations } from '../events/index.ts';
import { killServer } from '../events/testing/kill-server.ts';
import { silentLog } from '../telemetry/index.ts';
import { createJobs, migrateJobQueues, migrations, requestJob, requestJobs } from './index.ts';
import { effects, effectsOf, writeEffect } from './testing/effects.ts';
import { startRedis, type TestRedis } from './testing/redis.ts';

const program = inject('programs').redis;

describe.each(['postgres', ...(program ? ['redis'] : [])])('kill -9 of a worker on %s', (kind) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  beforeAll(async () => {
    database = await createTestDatabase(inject('postgres'), {
      migrations: [...eventMigrations, ...migrations, effects],
    });
    await migrateJobQueues(database);
    if (kind === 'redis' && program) redis = await startRedis(program);
  });
  afterAll(async () => {
    await redis?.stop();
    await database.close();
  });

  it('loses no job, and each has its effect exactly once', async () => {
    const tenant = await database.newTenant();
    const requests = Array.from({ length: 30 }, (_, n) => ({ name: 'test/slow', data: { n } }));
    const ids = await database.withTenant({ tenant }, (tx) => requestJobs(tx, requests));
    for (const life of [250, 400]) {
      const worker = await startWorker(database, redis?.url);
      await sleep(life);
      worker.kill('SIGKILL');
      await once(worker, 'exit');
    }
    const last = await startWorker(database, redis?.url);
    await expect
      .poll(() => effectsOf(database, tenant).then(({ length }) => length), { timeout: 60_000 })
      .toBe(ids.length);
    last.kill('SIGKILL');
    await once(last, 'exit');
    expect(await effectsOf(database, tenant)).toEqual(ids.toSorted((a, b) => a.localeCompare(b)));
  }, 90_000);
});

describe('kill -9 of PostgreSQL under load', () => {
  let server: RunningTestServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startTestServer({ durable: true });
    database = await createTestDatabase(server, { migrations: [...eventMigrations, ...migrations, effects] });
    await migrateJobQueues(database);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it('loses no acknowledged job', async () => {
    const tenant = await database.newTenant();
    const bus = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 600 });
    const jobs = createJobs({ database, bus, log: silentLog, enabledTenants: () => [], lockMs: 1000 });
    const run = (_data: unknown, context: Parameters<typeof writeEffect>[1]): Promise<void> =>
      writeEffect(database, context);
    await jobs.define({ name: 'test/quick', attempts: 20, backoffMs: 50, run });
    await jobs.start();
    await bus.start();
    const acknowledged: string[] = [];
    const enough = new AbortController();
    const requesting = Array.from({ length: 3 }, async () => {
      while (!enough.signal.aborted) {
        try {
          acknowledged.push(
            await database.withTenant({ tenant }, (tx) => requestJob(tx, { name: 'test/quick', data: {} })),
          );
          bus.wake();
          await sleep(10);
        } catch {
          await sleep(20);
        }
      }
    });
    await sleep(800);
    const before = acknowledged.length;
    killServer(server.embedded.pid);
    await sleep(100);
    await server.embedded.ensure();
    await expect.poll(() => acknowledged.length, { timeout: 40_000 }).toBeGreaterThan(before + 20);
    enough.abort();
    await Promise.all(requesting);
    // What the server lost of its queue is looked for half a minute later.
    await jobs.drain(70_000);
    await jobs.stop(100);
    await bus.stop(100);
    // A commit whose answer was lost may have happened too.
    const done = await effectsOf(database, tenant);
    expect(new Set(done).size).toBe(done.length);
    expect(acknowledged.filter((id) => !done.includes(id))).toEqual([]);
  }, 150_000);
});

async function startWorker({ options }: TestDatabase, redisUrl = ''): Promise<ChildProcess> {
  const script = new URL('./testing/worker.ts', import.meta.url).pathname;
  const key = Buffer.from(options.masterKey).toString('base64');
  const args = ['--conditions=@podlift/source', script, options.url ?? '', key, options.dataDir, redisUrl];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (worker.stdout) await once(worker.stdout, 'data');
  return worker;
}
