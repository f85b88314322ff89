import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { runMigrations } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createEventBus, migrations as eventMigrations, type EventBus } from '../events/index.ts';
import { silentLog } from '../telemetry/index.ts';
import {
  createJobs,
  migrateJobQueues,
  migrations,
  requestJob,
  requestJobs,
  type JobDefinition,
  type JobRequest,
  type Jobs,
} from './index.ts';
import { QUEUE_SCHEMA, QUEUE_SCHEMA_VERSION } from './limits.ts';
import { effects, effectsOf, writeEffect } from './testing/effects.ts';
import { freePort, startRedis, type TestRedis } from './testing/redis.ts';

const program = inject('programs').redis;
let database: TestDatabase;
let redis: TestRedis | undefined;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...eventMigrations, ...migrations, effects] });
  await migrateJobQueues(database);
  if (program) redis = await startRedis(program);
});
afterAll(async () => {
  await redis?.stop();
  await database.close();
});

it('knows the version of BullMQ’s tables that it asks for', async () => {
  const client = await database.pool('jobs').connect();
  const newest = await runMigrations(client, QUEUE_SCHEMA).finally(() => client.release());
  expect(QUEUE_SCHEMA_VERSION).toBe(newest);
  expect(await migrateJobQueues(database)).toBe(newest);
});

it('says which Redis does not answer', async () => {
  const bus = createEventBus({ database, log: silentLog });
  const redisUrl = `redis://:secret@127.0.0.1:${await freePort()}`;
  const jobs = createJobs({ database, bus, log: silentLog, redisUrl, enabledTenants: () => [] });
  await expect(jobs.start()).rejects.toThrow(/The job queues in Redis at 127.0.0.1:\d+ do not answer/);
  await jobs.stop(0);
  await bus.stop(0);
});

