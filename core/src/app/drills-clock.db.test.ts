import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startRedis, type TestRedis } from '../jobs/testing/redis.ts';
import { begin, counter, judge, startCallers, type Callers } from './testing/counter.ts';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';
import { tryFalseClock } from './testing/false-clock.ts';
import { createHome, type Home } from './testing/home.ts';
import { createPluginsFolder, hello, type PluginsFolder } from './testing/plugins.ts';
import type { Product } from './testing/product.ts';

const SLOW = 360_000;
const PATIENCE = { timeout: 60_000, interval: 250 };
const HOUR_S = 3600;
/** More than is done in a moment. */
const BACKLOG = { from: 20_000_000, events: 200, jobs: 200 } as const;
const PASSWORD = 'a password that nobody guesses';

/** A job of every minute that leaves a row. */
const ticker = hello(
  'ticker',
  `capabilities: ['data:collections'], collections: { ticks: collection(z.object({ at: z.int() }), { privacy: 'none' }) }`,
  `declare.job(tick, async (_, ctx) => void (await ctx.collections.ticks.insert({ at: 0 })));`,
  `const tick = job('tick', z.object({}), { cron: '* * * * *', spreadMs: 0 });`,
);

const dir = mkdtempSync(join(tmpdir(), 'podlift-clock-'));
const clock = tryFalseClock(join(dir, 'clock'));
const program = inject('programs').redis;
/** Each takes minutes, most of them waiting for minutes to begin. */
const everyQueue = process.env['DRILL_ALL'] === '1';
if (!everyQueue) console.log('left out: a clock that jumps with jobs on Redis, without DRILL_ALL=1');
if (!clock) console.log('skipped: a clock that jumps, because libfaketime is not installed');

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.runIf(clock).each(['postgres', ...(program && everyQueue ? ['redis'] : [])])(
  'the clock of a node jumps an hour ahead and back, jobs on %s',
  (kind) => {
    let plugins: PluginsFolder;
    let database: OwnDatabase;
    let redis: TestRedis | undefined;
    let home: Home;
    let wrong: Product;
    let right: Product;
    let key: string;
    let greedy: string;
    beforeAll(async () => {
      if (kind === 'redis' && program) redis = await startRedis(program);
      plugins = createPluginsFolder();
      plugins.write('counter', counter(50));
      plugins.write('ticker', ticker);
      [database] = await Promise.all([createDatabase(inject('postgres')), plugins.freeze('counter', 'ticker')]);
      home = createHome({
        ...database.env,
        PODLIFT_PLUGINS_DIR: plugins.dir,
        PODLIFT_RATE_PER_MINUTE: '300',
        PODLIFT_PASSWORD: PASSWORD,
        ...(redis && { REDIS_URL: redis.url }),
      });
      await home.ask('tenant', 'create', 'acme');
      await home.ask('user', 'create', 'dev@x.test', '--tenant', 'acme');
      const keyOf = async (name: string): Promise<string> =>
        ((await home.ask('key', 'create', '--tenant', 'acme', '--name', name)) as { key: string }).key;
      [key, greedy] = [await keyOf('drill'), await keyOf('greedy')];
      wrong = await home.start(['start', '--empty'], { ...(clock && { env: clock.env }) });
      right = await home.start(['start', '--empty']);
    }, SLOW);
    afterAll(async () => {
      await home?.remove();
      await redis?.stop();
      await database?.drop();
      plugins?.remove();
    });

    async function signIn(): Promise<string> {
      const answer = await fetch(`${wrong.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: wrong.url },
        body: JSON.stringify({ email: 'dev@x.test', password: PASSWORD }),
      });
      expect(answer.status).toBe(200);
      return answer.headers
        .getSetCookie()
        .map((one) => one.split(';', 1)[0])
        .join('; ');
    }
    const asPerson = async (url: string, cookie: string): Promise<number> =>
      (await fetch(`${url}/api/v1/tenant`, { headers: { cookie, 'podlift-tenant': 'acme' } })).status;
    const greet = (): Promise<Response> =>
      fetch(`${wrong.url}/api/v1/x/test/counter/hello`, { headers: { authorization: `Bearer ${greedy}` } });
    const count = (sql: string): Promise<number> =>
      asAdmin(database.url, async (client) => (await client.query<{ n: number }>(sql)).rows[0]?.n ?? 0);
    const ticks = (): Promise<number> => count('select count(*)::int as n from p_test_ticker.collection_ticks');
    const once = (idempotencyKey: string): Promise<Response> =>
      fetch(`${wrong.url}/api/v1/x/test/counter/begin`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
        },
        body: JSON.stringify({ from: 9_000_000, events: 1, jobs: 1 }),
      });

    test('people stay signed in, and all work is done once and soon', { timeout: SLOW }, async () => {
      const cookies: string[] = [];
      const all: Callers[] = [];
      const answers: unknown[] = [];
      let back = 0;
      for (const [phase, seconds] of [0, HOUR_S, 0].entries()) {
        clock?.set(seconds);
        back = performance.now();
        cookies.push(await signIn());
        const callers = startCallers(wrong.url, key, { from: phase * 1_000_000, events: 2, jobs: 2, pauseMs: 150 });
        await sleep(4000);
        for (const cookie of cookies)
          expect([await asPerson(wrong.url, cookie), await asPerson(right.url, cookie)]).toEqual([200, 200]);
        if (phase > 0) {
          const answer = await once('0f0e0d0c-the-same-0f0e0d0c');
          answers.push([answer.status, answer.headers.get('idempotent-replayed')]);
        }
        if (phase === 1) while ((await greet()).status !== 429);
        await callers.stop();
        all.push(callers);
        // Much of it waits still when the clock is set again.
        if (phase < 2)
          answers.push((await begin(wrong.url, key, { ...BACKLOG, from: BACKLOG.from + phase * 1000 })).status);
      }
      expect(answers).toEqual([200, [200, null], 200, [200, 'true']]);
      // The window in which too much was asked for is a minute, whatever the clock says.
      expect(Number((await greet()).headers.get('retry-after') ?? 0)).toBeLessThanOrEqual(60);
      const backlog = [0, 1000].map((more) => ({ ...BACKLOG, from: BACKLOG.from + more }));
      await expect
        .poll(() => judge(database.url, { acknowledged: backlog, unknown: [] }), PATIENCE)
        .toEqual({ missing: [], twice: [], halves: [] });
      console.log(
        `what had waited was done ${((performance.now() - back) / 1000).toFixed(1)} s after the clock was right again`,
      );
      for (const callers of all) {
        expect([...callers.statuses.keys()]).toEqual([200]);
        await expect.poll(() => judge(database.url, callers), PATIENCE).toEqual({ missing: [], twice: [], halves: [] });
      }
      // Ids of one node never go back: those of a later phase sort behind those of an earlier one.
      const { rows: ids } = await asAdmin(database.url, (client) =>
        client.query<{ first: string; last: string }>(
          `select min(id::text) as first, max(id::text) as last from core.event
         where type = 'counter.counted@1' and (payload ->> 'n')::int < 3000000
         group by (payload ->> 'n')::int / 1000000 order by (payload ->> 'n')::int / 1000000`,
        ),
      );
      const inOrder = ids.flatMap(({ first, last }) => [first, last]);
      expect(inOrder).toHaveLength(6);
      expect(inOrder).toEqual(inOrder.toSorted());
      // What is put off is looked for every quarter of a minute.
      await sleep(Math.max(0, 20_000 - (performance.now() - back)));
      const before = await ticks();
      await expect.poll(ticks, { timeout: 75_000, interval: 1000 }).toBeGreaterThan(before);
      await expect.poll(async () => (await greet()).status, { timeout: 75_000, interval: 1000 }).toBe(200);
      await sleep(1000);
      for (const callers of all)
        expect(await judge(database.url, callers)).toEqual({ missing: [], twice: [], halves: [] });
      expect(await home.podlift('audit', 'verify')).toMatchObject({ code: 0 });
      expect(await Promise.all([wrong.kill('SIGTERM'), right.kill('SIGTERM')])).toEqual([0, 0]);
    });
  },
);
