import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startRedis, type TestRedis } from '../jobs/testing/redis.ts';
import { counter, effectsOf, judge, readEffects, startCallers, type Callers } from './testing/counter.ts';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';
import { openGate, type Gate } from './testing/gate.ts';
import { createHome, type Home } from './testing/home.ts';
import { tryFarNetwork } from './testing/network.ts';
import { createPluginsFolder, type PluginsFolder } from './testing/plugins.ts';
import type { Product } from './testing/product.ts';
import { until } from './testing/victims.ts';

const SLOW = 360_000;
const PATIENCE = { timeout: 150_000, interval: 250 };
/** Longer than any lease: those of jobs are half a minute. */
const CUT_MS = 40_000;
const redisProgram = inject('programs').redis;
/** Each takes minutes, most of them waiting for leases to end. */
const everyQueue = process.env['DRILL_ALL'] === '1';
if (!everyQueue) console.log('left out: a cut network with jobs on Redis, without DRILL_ALL=1');
const network = tryFarNetwork();
if (typeof network === 'string') {
  if (process.env['CI']) throw new Error(`With CI set, nothing may be left out: ${network}`);
  console.log(`skipped: a cut network between two nodes, because ${network}`);
}
afterAll(() => (typeof network === 'string' ? undefined : network.remove()));

describe.skipIf(typeof network === 'string').each(['postgres', ...(redisProgram && everyQueue ? ['redis'] : [])])(
  'a node that is cut off from the database, jobs on %s',
  (kind) => {
    let plugins: PluginsFolder;
    let database: OwnDatabase;
    let redis: TestRedis | undefined;
    let home: Home;
    let near: Product;
    let far: Product;
    let key: string;
    const gates: Gate[] = [];

    beforeAll(async () => {
      if (typeof network === 'string') return;
      plugins = createPluginsFolder();
      plugins.write('counter', counter(300));
      if (kind === 'redis' && redisProgram) redis = await startRedis(redisProgram);
      [database] = await Promise.all([createDatabase(inject('postgres')), plugins.freeze('counter')]);
      home = createHome({
        ...database.env,
        PODLIFT_PLUGINS_DIR: plugins.dir,
        PODLIFT_RATE_PER_MINUTE: '0',
        ...(redis && { REDIS_URL: redis.url }),
      });
      await home.ask('tenant', 'create', 'acme');
      key = ((await home.ask('key', 'create', '--tenant', 'acme', '--name', 'drill')) as { key: string }).key;
      const through = async (url: string): Promise<string> => {
        const gate = await openGate(url, network.near);
        gates.push(gate);
        return gate.through(url);
      };
      far = await home.start(['start', '--empty'], {
        within: network.within,
        env: {
          PODLIFT_HOST: network.far,
          DATABASE_URL: await through(database.url),
          ...(redis && { REDIS_URL: await through(redis.url) }),
        },
      });
    }, SLOW);
    afterAll(async () => {
      if (typeof network === 'string') return;
      network.mend();
      await home?.remove();
      for (const gate of gates) await gate.close();
      await redis?.stop();
      await database?.drop();
      plugins?.remove();
    });

    const ready = (url: string): Promise<number> =>
      fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) }).then(
        ({ status }) => status,
        () => 0,
      );
    const call = async (url: string, from: number, ms: number): Promise<Callers> => {
      const callers = startCallers(url, key, { from, events: 20, jobs: 4, callers: 2, pauseMs: 100 });
      await sleep(ms);
      await callers.stop();
      return callers;
    };
    const left = async (all: readonly Callers[]): Promise<number> =>
      effectsOf(all.flatMap(({ acknowledged }) => acknowledged)).length - (await readEffects(database.url)).length;
    const sealer = (): Promise<string | undefined> =>
      asAdmin(database.url, async (client) => {
        const { rows } = await client.query<{ node: string }>('select owner::text as node from core.audit_sealer');
        return rows[0]?.node;
      });

    test('loses what it held to the other, and comes back by itself', { timeout: SLOW }, async () => {
      if (typeof network === 'string') return;
      // It works alone, so it holds everything there is; then there are two.
      const first = await call(far.url, 0, 4000);
      near = await home.start(['start', '--empty']);
      const second = await call(near.url, 1_000_000, 2000);
      expect(await left([first, second])).toBeGreaterThan(20);
      const before = await sealer();
      network.cut();
      const cutAt = performance.now();
      const third = await call(near.url, 2_000_000, 3000);
      const all = [first, second, third];
      const statuses = [...third.statuses.keys()];
      await expect.poll(() => left(all), PATIENCE).toBe(0);
      console.log(`the other had done everything after ${((performance.now() - cutAt) / 1000).toFixed(1)} s`);
      await sleep(Math.max(0, CUT_MS - (performance.now() - cutAt)));
      await home.ask('tenant', 'create', 'other');
      await until(() => sealedAll(database.url), 'acts are sealed');
      expect(await sealer()).not.toBe(before);

      network.mend();
      const mendedAt = performance.now();
      await expect.poll(() => ready(far.url), PATIENCE).toBe(200);
      console.log(`the far node was ready again after ${((performance.now() - mendedAt) / 1000).toFixed(1)} s`);
      const fourth = await call(far.url, 3_000_000, 3000);
      expect(fourth.acknowledged.length).toBeGreaterThan(5);
      all.push(fourth);
      await expect.poll(() => left(all), PATIENCE).toBe(0);
      // Without the other it has to do everything itself.
      expect(await near.kill('SIGTERM')).toBe(0);
      all.push(await call(far.url, 4_000_000, 1000));
      await expect.poll(() => left(all), PATIENCE).toBe(0);
      // Whatever it still had in hand from before has come to an end meanwhile.
      await sleep(3000);
      for (const callers of all)
        expect(await judge(database.url, callers)).toEqual({ missing: [], twice: [], halves: [] });
      expect(statuses).toEqual([200]);
      expect([...fourth.statuses.keys()]).toEqual([200]);
      expect(await home.podlift('audit', 'verify')).toMatchObject({ code: 0 });
      expect(await far.kill('SIGTERM')).toBe(0);
    });
  },
);

const sealedAll = (url: string): Promise<boolean> =>
  asAdmin(url, async (client) => {
    const { rows } = await client.query(
      'select from core.audit where seq is null union all select from core.operator_audit where seq is null',
    );
    return rows.length === 0;
  });
