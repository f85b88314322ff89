import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Tx } from '../data/index.ts';
import { silentLog } from '../telemetry/index.ts';
import {
  appendEvents,
  createEventBus,
  migrations,
  type Delivery,
  type EventBus,
  type NewEvent,
  type Subscriber,
} from './index.ts';
import { slotOf } from './event.ts';
import { effects, effectsOf as readEffects, happened, range, valueOf, writeEffects } from './testing/effects.ts';

let database: TestDatabase;
let bus: EventBus;
let tenant: string;
const started: EventBus[] = [];

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
});
afterAll(() => database.close());
beforeEach(async () => {
  tenant = await database.newTenant();
  bus = open();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop(100)));
});

function open(): EventBus {
  const one = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 600 });
  started.push(one);
  return one;
}

let made = 0;
const uniqueId = (): string => `test/subscriber-${++made}`;

/** A subscriber that writes each event's value in the transaction that advances. */
function writer(options: Partial<Subscriber> = {}): Subscriber {
  const id = options.id ?? uniqueId();
  return {
    types: ['test.happened@1'],
    mode: 'batch',
    backoffMs: 0,
    ...options,
    id,
    deliver: options.deliver ?? ((delivery) => write(id, delivery)),
  };
}

const write = (subscriber: string, delivery: Delivery, before?: (tx: Tx) => Promise<void>): Promise<void> =>
  writeEffects(database, subscriber, delivery, before);
const append = (events: readonly NewEvent[], to: string = tenant): Promise<string[]> =>
  database.withTenant({ tenant: to }, (tx) => appendEvents(tx, events));
const effectsOf = (subscriber: string, of: string = tenant): Promise<number[]> => readEffects(database, of, subscriber);

describe('delivery', () => {
  it('brings events in order, in batches of one tenant', async () => {
    const sizes: number[] = [];
    const subscriber = writer({ batchSize: 40 });
    await bus.register({
      ...subscriber,
      deliver: (delivery) => {
        sizes.push(delivery.events.length);
        return write(subscriber.id, delivery);
      },
    });
    await append(range(0, 60).map((n) => happened(n)));
    await append(range(60, 100).map((n) => happened(n)));
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual(range(0, 100));
    expect(sizes).toEqual([40, 40, 20]);
  });

  it('delivers one by one in mode each', async () => {
    const subscriber = writer({ mode: 'each' });
    await bus.register(subscriber);
    await append(range(0, 20).map((n) => happened(n)));
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual(range(0, 20));
  });

  it('delivers nothing of a transaction that was rolled back', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    await expect(
      database.withTenant({ tenant }, async (tx) => {
        await appendEvents(tx, [happened(1)]);
        throw new Error('undo');
      }),
    ).rejects.toThrow('undo');
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([]);
  });

  it('writes an id once', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    const [id] = await append([happened(1)]);
    await append([{ ...happened(1), ...(id && { id }) }]);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([1]);
  });

  it('gives many subscribers and tenants each their own, and nothing of types they did not ask for', async () => {
    const tenants = await Promise.all(range(0, 12).map(() => database.newTenant()));
    const subscribers = range(0, 10).map(() => writer());
    const deaf = writer({ types: ['test.other@1'] });
    await bus.register(...subscribers, deaf);
    await Promise.all(
      tenants.map((one, i) =>
        append(
          range(0, 30).map((n) => happened(100 * i + n)),
          one,
        ),
      ),
    );
    await bus.drain();
    for (const { id } of subscribers) {
      for (const [i, one] of tenants.entries()) expect(await effectsOf(id, one)).toEqual(range(100 * i, 100 * i + 30));
    }
    for (const one of tenants) expect(await effectsOf(deaf.id, one)).toEqual([]);
  });

  it('begins with what comes from now on, or with the oldest', async () => {
    await append([happened(1)]);
    await bus.drain();
    const late = writer();
    const early = writer({ from: 'earliest' });
    await bus.register(late, early);
    await append([happened(2)]);
    await bus.drain();
    expect(await effectsOf(late.id)).toEqual([2]);
    expect(await effectsOf(early.id)).toEqual([1, 2]);
  });

  it('marks events as delivered that the subscriber did not advance over', async () => {
    const seen: number[] = [];
    await bus.register(
      writer({ deliver: async ({ events }) => void seen.push(...events.map(({ payload }) => valueOf(payload))) }),
    );
    await append([happened(1), happened(2)]);
    await bus.drain();
    await bus.drain();
    expect(seen).toEqual([1, 2]);
  });

  it('passes over tenants that do not want the events', async () => {
    const other = await database.newTenant();
    const subscriber = writer({ wants: (one) => one !== other });
    await bus.register(subscriber);
    await append([happened(1)], other);
    await append([happened(2)]);
    await bus.drain();
    expect(await effectsOf(subscriber.id, other)).toEqual([]);
    expect(await effectsOf(subscriber.id)).toEqual([2]);
  });

  it('wakes at once within the process, and by a hint from another node', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    await bus.start();
    const silent = open();
    await silent.start();
    for (const one of [bus, silent]) {
      const began = performance.now();
      const before = (await effectsOf(subscriber.id)).length;
      await append([happened(1)]);
      one.wake();
      await expect.poll(async () => (await effectsOf(subscriber.id)).length, { interval: 2 }).toBe(before + 1);
      expect(performance.now() - began).toBeLessThan(1000);
    }
  });
});