describe.each(['postgres', ...(program ? ['redis'] : [])])('jobs on %s', (kind) => {
  let bus: EventBus;
  let jobs: Jobs;
  let tenant: string;
  let enabled: string[] = [];
  let number = 0;
  const opened: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    await database.admin('delete from core.job');
    tenant = await database.newTenant();
    enabled = [tenant];
    ({ bus, jobs } = await open());
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });

  async function open(
    concurrency = 4,
    beforeStart: (jobs: Jobs) => Promise<unknown> = async () => undefined,
  ): Promise<{ bus: EventBus; jobs: Jobs; stop: (graceMs?: number) => Promise<void> }> {
    const bus = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 1000 });
    const jobs = createJobs({
      database,
      bus,
      log: silentLog,
      ...(kind === 'redis' && redis && { redisUrl: redis.url }),
      enabledTenants: () => enabled,
      concurrency: { default: concurrency },
      lockMs: 1500,
    });
    await beforeStart(jobs);
    await jobs.start();
    await bus.start();
    let stopped: Promise<unknown> | undefined;
    const stop = async (graceMs = 200): Promise<void> => {
      stopped ??= jobs.stop(graceMs).then(() => bus.stop(graceMs));
      await stopped;
    };
    opened.push(stop);
    return { bus, jobs, stop };
  }

  const define = async (
    run: JobDefinition['run'],
    options: Partial<JobDefinition> = {},
    on: Jobs = jobs,
  ): Promise<string> => {
    const name = options.name ?? `test/${kind}-${++number}`;
    await on.define({ backoffMs: 20, jitterMs: 0, ...options, name, run });
    return name;
  };
  const request = async (name: string, options: Partial<JobRequest> = {}): Promise<string> => {
    const id = await database.withTenant({ tenant }, (tx) => requestJob(tx, { name, data: {}, ...options }));
    bus.wake();
    return id;
  };
  const state = async (id: string): Promise<string | undefined> => (await jobs.get(tenant, id))?.state;

  it('runs what was committed, with its data, and keeps the result', async () => {
    const name = await define(async (data, { tenant, attempt }) => ({ data, tenant, attempt }));
    const id = await request(name, { data: { campaign: 'c1' } });
    await jobs.drain();
    expect(await jobs.get(tenant, id)).toMatchObject({
      name,
      state: 'completed',
      attempt: 1,
      result: { data: { campaign: 'c1' }, tenant, attempt: 1 },
    });
  });

  it('runs nothing of a transaction that was rolled back', async () => {
    let runs = 0;
    const name = await define(async () => ++runs);
    await expect(
      database.withTenant({ tenant }, async (tx) => {
        await requestJob(tx, { name, data: {} });
        throw new Error('undo');
      }),
    ).rejects.toThrow('undo');
    bus.wake();
    await jobs.drain();
    expect(runs).toBe(0);
    expect(await jobs.list(tenant)).toEqual([]);
  });

  it('tries again with growing pauses until it works', async () => {
    const times: number[] = [];
    const name = await define(
      async () => {
        times.push(Date.now());
        if (times.length < 4) throw new Error('not yet');
      },
      { backoffMs: 100 },
    );
    const id = await request(name);
    await expect.poll(() => state(id), { timeout: 10_000 }).toBe('completed');
    expect((await jobs.get(tenant, id))?.attempt).toBe(4);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(pauses[0]).toBeGreaterThanOrEqual(95);
    expect(pauses[1]).toBeGreaterThanOrEqual(190);
    expect(pauses[2]).toBeGreaterThanOrEqual(380);
  });

  it('fails after the last attempt, says why, and runs again on request', async () => {
    let broken = true;
    let runs = 0;
    const name = await define(
      async () => {
        runs++;
        if (broken) throw new Error('upstream says no');
      },
      { attempts: 2 },
    );
    const id = await request(name);
    await expect.poll(() => state(id), { timeout: 10_000 }).toBe('failed');
    expect(await jobs.get(tenant, id)).toMatchObject({ attempt: 2, error: 'upstream says no' });
    expect(runs).toBe(2);
    expect((await jobs.list(tenant, { state: 'failed' })).map((job) => job.id)).toEqual([id]);
    broken = false;
    await jobs.retry(tenant, id);
    await jobs.drain();
    expect(await jobs.get(tenant, id)).toMatchObject({ state: 'completed', attempt: 1, error: undefined });
    await expect(jobs.retry(tenant, id)).rejects.toThrow('There is no job');
  });

  it('says that nobody knows a job whose plugin is missing', async () => {
    const id = await request(`test/${kind}-missing`);
    await expect.poll(async () => (await jobs.get(tenant, id))?.error, { timeout: 10_000 }).toContain('No job "test/');
  });

  it('waits for its delay, and prefers what is more urgent', async () => {
    const done: unknown[] = [];
    const name = `test/${kind}-order`;
    await jobs.stop(0);
    await database.withTenant({ tenant }, (tx) =>
      requestJobs(tx, [
        { name, data: 'later', delayMs: 1500 },
        { name, data: 5, priority: 5 },
        { name, data: 1, priority: 1 },
        { name, data: 0 },
      ]),
    );
    const began = Date.now();
    const single = await open(1, (node) => define(async (data) => void done.push(data), { name }, node));
    await single.jobs.drain();
    expect(done).toEqual([0, 1, 5]);
    await expect.poll(() => done.at(-1), { timeout: 5000 }).toBe('later');
    expect(Date.now() - began).toBeGreaterThan(1000);
  });

  it('drops a second job of a key while the first one waits, and only then', async () => {
    let runs = 0;
    const name = await define(async () => ++runs);
    const [a, b] = await database.withTenant({ tenant }, async (tx) => [
      await requestJob(tx, { name, data: {}, key: 'k', delayMs: 150 }),
      await requestJob(tx, { name, data: {}, key: 'k' }),
    ]);
    expect(b).toBe(a);
    expect(await request(name, { key: 'other' })).not.toBe(a);
    expect(await request(name, { key: 'k' })).toBe(a);
    await expect.poll(() => runs).toBe(2);
    expect(await request(name, { key: 'k' })).not.toBe(a);
    await jobs.drain();
    expect(runs).toBe(3);
  });

  it('keeps one of many that are asked for at once by their key', async () => {
    const name = await define(async () => undefined);
    const ids = await Promise.all(Array.from({ length: 10 }, () => request(name, { key: 'k', delayMs: 60_000 })));
    expect(new Set(ids).size).toBe(1);
    expect((await jobs.list(tenant)).length).toBe(1);
  });

  it('cancels what waits', async () => {
    let runs = 0;
    const name = await define(async () => ++runs);
    const id = await request(name, { delayMs: 200 });
    await jobs.cancel(tenant, id);
    await sleep(500);
    expect(runs).toBe(0);
    expect(await state(id)).toBe('cancelled');
    await expect(jobs.cancel(tenant, id)).rejects.toThrow('There is no job');
  });

  it('asks what runs to end, from any node', async () => {
    const { jobs: remote } = await open();
    const name = `test/${kind}-cancel`;
    let reason: unknown;
    for (const node of [jobs, remote]) {
      await node.define({
        name,
        run: (_, { signal }) =>
          new Promise((_done, fail) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              fail(new Error('stopped'));
            });
          }),
      });
    }
    const id = await request(name);
    await expect.poll(() => state(id)).toBe('active');
    const { jobs: third } = await open();
    await third.cancel(tenant, id);
    await expect.poll(() => state(id), { timeout: 5000 }).toBe('cancelled');
    expect(String(reason)).toContain('was cancelled');
  });

  it('gives up what takes too long', async () => {
    const name = await define(
      (_, { signal }) => new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason))),
      { timeoutMs: 100, attempts: 1 },
    );
    const id = await request(name);
    await expect.poll(() => state(id), { timeout: 5000 }).toBe('failed');
    expect((await jobs.get(tenant, id))?.error).toContain('did not end within 100 ms');
  });

  it('shows progress', async () => {
    let go = (): void => undefined;
    const name = await define(async (_, { progress }) => {
      progress(3, 10);
      await new Promise<void>((resolve) => (go = resolve));
    });
    const id = await request(name);
    await expect
      .poll(async () => (await jobs.get(tenant, id))?.progress)
      .toMatchObject({ done: 3, total: 10, percent: 30 });
    go();
    await jobs.drain();
  });

  it('commits effects with the job’s completion, and undoes an attempt that was taken over', async () => {
    const errors: unknown[] = [];
    const name = await define(async (_, context) => {
      // Somebody else begins the job again while the first attempt still runs.
      await database.admin('update core.job set attempt = attempt + 1 where id = $1', [context.id]);
      await writeEffect(database, context).catch((error: unknown) => {
        errors.push(error);
        throw error;
      });
    });
    const id = await request(name);
    await expect.poll(() => errors.length).toBe(1);
    expect(String(errors[0])).toContain('Another worker has taken over');
    expect(await effectsOf(database, tenant)).toEqual([]);
    await jobs.cancel(tenant, id);
  });

  it('makes one job of a request that is relayed twice', async () => {
    let runs = 0;
    const name = await define(async () => ++runs);
    const id = await request(name);
    await jobs.drain();
    await database.admin('delete from core.event_progress where tenant_id = $1', [tenant]);
    await database.admin(`update core.event_cursor set position = 0 where subscriber = 'core/jobs-relay'`);
    await jobs.drain();
    await sleep(100);
    expect(runs).toBe(1);
    expect((await jobs.get(tenant, id))?.attempt).toBe(1);
  });

  it('puts back what was lost on its way into the queue, and only that', async () => {
    let runs = 0;
    const name = await define(async () => ++runs);
    const done = await request(name);
    await jobs.drain();
    await jobs.stop(0);
    const lost = await database.withTenant({ tenant }, (tx) => requestJob(tx, { name, data: {} }));
    // A node that died after it had admitted the job, or a Redis that was emptied.
    await database.admin('update core.job set admitted_at = now() where id = $1', [lost]);
    const { jobs: next } = await open(4, (node) => define(async () => ++runs, { name }, node));
    await sleep(200);
    expect(await state(lost)).toBe('waiting');
    await next.recover(0);
    await expect.poll(() => state(lost)).toBe('completed');
    expect((await jobs.get(tenant, done))?.attempt).toBe(1);
    expect(runs).toBe(2);
  });

  it.runIf(kind === 'redis')('goes on when Redis was away for a while', async () => {
    let runs = 0;
    const name = await define(async () => ++runs);
    await request(name);
    await jobs.drain();
    await redis?.kill();
    const id = await request(name);
    await sleep(300);
    expect(await state(id)).toBe('waiting');
    await redis?.restart();
    await expect.poll(() => state(id), { timeout: 20_000 }).toBe('completed');
    expect(runs).toBe(2);
    expect((await bus.deadLetters.list(tenant)).length).toBe(0);
  });

  it('fires a cron once, for every tenant that has the plugin', async () => {
    const second = await database.newTenant();
    const others = await database.newTenant();
    enabled = [tenant, second];
    const name = `test/${kind}-cron`;
    const runs: string[] = [];
    const nodes = [jobs, (await open()).jobs];
    for (const node of nodes) {
      await node.define({
        name,
        jitterMs: 0,
        cron: { everyMs: 1000 },
        run: async (_, { tenant }) => void runs.push(tenant),
      });
    }
    await expect.poll(() => runs.length, { timeout: 8000 }).toBeGreaterThanOrEqual(4);
    for (const node of nodes) await node.undefine(name, { forever: true });
    const perTenant = Map.groupBy(runs, (one) => one);
    expect(new Set(perTenant.keys())).toEqual(new Set([tenant, second]));
    expect(await jobs.list(others)).toEqual([]);
    const due = (await jobs.list(tenant, { name })).map(({ id }) => id.slice(0, 13));
    expect(new Set(due).size).toBe(due.length);
  });

  it('runs work of the installation itself', async () => {
    let runs = 0;
    await jobs.defineSystem({ name: `core/${kind}-tick`, cron: { everyMs: 300 }, run: async () => ++runs });
    await expect.poll(() => runs, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    await jobs.undefine(`core/${kind}-tick`, { forever: true });
  });

  it('interrupts what runs when the node stops, and runs it again elsewhere without counting', async () => {
    const attempts: number[] = [];
    const name = `test/${kind}-stop`;
    const run: JobDefinition['run'] = async (_, { attempt, signal }) => {
      attempts.push(attempt);
      if (attempts.length > 1) return;
      await new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
    };
    const first = await open();
    await jobs.stop(0);
    await first.jobs.define({ name, run });
    const id = await request(name);
    await expect.poll(() => attempts.length).toBe(1);
    await first.stop(50);
    expect(await state(id)).toBe('waiting');
    const second = await open();
    await second.jobs.define({ name, run });
    await expect.poll(() => state(id), { timeout: 10_000 }).toBe('completed');
    expect(attempts).toEqual([1, 1]);
  });

  it('shows a tenant its own jobs only', async () => {
    const name = await define(async () => undefined);
    const id = await request(name);
    await jobs.drain();
    const other = await database.newTenant();
    expect(await jobs.get(other, id)).toBeUndefined();
    expect(await jobs.list(other)).toEqual([]);
    await expect(jobs.cancel(other, id)).rejects.toThrow('There is no job');
    await expect(jobs.retry(other, id)).rejects.toThrow('There is no job');
  });

  it('refuses data that are records rather than ids', async () => {
    const name = await define(async () => undefined);
    await expect(request(name, { data: 'x'.repeat(70_000) })).rejects.toThrow('at most 65536 are allowed');
  });

  it('removes finished jobs past their time', async () => {
    const name = await define(async () => undefined);
    const old = await request(name);
    const young = await request(name);
    await jobs.drain();
    await database.admin(`update core.job set finished_at = now() - interval '31 days' where id = $1`, [old]);
    expect(await jobs.retire()).toBe(1);
    expect((await jobs.list(tenant)).map(({ id }) => id)).toEqual([young]);
  });
});
