import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { appendEvents, migrations, type EventBus } from './index.ts';
import { slotOf } from './event.ts';
import { effects, effectsOf, happened, range } from './testing/effects.ts';
import { createNodes, effectWriter } from './testing/node.ts';

let database: TestDatabase;
const nodes = createNodes(() => database);

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
});
afterAll(() => database.close());
afterEach(() => nodes.stop());

/** Tenants that share one slot. */
async function neighbours(count: number): Promise<string[]> {
  const [first, ...others] = [await database.newTenant()];
  const tenants = [first ?? '', ...others];
  while (tenants.length < count) {
    const id = uuidv7();
    if (slotOf(id) !== slotOf(tenants[0] ?? '')) continue;
    await database.admin(`insert into core.tenants (id, slug, name, status) values ($1, $2, $2, 'active')`, [
      id,
      `n-${id}`,
    ]);
    tenants.push(id);
  }
  return tenants;
}

const append = (tenant: string, values: readonly number[]): Promise<unknown> =>
  database.withTenant({ tenant }, (tx) =>
    appendEvents(
      tx,
      values.map((n) => happened(n)),
    ),
  );

const cursorOf = async (subscriber: string, tenant: string): Promise<number> =>
  (
    await database.admin<{ behind: number }>(
      `select (s.next_position - 1 - c.position)::integer as behind from core.event_cursor c join core.event_slot s on s.slot = c.slot where c.subscriber = $1 and c.slot = $2`,
      [subscriber, slotOf(tenant)],
    )
  )[0]?.behind ?? -1;

describe('a tenant whose handler sleeps', () => {
  let bus: EventBus;

  it('delays none of its slot, loses nothing, and only holds the cursor', async () => {
    bus = nodes.open();
    const [slow = '', ...others] = await neighbours(4);
    const gate = Promise.withResolvers<void>();
    const writer = effectWriter(database);
    await bus.register({
      ...writer,
      deliver: async (delivery) => {
        if (delivery.tenant === slow) await gate.promise;
        await writer.deliver(delivery);
      },
    });
    await bus.start();
    await append(slow, [0]);
    bus.wake();
    await sleep(30);
    for (const n of range(0, 10)) {
      for (const other of others) await append(other, [n]);
      bus.wake();
    }
    await append(slow, [1]);
    bus.wake();
    for (const other of others)
      await expect.poll(() => effectsOf(database, other, writer.id), { timeout: 3000 }).toEqual(range(0, 10));
    expect(await effectsOf(database, slow, writer.id)).toEqual([]);
    expect(await cursorOf(writer.id, slow)).toBeGreaterThan(0);
    gate.resolve();
    await expect.poll(() => effectsOf(database, slow, writer.id), { timeout: 3000 }).toEqual([0, 1]);
    await expect.poll(() => cursorOf(writer.id, slow), { timeout: 3000 }).toBe(0);
  });

  it('takes no more than its share of the places when all its handlers sleep', async () => {
    bus = nodes.open({ concurrency: 8 });
    const slow = await database.newTenant();
    const other = await database.newTenant();
    const gate = Promise.withResolvers<void>();
    const writers = range(0, 12).map(() => effectWriter(database));
    await bus.register(
      ...writers.map((writer) => ({
        ...writer,
        deliver: async (delivery: Parameters<typeof writer.deliver>[0]) => {
          if (delivery.tenant === slow) await gate.promise;
          await writer.deliver(delivery);
        },
      })),
    );
    await bus.start();
    await append(slow, [0]);
    bus.wake();
    await sleep(50);
    await append(other, [1]);
    bus.wake();
    for (const { id } of writers)
      await expect.poll(() => effectsOf(database, other, id), { timeout: 5000 }).toEqual([1]);
    gate.resolve();
    for (const { id } of writers)
      await expect.poll(() => effectsOf(database, slow, id), { timeout: 5000 }).toEqual([0]);
  });

  it('with a hundred thousand events waiting lets others of its slot pass', async () => {
    bus = nodes.open();
    const [big = '', small = ''] = await neighbours(2);
    const writer = effectWriter(database, { from: 'earliest' });
    await bus.register(writer);
    await database.admin(
      `with made as (
         insert into core.event (tenant_id, id, type, source, payload, "time")
         select $1, uuidv7(), 'test.happened@1', 'test', json_build_object('value', n)::jsonb, now() from generate_series(1, 100000) n returning id
       ) insert into core.event_pending (slot, tenant_id, event_id, type) select core.event_slot_of($1), $1, id, 'test.happened@1' from made`,
      [big],
    );
    await append(small, [7]);
    await database.admin('select count(*) from core.sequence_events(200000)', []);
    const began = performance.now();
    await bus.start();
    await expect.poll(() => effectsOf(database, small, writer.id), { timeout: 20_000, interval: 20 }).toEqual([7]);
    const small1 = performance.now() - began;
    await bus.drain(60_000);
    const all = performance.now() - began;
    expect((await effectsOf(database, big, writer.id)).length).toBe(100_000);
    expect(small1).toBeLessThan(all / 2);
  }, 90_000);
});

describe('two nodes', () => {
  it('share the slots of a subscriber, and one takes over what the other leaves', async () => {
    const tenants = await Promise.all(range(0, 40).map(() => database.newTenant()));
    const by = [0, 0];
    const id = `test/shared-${Date.now()}`;
    const open = async (n: number): Promise<EventBus> => {
      const bus = nodes.open({ leaseMs: 300 });
      const writer = effectWriter(database, { id, batchSize: 5 });
      await bus.register({
        ...writer,
        deliver: async (delivery) => {
          await sleep(5);
          await writer.deliver(delivery);
          by[n] = (by[n] ?? 0) + delivery.events.length;
        },
      });
      await bus.start();
      return bus;
    };
    const [one, two] = [await open(0), await open(1)];
    // Until each knows of the other.
    await sleep(400);
    for (const tenant of tenants) await append(tenant, range(0, 50));
    one?.wake();
    two?.wake();
    await expect.poll(() => Math.min(...by), { timeout: 10_000 }).toBeGreaterThan(100);
    await one?.stop(2000);
    for (const tenant of tenants)
      await expect.poll(() => effectsOf(database, tenant, id), { timeout: 20_000 }).toEqual(range(0, 50));
  }, 60_000);
});