describe('a node that only answers requests', () => {
  it('wakes the workers, which poll rarely', async () => {
    const worker = createEventBus({ database, log: silentLog, pollMs: 60_000 });
    started.push(worker);
    const subscriber = writer();
    await worker.register(subscriber);
    await worker.start();
    await expect
      .poll(
        async () =>
          (
            await database.admin(
              `select 1 from pg_stat_activity where query = 'listen podlift_events' and datname = current_database()`,
            )
          ).length,
      )
      .toBe(1);
    await append([happened(1)]);
    bus.wake();
    await expect.poll(() => effectsOf(subscriber.id), { timeout: 5000 }).toEqual([1]);
  });
});

describe('order', () => {
  it('gives positions after commit: a transaction that commits late holds nobody back and loses nothing', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    let commit = (): void => undefined;
    const late = database.withTenant({ tenant }, async (tx) => {
      await appendEvents(tx, [happened(1, 'a')]);
      await new Promise<void>((go) => (commit = go));
    });
    await expect.poll(async () => (await append([happened(2, 'b')])).length).toBe(1);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([2]);
    commit();
    await late;
    await append([happened(3, 'a')]);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([2, 1, 3]);
  });

  it('keeps each key in the order of its changes while many write and commit at their own pace', async () => {
    const subscriber = writer({ mode: 'each', concurrency: 8 });
    await bus.register(subscriber);
    await bus.start();
    const keys = ['a', 'b', 'c'];
    await database.admin('create table if not exists core.test_counter (key text primary key, n integer not null)');
    await database.admin('grant select, insert, update on core.test_counter to podlift_runtime');
    await database.admin(
      `insert into core.test_counter select unnest($1::text[]), 0 on conflict (key) do update set n = 0`,
      [keys],
    );
    await Promise.all(
      range(0, 8).map(async (worker) => {
        for (const i of range(0, 25)) {
          const key = keys[(worker + i) % keys.length] ?? 'a';
          await database.withTenant({ tenant }, async (tx) => {
            const [row] = await tx.query<{ n: number }>(
              'update core.test_counter set n = n + 1 where key = $1 returning n',
              [key],
            );
            await appendEvents(tx, [happened((row?.n ?? 0) * 10 + keys.indexOf(key), key)]);
            if (i % 5 === 0) await new Promise((go) => setTimeout(go, 3));
          });
          bus.wake();
        }
      }),
    );
    await bus.drain();
    const all = await effectsOf(subscriber.id);
    expect(all.length).toBe(200);
    for (const key of keys.keys()) {
      const ofKey = all.filter((value) => value % 10 === key);
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
    }
  });

  it('has no gaps and no doubles when several nodes sequence at once', async () => {
    const nodes = [bus, open(), open()];
    await Promise.all(
      range(0, 40).map(async (n) => {
        await append([happened(n), happened(n + 1000)]);
        await nodes[n % 3]?.drain();
      }),
    );
    const rows = await database.admin<{ position: string; event_id: string }>(
      'select position, event_id from core.event_position where tenant_id = $1 order by position',
      [tenant],
    );
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(80);
    const [slot] = await database.admin<{ gaps: number }>(
      `select (s.next_position - 1 - (select count(*) from core.event_position p where p.slot = s.slot))::integer as gaps from core.event_slot s where s.slot = $1`,
      [slotOf(tenant)],
    );
    expect(slot?.gaps).toBe(0);
  });
});

