import { createServer } from 'node:http';
import { once } from 'node:events';
import { computation, definePlugin, f64, job, method, service, type ComputeOptions } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';

const kernel = new URL('../jobs/compute/testing/kernel.ts', import.meta.url);
const Ask = z.object({ how: z.string(), ms: z.number().optional(), values: f64().optional() });
const heavy = computation('heavy', Ask, z.object({ sum: z.number(), values: f64() }), { memoryMb: 64 });
const undeclared = computation('undeclared', Ask, z.object({}));
const late = computation('late', Ask, z.object({ sum: z.number(), values: f64() }), { timeoutMs: 100 });
const spin = job('spin', z.object({ ms: z.number() }), { timeoutMs: 60_000 });
const runs = service('test.runs@1', {
  run: method(
    z.object({ how: z.string(), values: z.array(z.number()).default([]), transfer: z.boolean().default(false) }),
    z.object({ said: z.string() }),
  ),
});

const plugin = definePlugin(
  {
    id: 'test.heavy',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['jobs:enqueue'],
    provides: [runs],
  },
  (declare) => {
    declare.computation(heavy, kernel);
    declare.computation(late, kernel);
    declare.job(spin, async ({ ms }, ctx) => {
      await ctx.compute(heavy, { how: 'spin', ms });
    });
    declare.provide(runs, {
      async run({ how, values, transfer }, ctx) {
        if (how === 'enqueue') {
          await ctx.enqueue(spin, { ms: values[0] ?? 0 });
          return { said: 'asked' };
        }
        if (how === 'undeclared') return { said: JSON.stringify(await ctx.compute(undeclared, { how })) };
        if (how === 'late') return { said: JSON.stringify(await ctx.compute(late, { how: 'spin', ms: 10_000 })) };
        const column = Float64Array.from(values);
        const options: ComputeOptions = { transfer };
        const result = await ctx.compute(heavy, { how, values: column }, options);
        return { said: `${result.sum} ${[...result.values].join(',')} left ${column.length}` };
      },
    });
  },
);

describe.each([
  ['in strict mode', true],
  ['in production', false],
])('a computation of a plugin %s', (_, strict) => {
  let host: TestHost;
  let tenant: string;
  const run = async (input: z.input<(typeof runs)['methods']['run']['input']>): Promise<string> =>
    z.object({ said: z.string() }).parse(await host.call([runs.id, 'run'], input, { tenant, timeoutMs: 30_000 })).said;

  beforeAll(async () => {
    host = await createTestHost({ postgres: inject('postgres'), plugins: [plugin], strict });
    tenant = await host.tenant();
  });
  afterAll(() => host.stop());

  it('computes on columns, which it copies, or takes when it may', async () => {
    expect(await run({ how: 'sum', values: [1, 2, 3] })).toBe('6 2,4,6 left 3');
    expect(await run({ how: 'sum', values: [1, 2, 3], transfer: true })).toBe('6 2,4,6 left 0');
  });

  it.each([
    ['fails alone', 'throw', 'compute.failed'],
    ['speaks for itself', 'refuse', 'acme.no_model'],
    ['may die', 'exit', 'compute.crashed'],
    ['has a limit of memory', 'memory', 'compute.out_of_memory'],
    ['has a limit of time', 'late', 'compute.timeout'],
    ['must be declared', 'undeclared', 'not_found'],
  ])('%s', async (_name, how, code) => {
    await expect(run({ how })).rejects.toMatchObject({ code });
    expect(await run({ how: 'sum', values: [1] })).toBe('1 2 left 1');
  });

  it.runIf(!strict)(
    'that spins for 10 s stalls no request, and its job keeps its lock',
    async () => {
      const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await run({ how: 'enqueue', values: [10_000] });
      const drained = host.drain();
      const times: number[] = [];
      const state = { over: false };
      void drained.finally(() => (state.over = true));
      while (!state.over) {
        const before = performance.now();
        await (await fetch(`http://127.0.0.1:${port}/`)).text();
        times.push(performance.now() - before);
        await new Promise((go) => setTimeout(go, 50));
      }
      server.close();
      expect(times.length).toBeGreaterThan(20);
      // Half of what a stalled host would take, and far more than a busy machine does.
      expect(Math.max(...times)).toBeLessThan(5000);
      const [done] = await host.jobs(tenant, 'test.heavy/spin');
      expect(done).toMatchObject({ state: 'completed' });
      const [row] = await host.rooms.jobs.list(tenant);
      expect(row?.attempt).toBe(1);
    },
    60_000,
  );
});
