import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startRedis, type TestRedis } from '../jobs/testing/redis.ts';
import { createChance } from './testing/chance.ts';
import { counter, judge, readEffects, startCallers } from './testing/counter.ts';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';
import { EPISODES, startFeedImports } from './testing/feeds.ts';
import { createHome, type Home } from './testing/home.ts';
import { countLanded, findMissing } from './testing/landed.ts';
import { send, startLoad } from './testing/load.ts';
import { runToEnd } from './testing/product.ts';
import { createPluginsFolder, type PluginsFolder } from './testing/plugins.ts';
import { freePort } from './testing/port.ts';
import { digestOf, startUploads } from './testing/uploads.ts';
import { embeddedVictim, keepUp, until, type KeptUp, type Victim } from './testing/victims.ts';

/** The same seed kills the same victims in the same order. */
const SEED = Number(process.env['DRILL_SEED'] ?? randomInt(2 ** 31));
const KILLS = Number(process.env['DRILL_KILLS'] ?? 20);
const SLOW = 240_000 + KILLS * 20_000;
/** Jobs of a worker that died are given to another half a minute later. */
const PATIENCE = { timeout: 150_000, interval: 200 };
const PASSPHRASE = { PODLIFT_PASSPHRASE: 'a long enough passphrase' };
const redisProgram = inject('programs').redis;

