import { definePlugin, job, method, service } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';

const work = job('work', z.object({ n: z.int() }), {
  queue: 'bulk',
  attempts: 3,
  backoff: { delayMs: 1000 },
  concurrency: 1,
});
const asks = service('test.asks@1', { ask: method(z.object({ n: z.int() }), z.object({})) });
const ran: number[] = [];
let broken = false;

const plugin = definePlugin(
  {
    id: 'test.worker',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['jobs:enqueue'],
    provides: [asks],
  },
  (declare) => {
    declare.job(work, ({ n }) => {
      if (broken) throw new Error('not now');
      ran.push(n);
    });
    declare.provide(asks, {
      async ask({ n }, ctx) {
        for (let i = 0; i < n; i++) await ctx.enqueue(work, { n: i });
        return {};
      },
    });
  },
);

let host: TestHost;
let tenant: string;
beforeAll(async () => {
  host = await createTestHost({ postgres: inject('postgres'), plugins: [plugin] });
  tenant = await host.tenant();
});
afterAll(() => host.stop());

it('run in the queue and the lane that the plugin declared', async () => {
  await host.call([asks.id, 'ask'], { n: 3 }, { tenant });
  const rows = await host.rooms.jobs.list(tenant);
  expect(rows.map(({ queue, state }) => [queue, state])).toEqual(Array.from({ length: 3 }, () => ['bulk', 'waiting']));
  await host.drain();
  expect(new Set(ran)).toEqual(new Set([0, 1, 2]));
});

it('are tried again when the clock says so', async () => {
  broken = true;
  await host.call([asks.id, 'ask'], { n: 1 }, { tenant });
  await host.drain();
  expect((await host.rooms.jobs.list(tenant, { state: 'waiting' }))[0]).toMatchObject({ attempt: 1, error: 'not now' });
  broken = false;
  host.clock.advance(1300);
  await host.drain();
  expect(await host.rooms.jobs.list(tenant, { state: 'waiting' })).toEqual([]);
  expect(ran).toHaveLength(4);
});

it('do not run for a tenant that has disabled the plugin meanwhile', async () => {
  await host.call([asks.id, 'ask'], { n: 1 }, { tenant });
  await host.plugins.decide(tenant, 'test.worker', { enabled: false }, { kind: 'system', id: 'test' });
  await host.drain();
  expect((await host.rooms.jobs.list(tenant))[0]).toMatchObject({
    state: 'cancelled',
    error: expect.stringContaining('test.worker'),
  });
  expect(ran).toHaveLength(4);
});
