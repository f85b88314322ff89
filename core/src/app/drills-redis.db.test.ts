import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startRedis, type TestRedis } from '../jobs/testing/redis.ts';
import { counter, judge, startCallers } from './testing/counter.ts';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { createPluginsFolder, type PluginsFolder } from './testing/plugins.ts';
import type { Product } from './testing/product.ts';
import { until } from './testing/victims.ts';

const SLOW = 360_000;
const PATIENCE = { timeout: 200_000, interval: 250 };
const DOWN_MS = 4000;
/** A new password costs time on purpose, so few are tried. */
const GUESSES = 14;
/** What `findPrograms` prints says why not. */
const program = inject('programs').redis;

describe.runIf(program)('Redis is lost and comes back, while jobs are queued and requests are counted', () => {
  let plugins: PluginsFolder;
  let database: OwnDatabase;
  let redis: TestRedis;
  let home: Home;
  let product: Product;
  let key: string;
  beforeAll(async () => {
    plugins = createPluginsFolder();
    plugins.write('counter', counter(100));
    redis = await startRedis(program ?? '');
    [database] = await Promise.all([createDatabase(inject('postgres')), plugins.freeze('counter')]);
    home = createHome({
      ...database.env,
      PODLIFT_PLUGINS_DIR: plugins.dir,
      PODLIFT_RATE_PER_MINUTE: '100000',
      REDIS_URL: redis.url,
    });
    product = await home.start(['start', '--empty']);
    await home.ask('tenant', 'create', 'acme');
    key = ((await home.ask('key', 'create', '--tenant', 'acme', '--name', 'drill')) as { key: string }).key;
  }, SLOW);
  afterAll(async () => {
    await home?.remove();
    await redis?.stop();
    await database?.drop();
    plugins?.remove();
  });

  /** Somebody guesses a password. */
  async function guess(email: string): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 0; n < GUESSES; n++) {
      const answer = await fetch(`${product.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: product.url },
        body: JSON.stringify({ email, password: `a wrong one ${n}` }),
      });
      statuses.push(answer.status);
    }
    return statuses;
  }

  test.each([
    ['with what it held', false],
    ['empty', true],
  ])(
    '%s: nobody sees an error, limits hold, and each job has its effect once',
    { timeout: SLOW },
    async (_, emptied) => {
      const from = emptied ? 1_000_000 : 0;
      const callers = startCallers(product.url, key, { from, events: 2, jobs: 3, callers: 3, pauseMs: 50 });
      await until(() => callers.acknowledged.length > 30, 'jobs are queued');
      await redis.kill();
      const down = callers.acknowledged.length;
      const began = performance.now();
      // Each time another name, or the second would be refused for what the first has done.
      expect(new Set(await guess(`nobody-${from}@x.test`))).toEqual(new Set([401, 429]));
      await sleep(Math.max(0, DOWN_MS - (performance.now() - began)));
      expect(callers.acknowledged.length).toBeGreaterThan(down + 10);
      await redis.restart();
      if (emptied) {
        const admin = new Redis(redis.url);
        await admin.flushall();
        await admin.quit();
      }
      const back = callers.acknowledged.length;
      await until(() => callers.acknowledged.length > back + 10, 'requests go on');
      await callers.stop();
      expect([...callers.statuses.keys()]).toEqual([200]);
      const since = performance.now();
      await expect.poll(() => judge(database.url, callers), PATIENCE).toEqual({ missing: [], twice: [], halves: [] });
      console.log(`all jobs were done ${((performance.now() - since) / 1000).toFixed(1)} s later`);
      // What was put back into the queue, and was not lost, does nothing more.
      await sleep(2000);
      expect(await judge(database.url, callers)).toEqual({ missing: [], twice: [], halves: [] });
      expect((await fetch(`${product.url}/health/ready`)).status).toBe(200);
    },
  );
});
