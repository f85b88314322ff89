import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { createPluginsFolder, hello, type PluginsFolder } from './testing/plugins.ts';
import type { Product } from './testing/product.ts';

/** A dead worker's leases run out by themselves: half a minute for jobs. */
const PATIENCE = { timeout: 110_000, interval: 100 };
const SLOW = 150_000;
const CALLS = 12;
const EVENTS = 25;
const JOBS = 5;

/** Emits events and enqueues jobs on request, and writes one row for each that it handles, slowly. */
const counter = hello(
  'counter',
  `capabilities: ['data:collections', 'jobs:enqueue'], emits: [counted], consumes: [counted],
   collections: { effects: collection(z.object({ kind: z.string(), n: z.int() }), { privacy: 'none' }) }`,
  `declare.on(counted, async ({ n }, ctx) => {
     await ctx.collections.effects.insert({ kind: 'event', n });
     await sleep(2);
   });
   declare.job(step, async ({ n }, ctx) => {
     await ctx.collections.effects.insert({ kind: 'job', n });
     await sleep(40);
   });
   routes.push((app) => app.openapi(begin, async (c) => {
     const { from, events, jobs } = c.req.valid('json');
     const { ctx } = c.var;
     for (let n = from; n < from + events; n++) await ctx.emit(counted, { n });
     for (let n = from; n < from + jobs; n++) await ctx.enqueue(step, { n });
     return c.json({ hello: 'begun' }, 200);
   }));`,
  `const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
   const counted = event('counter.counted@1', z.object({ n: z.int() }));
   const step = job('step', z.object({ n: z.int() }));
   const begin = route({ method: 'post', path: '/begin', 'x-permission': 'counter:read',
     request: { body: { required: true, ...json(z.object({ from: z.int(), events: z.int(), jobs: z.int() }), 'How many') } },
     responses: { 200: json(z.object({ hello: z.string() }), 'Begun') } });`,
);

describe('kill -9 of a worker', () => {
  let plugins: PluginsFolder;
  let database: OwnDatabase;
  let home: Home;
  let api: Product;
  let key: string;
  beforeAll(async () => {
    plugins = createPluginsFolder();
    plugins.write('counter', counter);
    [database] = await Promise.all([createDatabase(inject('postgres')), plugins.freeze('counter')]);
    home = createHome({ ...database.env, PODLIFT_PLUGINS_DIR: plugins.dir });
    api = await home.start(['api']);
    await home.ask('tenant', 'create', 'acme');
    key = ((await home.ask('key', 'create', '--tenant', 'acme', '--name', 'drill')) as { key: string }).key;
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    await database.drop();
    plugins.remove();
  });

  const effects = (): Promise<string[]> =>
    asAdmin(database.url, async (client) => {
      const { rows } = await client.query<{ effect: string }>(
        `select (value ->> 'kind') || ' ' || (value ->> 'n') as effect from p_test_counter.collection_effects`,
      );
      return rows.map(({ effect }) => effect);
    });

  test('loses no event and no job, and each has its effect exactly once', { timeout: SLOW }, async () => {
    const expected: string[] = [];
    for (let call = 0; call < CALLS; call++) {
      const from = call * 1000;
      const response = await fetch(`${api.url}/api/v1/x/test/counter/begin`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ from, events: EVENTS, jobs: JOBS }),
      });
      expect(response.status).toBe(200);
      for (let n = 0; n < EVENTS; n++) expected.push(`event ${from + n}`);
      for (let n = 0; n < JOBS; n++) expected.push(`job ${from + n}`);
    }
    // Nobody works yet.
    expect(await effects()).toEqual([]);
    for (const share of [0.15, 0.4]) {
      const worker = await home.start(['worker']);
      await expect
        .poll(async () => (await effects()).length, { ...PATIENCE, interval: 10 })
        .toBeGreaterThan(share * expected.length);
      await worker.kill('SIGKILL');
    }
    expect((await effects()).length).toBeLessThan(expected.length);
    const last = await home.start(['worker']);
    await expect.poll(async () => (await effects()).length, PATIENCE).toBeGreaterThanOrEqual(expected.length);
    expect((await effects()).toSorted()).toEqual(expected.toSorted());
    const jobs = await fetch(`${api.url}/api/v1/jobs?limit=200`, { headers: { authorization: `Bearer ${key}` } });
    const { items } = (await jobs.json()) as { items: { state: string }[] };
    expect(items.map(({ state }) => state)).toEqual(Array.from({ length: CALLS * JOBS }, () => 'completed'));
    expect(await last.kill('SIGTERM')).toBe(0);
  });
});