describe('appending', () => {
  it('refuses what is too large or no JSON, and names it', async () => {
    await expect(append([{ ...happened(1), payload: 'x'.repeat(2 ** 20) }])).rejects.toThrow(
      'The payload of test.happened@1 has 1048578 bytes',
    );
    await expect(append([{ ...happened(1), payload: () => 1 }])).rejects.toThrow('its payload is not JSON');
  });

  it('from SQL, as an ingest function does, is the same as from the application', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    await database.withTenant({ tenant }, (tx) =>
      tx.query(`select core.append_event($1, uuidv7(), 'test.happened@1', 'test', 'k', '{"value": 7}', now())`, [
        tenant,
      ]),
    );
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([7]);
    const [slot] = await database.admin<{ slot: number }>('select core.event_slot_of($1) as slot', [tenant]);
    expect(slot?.slot).toBe(slotOf(tenant));
  });
});

describe('failure', () => {
  it('parks a poisoned key, with what follows it, while the others go on', async () => {
    const attempts: number[] = [];
    const subscriber = writer({ attempts: 3 });
    await bus.register({
      ...subscriber,
      deliver: (delivery) =>
        write(subscriber.id, delivery, async () => {
          const bad = delivery.events.find(({ payload }) => valueOf(payload) === 5);
          if (!bad) return;
          if (delivery.events.length === 1) attempts.push(delivery.attempt);
          throw new Error('poison');
        }),
    });
    await append(range(0, 20).map((n) => happened(n, n % 5 === 0 ? 'bad' : `k${n % 3}`)));
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([0, ...range(1, 20).filter((n) => n % 5 !== 0)]);
    expect(attempts).toEqual([1, 2, 3]);
    const letters = await bus.deadLetters.list(tenant, { subscriber: subscriber.id });
    expect(letters.map(({ event, state }) => [valueOf(event.payload), state]).toReversed()).toEqual([
      [5, 'dead'],
      [10, 'behind'],
      [15, 'behind'],
    ]);
    expect(letters.at(-1)?.error).toContain('poison');
    expect(letters.at(-1)?.attempts).toBe(3);
  });

  it('delivers parked events in order once the cause is gone', async () => {
    let broken = true;
    const subscriber = writer({ mode: 'each', attempts: 2 });
    await bus.register({
      ...subscriber,
      deliver: (delivery) =>
        write(subscriber.id, delivery, async () => {
          if (broken && valueOf(delivery.events[0]?.payload) === 1) throw new Error('not yet');
        }),
    });
    await append([happened(1, 'a'), happened(2, 'a'), happened(3, 'b')]);
    await bus.drain();
    await append([happened(4, 'a')]);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([3]);
    broken = false;
    const letters = await bus.deadLetters.list(tenant, { subscriber: subscriber.id });
    await bus.deadLetters.retry(tenant, subscriber.id, letters.at(-1)?.event.id ?? '');
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([3, 1, 2, 4]);
    expect(await bus.deadLetters.list(tenant)).toEqual([]);
    await append([happened(5, 'a')]);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([3, 1, 2, 4, 5]);
  });

  it('lets the rest of a key follow when a person discards its head', async () => {
    const subscriber = writer({ mode: 'each', attempts: 1 });
    await bus.register({
      ...subscriber,
      deliver: (delivery) =>
        write(subscriber.id, delivery, async () => {
          if (valueOf(delivery.events[0]?.payload) === 1) throw new Error('never');
        }),
    });
    await append([happened(1, 'a'), happened(2, 'a')]);
    await bus.drain();
    const [, head] = await bus.deadLetters.list(tenant);
    await bus.deadLetters.discard(tenant, subscriber.id, head?.event.id ?? '');
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([2]);
  });

  it('gives a subscriber that fails with everything a break, and loses nothing', async () => {
    const times: number[] = [];
    const subscriber = writer({ batchSize: 1, attempts: 1 });
    await bus.register({
      ...subscriber,
      deliver: async () => {
        times.push(performance.now());
        throw new Error('broken');
      },
    });
    await bus.start();
    for (const n of range(0, 3)) {
      await append(range(0, 300).map((i) => happened(300 * n + i)));
      bus.wake();
    }
    await expect.poll(() => times.length, { timeout: 20_000 }).toBe(900);
    await bus.drain();
    const longest = Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? 0)));
    expect(longest).toBeGreaterThan(90);
    const [count] = await database.admin<{ n: number }>(
      'select count(*)::integer as n from core.dead_letter where subscriber = $1',
      [subscriber.id],
    );
    expect(count?.n).toBe(900);
    await database.admin(`update core.dead_letter set parked_at = now() - interval '91 days' where subscriber = $1`, [
      subscriber.id,
    ]);
    expect(await bus.retire()).toBeGreaterThanOrEqual(900);
  });

  it('tries again with growing pauses', async () => {
    const times: number[] = [];
    const subscriber = writer({ backoffMs: 40, attempts: 4 });
    await bus.register({
      ...subscriber,
      deliver: async () => {
        times.push(performance.now());
        throw new Error('no');
      },
    });
    await bus.start();
    await append([happened(1)]);
    bus.wake();
    await expect.poll(() => times.length, { timeout: 5000 }).toBe(4);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(pauses[0]).toBeGreaterThan(35);
    expect(pauses[1]).toBeGreaterThan(75);
    expect(pauses[2]).toBeGreaterThan(150);
  });

  it('gives a delivery up that takes too long, and does not let it commit later', async () => {
    const subscriber = writer({ timeoutMs: 100, attempts: 1 });
    let late = Promise.resolve();
    await bus.register({
      ...subscriber,
      deliver: (delivery) => (late = write(subscriber.id, delivery, () => new Promise((go) => setTimeout(go, 300)))),
    });
    await append([happened(1)]);
    await bus.drain();
    await expect(late).rejects.toThrow('already delivered');
    expect(await effectsOf(subscriber.id)).toEqual([]);
    expect((await bus.deadLetters.list(tenant))[0]?.error).toContain('did not take its events within 100 ms');
  });

  it('delivers again when a subscriber hides that its transaction was undone', async () => {
    const subscriber = writer();
    let undo = true;
    await bus.register({
      ...subscriber,
      deliver: async (delivery) => {
        await write(subscriber.id, delivery, async () => undefined).catch(() => undefined);
        if (!undo) return;
        undo = false;
        await database.admin('delete from core.test_effect where subscriber = $1', [subscriber.id]);
        await database.admin('delete from core.event_progress where subscriber = $1', [subscriber.id]);
      },
    });
    await append([happened(1)]);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([1]);
  });
});

