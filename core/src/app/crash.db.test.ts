import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home } from './testing/home.ts';
import { countLanded, findMissing } from './testing/landed.ts';
import { bodyOf, newBatch, send, startLoad, type Batch, type Load } from './testing/load.ts';
import { freePort } from './testing/port.ts';
import { childrenOf, isRunning, killIfThere, type Product } from './testing/product.ts';

/** A busy machine starts slowly; what is tested is that it happens, not how fast. */
const PATIENCE = { timeout: 60_000, interval: 50 };
const SLOW = 120_000;

/** One installation with embedded PostgreSQL that keeps the promises of the disk, and senders that never give up. */
describe('the whole product under load', () => {
  let home: Home;
  let port: string;
  let product: Product;
  let writeKey: string;
  const start = (): Promise<Product> =>
    home.start(['start', '--empty', '--port', port], { supervised: true, group: true });
  beforeAll(async () => {
    home = createHome();
    port = String(await freePort());
    product = await start();
    await home.ask('tenant', 'create', 'acme');
    // The command's own answer.
    const issued = (await home.ask('key', 'create', '--tenant', 'acme', '--name', 'site', '--write')) as {
      key: string;
    };
    writeKey = issued.key;
  }, SLOW);
  afterAll(() => home.remove());

  /** Waits until `more` batches have been acknowledged from now on. */
  const untilMore = (load: Load, more = 30): Promise<void> => {
    const goal = load.acknowledged.length + more;
    return expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThanOrEqual(goal);
  };

  /** Everything acknowledged is there, every row has its key, and the events tell of each row once. */
  async function expectWhole(acknowledged: readonly Batch[]): Promise<void> {
    expect(await findMissing(home.postgresUrl(), acknowledged)).toEqual([]);
    const { touchpoints, keys, orders, orderKeys, toldTouchpoints, toldOrders } = await countLanded(home.postgresUrl());
    expect({ touchpoints, orders }).toEqual({ touchpoints: keys, orders: orderKeys });
    expect({ toldTouchpoints, toldOrders }).toEqual({ toldTouchpoints: touchpoints, toldOrders: orders });
  }

  test(
    'kill -9 of the API: it comes back by itself on the same database, and nothing acknowledged is lost or counted twice',
    { timeout: SLOW },
    async () => {
      const postgres = home.postgres();
      const load = startLoad(product.url, writeKey);
      await untilMore(load);
      const [server = 0] = product.children();
      process.kill(server, 'SIGKILL');
      await expect.poll(() => isRunning(server), PATIENCE).toBe(false);
      await untilMore(load);
      await load.stop();
      expect(product.stderr()).toContain('the process ended by SIGKILL; starting again');
      expect(load.statuses.get(0)).toBeGreaterThan(0);
      expect([...load.problems.keys()]).toEqual([]);
      expect(home.postgres()).toBe(postgres);
      await expectWhole(load.acknowledged);

      // A sender that got no answer sends again, and one that is confused repeats what was taken.
      const lost = load.unknown.slice(-50);
      const before = await countLanded(home.postgresUrl());
      const missing = await findMissing(home.postgresUrl(), lost);
      for (const batch of [...load.acknowledged.slice(-20), ...lost])
        expect(await send(product.url, writeKey, batch)).toMatchObject({ status: 200 });
      await expectWhole([...load.acknowledged, ...lost]);
      const after = await countLanded(home.postgresUrl());
      expect(after.touchpoints + after.orders - before.touchpoints - before.orders).toBe(missing.length);
    },
  );

  test(
    'kill -9 of PostgreSQL: clear answers meanwhile, it is started again, and nothing acknowledged is lost',
    { timeout: SLOW },
    async () => {
      const [server] = product.children();
      const load = startLoad(product.url, writeKey);
      for (const everything of [false, true]) {
        await untilMore(load);
        const postmaster = home.postgres() ?? 0;
        const backends = everything ? childrenOf(postmaster) : [];
        process.kill(postmaster, 'SIGKILL');
        // The second time as when the power goes: all of its processes at once.
        for (const backend of backends) killIfThere(backend);
        await expect
          .poll(() => readiness(product.url), { ...PATIENCE, interval: 5 })
          .toMatch(/^503 .*"database":\{"status":"failing","reason":"\S/);
        await untilMore(load);
        expect(home.postgres()).not.toBe(postmaster);
      }
      await load.stop();
      expect(new Set(load.statuses.keys())).toEqual(new Set([200, 503]));
      expect(load.problems.get(503)).toMatchObject({
        contentType: 'application/problem+json',
        code: 'http.database_away',
      });
      expect(product.children()).toEqual([server]);
      await expect.poll(() => readiness(product.url), PATIENCE).toMatch(/^200 /);
      await expectWhole(load.acknowledged);
    },
  );

  test('SIGTERM: requests under way are answered, then everything ends in order', { timeout: SLOW }, async () => {
    const load = startLoad(product.url, writeKey);
    await untilMore(load);
    const underway = newBatch();
    const slow = sendSlowly(product.url, writeKey, underway);
    await slow.begun;
    product.signal('SIGTERM');
    await expect.poll(() => load.statuses.get(0) ?? 0, PATIENCE).toBeGreaterThan(0);
    expect(await slow.finish()).toBe(200);
    expect(await product.exit).toBe(0);
    await load.stop();
    expect([...load.problems.keys()]).toEqual([]);
    expect(product.stdout()).not.toContain('cut off');
    expect(home.postgres()).toBeUndefined();

    // Nothing has to be repaired: the next start finds a database that was shut down.
    product = await start();
    expect(
      readFileSync(join(home.dataDir, 'postgres/server.log'), 'utf8').trimEnd().split('starting PostgreSQL').at(-1),
    ).toContain('database system was shut down');
    await expectWhole([...load.acknowledged, underway]);
  });

  test(
    'kill -9 of the one that watches: what it watched ends in order, and the port is free',
    { timeout: SLOW },
    async () => {
      const [server = 0] = product.children();
      process.kill(product.pid, 'SIGKILL');
      await expect.poll(() => isRunning(server), PATIENCE).toBe(false);
      await expect.poll(() => home.postgres(), PATIENCE).toBeUndefined();
      product = await start();
    },
  );

  test('Ctrl-C in a terminal: every process gets it, and the end is a good one', { timeout: SLOW }, async () => {
    // A moment after the ready line the owner's link is being made.
    product.signal('SIGINT');
    expect({ code: await product.exit, said: product.stderr() }).toEqual({ code: 0, said: '' });
    expect(home.postgres()).toBeUndefined();
  });

  test('Ctrl-C while it starts: what was begun is closed', { timeout: SLOW }, async () => {
    const starting = home.launch(['start', '--empty', '--port', port], { supervised: true, group: true });
    await expect.poll(() => home.postgres(), { ...PATIENCE, interval: 5 }).toBeDefined();
    starting.signal('SIGINT');
    expect(await starting.exit).toBe(0);
    expect(home.postgres()).toBeUndefined();
  });
});

async function readiness(url: string): Promise<string> {
  const response = await fetch(`${url}/health/ready`);
  return `${response.status} ${await response.text()}`;
}

/** A request whose second half is sent by `finish`, which returns the status of the answer. */
function sendSlowly(url: string, writeKey: string, batch: Batch): { begun: Promise<void>; finish(): Promise<number> } {
  const body = bodyOf(batch);
  const sending = request(`${url}/v1/batch`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${writeKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  return {
    begun: new Promise((resolve) => {
      // Its handler has to have begun, too.
      sending.write(body.slice(0, 100), () => void sleep(200).then(resolve));
    }),
    finish() {
      sending.end(body.slice(100));
      return answered;
    },
  };
}
