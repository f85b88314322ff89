import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startBalancer, type Balancer } from './testing/balancer.ts';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { countLanded, findMissing } from './testing/landed.ts';
import { startLoad } from './testing/load.ts';
import { freePort } from './testing/port.ts';
import type { Product } from './testing/product.ts';

const SLOW = 240_000;
const REQUESTS = 5000;
const PATIENCE = { timeout: 200_000, interval: 50 };

describe('two nodes on one database behind a balancer', () => {
  let database: OwnDatabase;
  let home: Home;
  let balancer: Balancer;
  const ports: string[] = [];
  const nodes: Product[] = [];
  const begin = (index: number): Promise<Product> => home.start(['start', '--empty', '--port', ports[index] ?? '0']);
  beforeAll(async () => {
    database = await createDatabase(inject('postgres'));
    home = createHome({ ...database.env, PODLIFT_DRAIN_MS: '1500', PODLIFT_RATE_PER_MINUTE: '0' });
    for (let index = 0; index < 2; index++) {
      ports.push(String(await freePort()));
      nodes.push(await begin(index));
    }
    balancer = await startBalancer(nodes.map(({ url }) => url));
    await home.ask('tenant', 'create', 'acme');
  }, SLOW);
  afterAll(async () => {
    await balancer.close();
    await home.remove();
    await database.drop();
  });

  const key = async (...options: string[]): Promise<string> =>
    ((await home.ask('key', 'create', '--tenant', 'acme', '--name', 'drill', ...options)) as { key: string }).key;

  test('are restarted one after the other under load: no request fails', { timeout: SLOW }, async () => {
    const load = startLoad(balancer.url, await key('--write'));
    const until = (count: number): Promise<void> =>
      expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThanOrEqual(count);
    const stream = await listen(balancer.url, await key());
    await until(500);
    for (const [index, node] of nodes.entries()) {
      const before = load.acknowledged.length;
      node.signal('SIGTERM');
      expect(await node.exit).toBe(0);
      expect(node.stdout()).not.toContain('cut off');
      await until(before + 500);
      nodes[index] = await begin(index);
      await until(load.acknowledged.length + 500);
    }
    await until(REQUESTS);
    await load.stop();
    expect(balancer.failures).toEqual([]);
    expect([...load.statuses]).toEqual([[200, load.acknowledged.length]]);
    expect([...balancer.answered.values()].every((count) => count > 500)).toBe(true);
    // Its node told it to come back, and did not break off.
    expect(await stream.ended).toBe('end');
    expect(await findMissing(database.url, load.acknowledged)).toEqual([]);
    const { touchpoints, keys, toldTouchpoints } = await countLanded(database.url);
    expect([keys, toldTouchpoints]).toEqual([touchpoints, touchpoints]);
  });
});

/** A client that listens to events, and how its stream ended. */
async function listen(url: string, key: string): Promise<{ ended: Promise<string> }> {
  const response = await fetch(`${url}/api/v1/events/stream`, { headers: { authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  const ended = (async () => {
    try {
      for await (const _ of response.body ?? []);
      return 'end';
    } catch (error) {
      return String(error);
    }
  })();
  return { ended };
}