describe('several nodes', () => {
  it('deliver each event once, whoever is faster', async () => {
    const subscriber = writer({ mode: 'each' });
    const nodes = [bus, open(), open()];
    for (const node of nodes) {
      await node.register(subscriber);
      await node.start();
    }
    for (const n of range(0, 60)) {
      await append([happened(n)]);
      nodes[n % 3]?.wake();
    }
    await expect.poll(async () => (await effectsOf(subscriber.id)).length, { timeout: 10_000 }).toBe(60);
    await Promise.all(nodes.map((node) => node.drain()));
    expect(await effectsOf(subscriber.id)).toEqual(range(0, 60));
  });

  it('undo the second delivery when a lease ran out under a slow handler', async () => {
    const id = uniqueId();
    let slow = true;
    const subscriber = (node: number): Subscriber => ({
      ...writer({ id }),
      deliver: (delivery) =>
        write(id, delivery, async () => {
          if (node === 0 && slow) await new Promise((go) => setTimeout(go, 400));
        }),
    });
    await bus.register(subscriber(0));
    const other = open();
    await other.register(subscriber(1));
    await append([happened(1)]);
    const first = bus.drain();
    await expect
      .poll(
        async () =>
          (await database.admin('select 1 from core.event_cursor where subscriber = $1 and owner is not null', [id]))
            .length,
      )
      .toBe(1);
    await database.admin(`update core.event_cursor set leased_until = '-infinity' where subscriber = $1`, [id]);
    slow = false;
    await other.drain();
    await first;
    expect(await effectsOf(id)).toEqual([1]);
  });
});

describe('tenants', () => {
  it('see only their own events, progress and dead letters', async () => {
    const other = await database.newTenant();
    const subscriber = writer({ attempts: 1, deliver: () => Promise.reject(new Error('no')) });
    await bus.register(subscriber);
    await append([happened(1)]);
    await bus.drain();
    for (const table of ['event', 'event_progress', 'dead_letter']) {
      const [foreign] = await database.withTenant({ tenant: other }, (tx) =>
        tx.query<{ n: number }>(`select count(*)::integer as n from core.${table}`),
      );
      expect([table, foreign?.n]).toEqual([table, 0]);
      const [own] = await database.withTenant({ tenant }, (tx) =>
        tx.query<{ n: number }>(`select count(*)::integer as n from core.${table}`),
      );
      expect([table, own?.n]).toEqual([table, 1]);
    }
    expect((await bus.tail(other, 0)).events).toEqual([]);
  });

  it('cannot reach positions, slots and cursors, nor write as somebody else', async () => {
    const other = await database.newTenant();
    for (const table of ['event_position', 'event_slot', 'event_cursor', 'event_pending']) {
      await expect(database.withTenant({ tenant }, (tx) => tx.query(`select 1 from core.${table}`))).rejects.toThrow(
        'permission denied',
      );
    }
    await expect(
      database.withTenant({ tenant }, (tx) =>
        tx.execute(
          `insert into core.event (tenant_id, id, type, source, payload, "time") values ($1, uuidv7(), 'x@1', 'x', '{}', now())`,
          [other],
        ),
      ),
    ).rejects.toThrow('row-level security');
    await expect(
      database.withTenant({ tenant }, (tx) =>
        tx.execute(`update core.event set type = 'x@1' where tenant_id = $1`, [tenant]),
      ),
    ).rejects.toThrow('permission denied');
  });

  it('can follow their stream and resume it', async () => {
    const start = await bus.tail(tenant, undefined);
    await append([happened(1), happened(2), { ...happened(3), type: 'test.other@1' }]);
    await bus.drain();
    const first = await bus.tail(tenant, start.next, { limit: 2 });
    expect(first.events.map(({ payload }) => valueOf(payload))).toEqual([1, 2]);
    const rest = await bus.tail(tenant, first.next);
    expect(rest.events.map(({ type }) => type)).toEqual(['test.other@1']);
    expect((await bus.tail(tenant, rest.next)).events).toEqual([]);
    expect((await bus.tail(tenant, start.next, { types: ['test.other@1'] })).events.length).toBe(1);
  });
});

