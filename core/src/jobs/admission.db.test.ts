import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { Redis } from 'ioredis';
import { requestJob, requestJobs, type JobDefinition, type JobRequest } from './index.ts';
import { createTestNodes, type TestNode, type TestNodes } from './testing/nodes.ts';

const program = inject('programs').redis;

describe.each(['postgres', ...(program ? ['redis'] : [])])('admission on %s', (kind) => {
  let nodes: TestNodes;
  let a: string;
  let b: string;
  let number = 0;
  beforeAll(async () => {
    nodes = await createTestNodes(inject('postgres'), kind === 'redis' ? program : undefined);
  });
  afterAll(() => nodes.close());
  beforeEach(async () => {
    await nodes.database.admin('delete from core.job');
    a = await nodes.database.newTenant();
    b = await nodes.database.newTenant();
  });
  afterEach(() => nodes.stopAll());

  const define = async (
    node: TestNode,
    run: JobDefinition['run'],
    options: Partial<JobDefinition> = {},
  ): Promise<string> => {
    const name = options.name ?? `test/${kind}-${++number}`;
    await node.jobs.define({ backoffMs: 20, ...options, name, run });
    return name;
  };
  const request = async (
    tenant: string,
    name: string,
    options: Partial<JobRequest> = {},
    count = 1,
  ): Promise<string[]> =>
    nodes.database.withTenant({ tenant }, (tx) =>
      requestJobs(
        tx,
        Array.from({ length: count }, () => ({ name, data: {}, ...options })),
      ),
    );

  it('starts a tenant’s single job at once behind 5,000 of another, long as they are', async () => {
    const node = await nodes.open({ concurrency: { default: 4 } });
    const began = new Map<string, number>();
    let active = 0;
    let most = 0;
    const name = await define(node, async (_, { tenant, id, signal }) => {
      began.set(id, Date.now());
      if (tenant === b) return;
      most = Math.max(most, ++active);
      await sleep(3000, undefined, { signal }).catch(() => undefined);
      active--;
    });
    await request(a, name, {}, 5000);
    node.bus.wake();
    await expect.poll(() => began.size, { timeout: 10_000 }).toBe(3);
    for (let n = 0; n < 3; n++) {
      const from = Date.now();
      const [id = ''] = await request(b, name);
      node.bus.wake();
      await expect.poll(() => began.has(id), { timeout: 2000 }).toBe(true);
      expect((began.get(id) ?? 0) - from).toBeLessThan(2000);
    }
    expect(most).toBe(3);
    await node.stop(0);
  });

  it('runs no more of a bounded job per tenant than it says, on any number of nodes', async () => {
    const name = `test/${kind}-bounded`;
    const active = new Map<string, number>();
    let most = 0;
    let runs = 0;
    const run: JobDefinition['run'] = async (_, { tenant }) => {
      const now = (active.get(tenant) ?? 0) + 1;
      active.set(tenant, now);
      most = Math.max(most, now);
      await sleep(20);
      active.set(tenant, now - 1);
      runs++;
    };
    const first = await nodes.open();
    const second = await nodes.open();
    for (const node of [first, second]) await define(node, run, { name, concurrency: 1 });
    const free = await define(first, async () => undefined);
    await request(a, name, { bounded: true }, 10);
    await request(b, name, { bounded: true }, 5);
    await request(a, free);
    first.bus.wake();
    await first.jobs.drain();
    expect(runs).toBe(15);
    expect(most).toBe(1);
  });

  it('shares the work of two nodes, each job once', async () => {
    const name = `test/${kind}-two`;
    const runs = new Map<string, string[]>();
    for (const label of ['first', 'second']) {
      const node = await nodes.open();
      await define(
        node,
        async (_, { id }) => {
          runs.set(id, [...(runs.get(id) ?? []), label]);
          await sleep(20);
        },
        { name },
      );
      if (label === 'second') {
        await request(a, name, {}, 60);
        node.bus.wake();
        await node.jobs.drain();
      }
    }
    expect(runs.size).toBe(60);
    expect([...runs.values()].every((labels) => labels.length === 1)).toBe(true);
    expect(new Set([...runs.values()].flat())).toEqual(new Set(['first', 'second']));
  });

  it('holds the jobs of a suspended tenant until it is resumed', async () => {
    const node = await nodes.open();
    let runs = 0;
    const name = await define(node, async () => ++runs);
    await nodes.database.admin(`update core.tenants set status = 'suspended' where id = $1`, [a]);
    await request(a, name);
    node.bus.wake();
    await sleep(400);
    expect(runs).toBe(0);
    await nodes.database.admin(`update core.tenants set status = 'active' where id = $1`, [a]);
    await expect.poll(() => runs, { timeout: 4000 }).toBe(1);
  });

  it('does not run what the tenant does not want any more, and keeps what it may want later', async () => {
    const node = await nodes.open();
    let runs = 0;
    const gone = await define(node, async () => ++runs, {
      closed: async () => ({ state: 'cancelled', reason: 'the plugin is disabled' }),
    });
    const paused = await define(node, async () => ++runs, {
      closed: async () => ({ state: 'failed', reason: 'a consent is missing' }),
    });
    const [first = ''] = await request(a, gone);
    const [second = ''] = await request(a, paused);
    node.bus.wake();
    await node.jobs.drain();
    expect(runs).toBe(0);
    expect(await node.jobs.get(a, first)).toMatchObject({ state: 'cancelled', error: 'the plugin is disabled' });
    expect(await node.jobs.get(a, second)).toMatchObject({ state: 'failed', error: 'a consent is missing' });
  });

  it('retries and discards what is dead, of one name or all', async () => {
    const node = await nodes.open();
    let broken = true;
    const run = async (): Promise<void> => {
      if (broken) throw new Error('no');
    };
    const one = await define(node, run, { attempts: 1 });
    const two = await define(node, run, { attempts: 1 });
    await request(a, one, {}, 3);
    await request(a, two, {}, 2);
    await request(b, one);
    node.bus.wake();
    await node.jobs.drain();
    expect(await node.jobs.list(a, { state: 'failed' })).toHaveLength(5);
    broken = false;
    expect(await node.jobs.retryDead(a, one)).toBe(3);
    await node.jobs.drain();
    expect(await node.jobs.list(a, { state: 'completed' })).toHaveLength(3);
    expect(await node.jobs.discard(a, {})).toBe(2);
    expect(await node.jobs.list(a, { state: 'failed' })).toEqual([]);
    expect(await node.jobs.list(b, { state: 'failed' })).toHaveLength(1);
    const [done] = await node.jobs.list(a);
    expect(await node.jobs.discard(a, { id: done?.id ?? '' })).toBe(1);
    await expect(node.jobs.discard(b, { id: done?.id ?? '' })).rejects.toThrow('There is no job');
  });

  it('has one outcome when a cancel races the end', async () => {
    const node = await nodes.open();
    const name = await define(node, async (_, { tenant, complete, id, attempt }) => {
      await sleep(Math.random() * 10);
      await nodes.database.withTenant({ tenant }, async (tx) => {
        await tx.execute('insert into core.test_run (tenant_id, id, attempt) values ($1, $2, $3)', [
          tenant,
          id,
          attempt,
        ]);
        await complete(tx);
      });
    });
    const ids = await request(a, name, {}, 40);
    node.bus.wake();
    await Promise.all(
      ids.map(async (id) => {
        await sleep(Math.random() * 300);
        await node.jobs.cancel(a, id).catch(() => undefined);
      }),
    );
    await node.jobs.drain();
    const all = await node.jobs.list(a, { limit: 100 });
    const effects = await nodes.database.admin<{ id: string }>('select id from core.test_run where tenant_id = $1', [
      a,
    ]);
    expect(all.every(({ state }) => state === 'completed' || state === 'cancelled')).toBe(true);
    expect(new Set(effects.map(({ id }) => id))).toEqual(
      new Set(all.filter(({ state }) => state === 'completed').map(({ id }) => id)),
    );
  });

  it('commits nothing of a job that was cancelled while it ran, though it does not listen', async () => {
    const node = await nodes.open();
    const elsewhere = await nodes.open();
    let go = (): void => undefined;
    const began = new Promise<void>((resolve) => (go = resolve));
    const name = `test/${kind}-deaf`;
    const run: JobDefinition['run'] = async (_, { tenant, complete, id, attempt }) => {
      go();
      await sleep(300);
      await nodes.database.withTenant({ tenant }, async (tx) => {
        await tx.execute('insert into core.test_run (tenant_id, id, attempt) values ($1, $2, $3)', [
          tenant,
          id,
          attempt,
        ]);
        await complete(tx);
      });
    };
    for (const one of [node, elsewhere]) await define(one, run, { name });
    const [id = ''] = await request(a, name);
    node.bus.wake();
    await began;
    const third = await nodes.open();
    await third.jobs.cancel(a, id);
    await expect.poll(async () => (await node.jobs.get(a, id))?.state, { timeout: 8000 }).toBe('cancelled');
    await sleep(400);
    expect(await nodes.database.admin('select 1 from core.test_run where tenant_id = $1', [a])).toEqual([]);
    expect((await node.jobs.get(a, id))?.state).toBe('cancelled');
  });

  it('runs nothing for a delivery that is a duplicate', async () => {
    const node = await nodes.open();
    let runs = 0;
    const name = await define(node, async () => ++runs);
    const [id = ''] = await request(a, name);
    node.bus.wake();
    await node.jobs.drain();
    // As after a lost answer of the queue: it is admitted and queued once more.
    await nodes.database.admin(`update core.job set admitted_at = now() where id = $1`, [id]);
    await node.jobs.recover(-10_000);
    await sleep(200);
    expect(runs).toBe(1);
  });

  it('lets people follow a job until its end', async () => {
    const node = await nodes.open();
    const name = await define(node, async (_, { progress }) => {
      for (let done = 1; done <= 3; done++) {
        progress(done, 3);
        await sleep(600);
      }
    });
    const [id = ''] = await request(a, name);
    node.bus.wake();
    const seen: string[] = [];
    for await (const { state, progress } of node.jobs.watch.follow(a, id, AbortSignal.timeout(10_000)))
      seen.push(`${state} ${progress?.percent ?? '-'}`);
    expect(seen.at(-1)).toMatch(/^completed/);
    expect(seen.some((one) => one.startsWith('active 3'))).toBe(true);
    for await (const job of node.jobs.watch.follow(b, id, AbortSignal.timeout(500))) expect(job).toBeUndefined();
  });

  it('fans a cron out to tenants as they are at that moment', async () => {
    const enabled = new Set([a, b]);
    const c = await nodes.database.newTenant();
    const runs: string[] = [];
    const node = await nodes.open({ enabledTenants: (_plugin, wanted) => [...enabled].filter(wanted) });
    const name = await define(node, async (_, { tenant }) => void runs.push(tenant), {
      cron: { everyMs: 1000 },
      jitterMs: 300,
    });
    await expect.poll(() => new Set(runs), { timeout: 8000 }).toEqual(new Set([a, b]));
    enabled.add(c);
    await expect.poll(() => runs.includes(c), { timeout: 8000 }).toBe(true);
    enabled.delete(b);
    await nodes.database.admin(`update core.tenants set status = 'suspended' where id = $1`, [a]);
    await sleep(1500);
    const before = runs.length;
    await expect.poll(() => runs.length, { timeout: 8000 }).toBeGreaterThan(before + 1);
    expect(new Set(runs.slice(before))).toEqual(new Set([c]));
    await node.jobs.undefine(name, { forever: true });
    expect((await nodes.database.admin('select 1 from core.job where tenant_id = $1', [a])).length).toBeLessThan(10);
  });

  it.runIf(kind === 'redis')(
    'brings back jobs and crons when Redis was emptied',
    async () => {
      const node = await nodes.open({ enabledTenants: () => [a] });
      let runs = 0;
      let crons = 0;
      const name = await define(node, async () => {
        runs++;
        await sleep(100);
      });
      const cron = await define(node, async () => ++crons, { cron: { everyMs: 500 }, jitterMs: 0 });
      await expect.poll(() => crons, { timeout: 5000 }).toBeGreaterThan(0);
      await request(a, name, {}, 10);
      node.bus.wake();
      await expect.poll(() => runs).toBeGreaterThan(0);
      const client = new Redis(nodes.redis?.url ?? '');
      await client.flushall();
      client.disconnect();
      await expect
        .poll(
          async () => {
            await node.jobs.recover(0);
            return runs;
          },
          { timeout: 15_000, interval: 500 },
        )
        .toBe(10);
      const before = crons;
      await expect.poll(() => crons, { timeout: 8000 }).toBeGreaterThan(before);
      await node.jobs.undefine(cron, { forever: true });
    },
    40_000,
  );

  it('keeps the lock of a job that computes for long, and the node’s other work going', async () => {
    const name = `test/${kind}-compute`;
    const { createComputePool } = await import('./index.ts');
    const { Cancel } = await import('@podlift/sdk/kernel');
    const { silentLog } = await import('../telemetry/index.ts');
    const pool = createComputePool({ log: silentLog, threads: 1 });
    const attempts: number[] = [];
    const run: JobDefinition['run'] = async (_, { tenant, attempt, signal }) => {
      attempts.push(attempt);
      const cancel = Cancel.from(signal) ?? new Cancel();
      const module = new URL('./compute/testing/kernel.ts', import.meta.url);
      const limits = { timeoutMs: undefined, memoryMb: undefined };
      const input = { how: 'spin', ms: 10_000 };
      await pool.run(name, { name, module, input, tenant, ...limits, cancel, progress: () => undefined });
    };
    const [first, second] = [await nodes.open(), await nodes.open()];
    for (const node of [first, second]) await define(node, run, { name });
    const quick = await define(first, async () => undefined);
    await define(second, async () => undefined, { name: quick });
    const [id = ''] = await request(a, name);
    first.bus.wake();
    await expect.poll(() => attempts.length).toBe(1);
    const from = Date.now();
    while (Date.now() - from < 9000) {
      const asked = Date.now();
      const other = await nodes.database.withTenant({ tenant: b }, (tx) => requestJob(tx, { name: quick, data: {} }));
      first.bus.wake();
      await expect.poll(async () => (await first.jobs.get(b, other))?.state, { timeout: 2000 }).toBe('completed');
      expect(Date.now() - asked).toBeLessThan(2000);
      await sleep(500);
    }
    await expect.poll(async () => (await first.jobs.get(a, id))?.state, { timeout: 15_000 }).toBe('completed');
    expect(attempts).toEqual([1]);
    await pool.close();
  }, 40_000);
});