describe(`${KILLS} random kill -9, seed ${SEED}`, () => {
  const chance = createChance(SEED);
  const dir = mkdtempSync(join(tmpdir(), 'podlift-drills-'));
  const archive = join(dir, 'demo.tar');
  let plugins: PluginsFolder;
  let elsewhere: { readonly home: Home; readonly database: OwnDatabase };
  let redis: TestRedis | undefined;
  let home: Home;
  let api: KeptUp;
  let worker: KeptUp;
  let url: string;
  let key: string;
  let writeKey: string;
  let tenant: string;

  beforeAll(async () => {
    console.log(`drills: DRILL_SEED=${SEED} DRILL_KILLS=${KILLS}`);
    plugins = createPluginsFolder();
    plugins.write('counter', counter());
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    if (redisProgram) redis = await startRedis(redisProgram);
    const [database] = await Promise.all([createDatabase(inject('postgres')), plugins.freeze('counter')]);
    elsewhere = { database, home: createHome({ ...database.env, ...PASSPHRASE }) };
    plugins.addOurs();
    home = createHome({
      ...PASSPHRASE,
      PODLIFT_PLUGINS_DIR: plugins.dir,
      PODLIFT_RATE_PER_MINUTE: '0',
      ...(redis && { REDIS_URL: redis.url }),
    });
    const archived = elsewhere.home
      .ask('demo', '--touchpoints', '15000')
      .then(() => elsewhere.home.ask('tenant', 'export', 'demo', '--out', archive, '--encrypt'));
    api = keepUp('api', () => home.launch(['api', '--port', String(port)]));
    await api.up();
    worker = keepUp('worker', () => home.launch(['worker']));
    ({ id: tenant } = (await home.ask('tenant', 'create', 'acme')) as { id: string });
    const keyOf = async (...options: string[]): Promise<string> =>
      ((await home.ask('key', 'create', '--tenant', 'acme', '--name', 'drill', ...options)) as { key: string }).key;
    [key, writeKey] = await Promise.all([keyOf(), keyOf('--write')]);
    await Promise.all([worker.up(), archived]);
  }, SLOW);
  afterAll(async () => {
    await Promise.all([api?.stop(), worker?.stop()]);
    await home?.remove();
    await redis?.stop();
    await elsewhere?.home.remove();
    await elsewhere?.database.drop();
    plugins?.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<Response> =>
    fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });

  /** As somebody who runs the command again until it says that all is in; the first runs are killed, too. */
  async function importArchive(): Promise<number> {
    // Chance of its own: it goes on beside the others, and they are to fall in the same order.
    const moments = createChance(SEED + 1);
    for (let runs = 1; ; runs++) {
      const command = home.launch(['tenant', 'import', archive, '--json']);
      const killed = runs > 3 ? undefined : setTimeout(() => void command.kill('SIGKILL'), 500 + moments.below(2500));
      const { code, stderr } = await runToEnd(command);
      clearTimeout(killed);
      if (code === 0) return runs;
      if (runs > 5 * KILLS) throw new Error(`the import does not end: ${stderr}`);
      await sleep(200);
    }
  }

  test('nothing that was acknowledged is lost, and nothing is applied twice', { timeout: SLOW }, async () => {
    const victims: [Victim, ...Victim[]] = [api, worker, embeddedVictim(home, () => chance.below(2) === 0)];
    if (redis) victims.push(redisVictim(redis));
    else console.log('drills: Redis was not killed, because redis-server is not there');
    const load = startLoad(url, writeKey, { senders: 3, pauseMs: 40 });
    const callers = startCallers(url, key, { jobs: 2 });
    const uploads = startUploads(url, key);
    const feeds = startFeedImports(url, key);
    const imported = importArchive();
    const order: string[] = [];
    const began = performance.now();
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = chance.pick(victims);
      order.push(victim.name);
      await victim.up();
      await victim.kill();
      // Now and then the next one falls before this one stands again.
      if (chance.below(4) === 0) await sleep(chance.below(700));
      else {
        const before = load.acknowledged.length;
        await victim.up();
        await until(() => load.acknowledged.length > before + 3, 'batches are acknowledged again');
        await sleep(chance.below(700));
      }
    }
    console.log(`drills: ${order.join(' ')} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    for (const victim of victims) await victim.up();
    const runs = await imported;
    await Promise.all([load.stop(), callers.stop(), uploads.stop(), feeds.stop()]);
    // A sender that got no answer sends again.
    for (const batch of load.unknown)
      await until(async () => (await send(url, writeKey, batch)).status === 200, 'a batch is taken');
    const database = home.postgresUrl();
    const batches = [...load.acknowledged, ...load.unknown];
    console.log(
      `drills: ${batches.length} batches, ${callers.acknowledged.length} + ${callers.unknown.length} requests, ${uploads.files.length} files, ${feeds.shows.length} feeds, ${runs} runs of the import`,
    );

    await expect.poll(() => judge(database, callers), PATIENCE).toEqual({ missing: [], twice: [], halves: [] });
    await expect.poll(() => undone(database), PATIENCE).toEqual({ jobs: 0, events: 0, unsealed: 0, letters: 0 });
    expect(await judge(database, callers)).toEqual({ missing: [], twice: [], halves: [] });
    expect(new Set(await readEffects(database)).size).toBeGreaterThan(KILLS * 4);

    expect(await findMissing(database, batches)).toEqual([]);
    const touchpoints = batches.reduce((sum, { messages }) => sum + messages.length, 0);
    expect(await countLanded(database, tenant)).toEqual({
      touchpoints,
      keys: touchpoints,
      toldTouchpoints: touchpoints,
      orders: batches.length,
      orderKeys: batches.length,
      toldOrders: batches.length,
    });

    for (const { id, sha256 } of uploads.files) {
      const content = await get(`/api/v1/files/${id}/content`);
      expect(digestOf(new Uint8Array(await content.arrayBuffer()))).toBe(sha256);
    }
    const { rows: told } = await asAdmin(database, (client) =>
      client.query<{ target: string }>(
        `select target from core.audit where tenant_id = $1 and action = 'file.uploaded'`,
        [tenant],
      ),
    );
    expect(told.map(({ target }) => target).toSorted()).toEqual(uploads.files.map(({ id }) => `file:${id}`).toSorted());
    expect(await home.ask('files', 'verify')).toMatchObject({ damages: [] });

    const { rows: shows } = await asAdmin(database, (client) =>
      client.query<{ title: string; episodes: number }>(
        `select s.value ->> 'title' as title, (select count(*)::int from p_podlift_podcasts.collection_episodes e
           where e.tenant_id = s.tenant_id and e.value ->> 'showId' = s.id::text) as episodes
         from p_podlift_podcasts.collection_shows s where tenant_id = $1`,
        [tenant],
      ),
    );
    const byTitle = (a: { title: string }, b: { title: string }): number => a.title.localeCompare(b.title);
    expect(shows.toSorted(byTitle)).toEqual(
      feeds.shows.map((title) => ({ title, episodes: EPISODES })).toSorted(byTitle),
    );

    const same = (await home.ask('tenant', 'compare', 'demo', archive)) as { differences: { table: string }[] };
    expect(same.differences.filter(({ table }) => table !== 'core.job')).toEqual([]);
    const chains = await home.podlift('audit', 'verify');
    expect(chains).toMatchObject({ code: 0 });

    // What is down is said with a 503; nothing else was ever wrong.
    for (const statuses of [load.statuses, callers.statuses])
      expect([...statuses.keys()].filter((status) => ![0, 200, 503].includes(status))).toEqual([]);
    for (const problem of load.problems.values()) expect(problem.contentType).toBe('application/problem+json');
    for (const surprise of [...api.surprises, ...worker.surprises]) console.log(`drills: started again: ${surprise}`);
    expect(await get('/health/ready').then(({ status }) => status)).toBe(200);
    expect(await worker.stop()).toBe(0);
    expect(await api.stop()).toBe(0);
  });
});

/** It is down for a moment, as until somebody looks. */
function redisVictim(redis: TestRedis): Victim {
  let back: Promise<void> = Promise.resolve();
  return {
    name: 'redis',
    up: () => back,
    async kill() {
      await redis.kill();
      back = sleep(500).then(() => redis.restart());
    },
  };
}

/** What still waits to be done, in the whole installation. */
const undone = (url: string): Promise<unknown> =>
  asAdmin(url, async (client) => {
    const { rows } = await client.query<object>(`select
      (select count(*)::int from core.job where state in ('waiting', 'active') and run_at <= now() and key is distinct from 'cron') as jobs,
      (select count(*)::int from core.event_pending) as events,
      (select count(*)::int from core.dead_letter) as letters,
      (select count(*)::int from core.audit where seq is null) as unsealed`);
    return rows[0];
  });