describe('retention', () => {
  const age = (days: number): Promise<unknown> =>
    database.admin(
      `update core.event_position set placed_at = now() - $2 * interval '1 day' where tenant_id = $1 and position = (select min(position) from core.event_position where tenant_id = $1)`,
      [tenant, days],
    );
  const left = async (): Promise<number[]> => (await bus.tail(tenant, 0)).events.map(({ payload }) => valueOf(payload));

  it('removes old positions in order and leaves the rest', async () => {
    await append([happened(1), happened(2)]);
    await bus.drain();
    await database.admin('delete from core.event_subscriber');
    await age(91);
    expect(await bus.retire()).toBeGreaterThanOrEqual(1);
    expect(await left()).toEqual([2]);
  });

  it('keeps what somebody who listens has not had, and knows since when', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    await bus.unregister(subscriber.id);
    await database.admin('delete from core.event_subscriber where id <> $1', [subscriber.id]);
    await append([happened(1), happened(2)]);
    await bus.drain();
    await age(91);
    await bus.retire();
    expect(await left()).toEqual([1, 2]);
    const since = Date.now() - 92 * 86_400_000;
    expect(Math.abs(((await bus.oldestNeeded()) ?? 0) - since)).toBeLessThan(60_000);
    await bus.register(subscriber);
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([1, 2]);
    await bus.retire();
    expect(await left()).toEqual([2]);
    await database.admin('delete from core.event_subscriber');
    expect(await bus.oldestNeeded()).toBeUndefined();
  });

  it('waits for nobody who has been gone for a month', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    await bus.unregister(subscriber.id);
    await database.admin(`update core.event_subscriber set seen_at = now() - interval '31 days'`);
    await append([happened(1), happened(2)]);
    await bus.drain();
    await age(91);
    await bus.retire();
    expect(await left()).toEqual([2]);
  });

  it('lets those follow that waited behind a dead letter that was removed', async () => {
    const subscriber = writer({ mode: 'each', attempts: 1 });
    await bus.register({
      ...subscriber,
      deliver: (delivery) =>
        write(subscriber.id, delivery, async () => {
          if (valueOf(delivery.events[0]?.payload) === 1) throw new Error('never');
        }),
    });
    await append([happened(1, 'a'), happened(2, 'a')]);
    await bus.drain();
    await database.admin(
      `update core.dead_letter set parked_at = now() - interval '91 days' where subscriber = $1 and state = 'dead'`,
      [subscriber.id],
    );
    await bus.retire();
    await bus.drain();
    expect(await effectsOf(subscriber.id)).toEqual([2]);
    expect(await bus.deadLetters.list(tenant)).toEqual([]);
  });
});

describe('a transaction that commits late', () => {
  it('is found soon, though what came after it was placed long ago', async () => {
    const subscriber = writer();
    await bus.register(subscriber);
    await bus.start();
    const gate = Promise.withResolvers<void>();
    const late = database.withTenant({ tenant }, async (tx) => {
      await appendEvents(tx, [happened(0)]);
      await gate.promise;
    });
    for (const n of range(1, 30)) {
      await append([happened(n)]);
      bus.wake();
      await new Promise((go) => setTimeout(go, 100));
    }
    await expect.poll(() => effectsOf(subscriber.id)).toEqual(range(1, 30));
    gate.resolve();
    await late;
    bus.wake();
    await expect.poll(() => effectsOf(subscriber.id), { timeout: 3000 }).toEqual([...range(1, 30), 0]);
  });
});
