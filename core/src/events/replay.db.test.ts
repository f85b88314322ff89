import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { appendEvents, migrations, type Delivery, type EventBus, type NewEvent, type Replay } from './index.ts';
import { effects, effectsOf, happened, range, valueOf, writeEffects } from './testing/effects.ts';
import { createNodes, effectWriter } from './testing/node.ts';

let database: TestDatabase;
let bus: EventBus;
let tenant: string;
const nodes = createNodes(() => database);
const ACTOR = 'user:test';

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
});
afterAll(() => database.close());
beforeEach(async () => {
  tenant = await database.newTenant();
  bus = nodes.open();
});
afterEach(() => nodes.stop());

const append = (events: readonly NewEvent[], now?: number): Promise<string[]> =>
  database.withTenant({ tenant }, (tx) => appendEvents(tx, events, now));
const get = (id: string): Promise<Replay> => bus.replays.get(tenant, id);

describe('a replay', () => {
  it('brings everything once more, in order, and says so', async () => {
    const seen: (string | undefined)[] = [];
    const writer = effectWriter(database, { batchSize: 10 });
    await bus.register({
      ...writer,
      deliver: (delivery) => {
        seen.push(delivery.replay);
        return writer.deliver(delivery);
      },
    });
    await append(range(0, 25).map((n) => happened(n)));
    await bus.drain();
    const { id, total } = await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR, reason: 'again' });
    expect(total).toBe(25);
    await bus.drain();
    expect(await effectsOf(database, tenant, writer.id)).toEqual([...range(0, 25), ...range(0, 25)]);
    expect(seen).toEqual([undefined, undefined, undefined, id, id, id]);
    expect(await get(id)).toMatchObject({ state: 'done', handled: 25, failed: 0, reason: 'again', actor: ACTOR });
    // The live mark did not move: what comes next is new.
    await append([happened(25)]);
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).length).toBe(51);
  });

  it.each([
    ['a key', { key: 'b' }, [1, 3, 5, 7]],
    ['a type', { types: ['test.other@1'] }, [8]],
    ['a time from', { since: new Date('2026-11-02T00:00:00Z') }, [4, 5, 6, 7, 8]],
    ['a time until', { until: new Date('2026-11-02T00:00:00Z') }, [0, 1, 2, 3]],
    ['a key and a time', { key: 'a', since: new Date('2026-11-02T00:00:00Z') }, [4, 6]],
  ])('can be narrowed to %s', async (_, filter, expected) => {
    const writer = effectWriter(database, { types: ['test.happened@1', 'test.other@1'] });
    await bus.register(writer);
    const keyed = (n: number) => happened(n, n % 2 === 0 ? 'a' : 'b');
    await append(range(0, 4).map(keyed), Date.parse('2026-11-01T12:00:00Z'));
    await append(range(4, 8).map(keyed), Date.parse('2026-11-02T12:00:00Z'));
    await append([{ ...happened(8), type: 'test.other@1' }], Date.parse('2026-11-03T12:00:00Z'));
    await bus.drain();
    await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR, ...filter });
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).slice(9)).toEqual(expected);
  });

  it('can be narrowed to positions, and leaves out what the handler has not had yet', async () => {
    const writer = effectWriter(database);
    await bus.register(writer);
    await append(range(0, 10).map((n) => happened(n)));
    await bus.drain();
    const { events } = await bus.tail(tenant, 0);
    const at = (n: number): number => events[n]?.position ?? 0;
    await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR, first: at(3), last: at(6) });
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).slice(10)).toEqual([3, 4, 5, 6]);
    await bus.unregister(writer.id);
    await append([happened(10)]);
    await bus.drain();
    const late = await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR, first: at(9) });
    expect(late.total).toBe(1);
  });

  it('finds few among many without a transaction for each page', async () => {
    const writer = effectWriter(database);
    await bus.register(writer);
    for (const n of range(0, 5)) await append(range(0, 1000).map((i) => happened(i, i === 500 ? `rare ${n}` : 'x')));
    await append([happened(7, 'rare')]);
    await bus.drain(60_000);
    const before = (await effectsOf(database, tenant, writer.id)).length;
    const { id, total } = await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR, key: 'rare' });
    expect(total).toBe(1);
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).slice(before)).toEqual([7]);
    expect(await get(id)).toMatchObject({ state: 'done', handled: 1 });
  }, 90_000);

  it('can be cancelled, and goes on where it was, each event once', async () => {
    const writer = effectWriter(database, { mode: 'each' });
    let stopAt = 12;
    let id = '';
    await bus.register({
      ...writer,
      deliver: async (delivery: Delivery) => {
        if (delivery.replay && valueOf(delivery.events[0]?.payload) === stopAt) await bus.replays.cancel(tenant, id);
        await writer.deliver(delivery);
      },
    });
    await append(range(0, 30).map((n) => happened(n)));
    await bus.drain();
    ({ id } = await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR }));
    await bus.drain();
    // The one that was on its way was undone.
    expect(await get(id)).toMatchObject({ state: 'cancelled', handled: 12 });
    expect((await effectsOf(database, tenant, writer.id)).slice(30)).toEqual(range(0, 12));
    await expect(bus.replays.cancel(tenant, id)).rejects.toThrow('is cancelled');
    stopAt = -1;
    await bus.replays.resume(tenant, id);
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).slice(30)).toEqual(range(0, 30));
    expect(await get(id)).toMatchObject({ state: 'done', handled: 30 });
    await expect(bus.replays.resume(tenant, id)).rejects.toThrow('is done');
  });

  it('parks what fails, in order of its key, and its second try is still of the replay', async () => {
    let broken = true;
    const seen: (string | undefined)[] = [];
    const writer = effectWriter(database, { attempts: 1, mode: 'each' });
    await bus.register({
      ...writer,
      deliver: (delivery) =>
        writeEffects(database, writer.id, delivery, async () => {
          const value = valueOf(delivery.events[0]?.payload);
          if (delivery.replay && value === 2) {
            seen.push(delivery.replay);
            if (broken) throw new Error('not twice');
          }
        }),
    });
    await append(range(0, 6).map((n) => happened(n, n % 2 === 0 ? 'a' : 'b')));
    await bus.drain();
    const { id } = await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR });
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).slice(6)).toEqual([0, 1, 3, 5]);
    expect(await get(id)).toMatchObject({ state: 'done', handled: 6, failed: 1 });
    const letters = await bus.deadLetters.list(tenant);
    expect(letters.map(({ event, state, replay }) => [valueOf(event.payload), state, replay])).toEqual([
      [4, 'behind', id],
      [2, 'dead', id],
    ]);
    broken = false;
    expect(await bus.deadLetters.retryAll(tenant, writer.id, 'a')).toBe(1);
    await bus.drain();
    expect((await effectsOf(database, tenant, writer.id)).slice(10)).toEqual([2, 4]);
    expect(seen).toEqual([id, id]);
  });

  it('that brings an earlier event of a parked key does not block the key for ever', async () => {
    let broken = true;
    const writer = effectWriter(database, { attempts: 1, mode: 'each' });
    await bus.register({
      ...writer,
      deliver: (delivery) =>
        writeEffects(database, writer.id, delivery, async () => {
          if (broken && valueOf(delivery.events[0]?.payload) === 2) throw new Error('no');
        }),
    });
    await append(range(0, 4).map((n) => happened(n, 'k')));
    await bus.drain();
    await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR });
    await bus.drain();
    broken = false;
    await bus.deadLetters.retryAll(tenant, writer.id);
    await bus.drain();
    expect(await bus.deadLetters.list(tenant)).toEqual([]);
    expect(new Set((await effectsOf(database, tenant, writer.id)).slice(2))).toEqual(new Set(range(0, 4)));
  });

  it('reads older majors like new ones', async () => {
    const seen: string[] = [];
    const writer = effectWriter(database, { types: ['test.happened@2', 'test.happened@1'] });
    await bus.register({
      ...writer,
      deliver: (delivery) => {
        seen.push(...delivery.events.map(({ type }) => type));
        return writer.deliver(delivery);
      },
    });
    await append([happened(1), { ...happened(2), type: 'test.happened@2' }]);
    await bus.drain();
    await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR });
    await bus.drain();
    expect(seen).toEqual(['test.happened@1', 'test.happened@2', 'test.happened@1', 'test.happened@2']);
  });

  it('is refused by a handler that says so, also when it begins to say so later', async () => {
    const writer = effectWriter(database, { replay: 'refuse' });
    await bus.register(writer);
    await append([happened(1)]);
    await bus.drain();
    const ask = () => bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR });
    await expect(ask()).rejects.toThrow('takes no replays');
    await database.admin('update core.event_subscriber set replay = true where id = $1', [writer.id]);
    const { id } = await ask();
    await bus.drain();
    expect(await get(id)).toMatchObject({ state: 'refused', handled: 0 });
    expect(await effectsOf(database, tenant, writer.id)).toEqual([1]);
  });

  it('needs somebody who listens, and something to bring', async () => {
    await expect(bus.replays.start(tenant, { subscriber: 'nobody', actor: ACTOR })).rejects.toThrow('Nothing listens');
    const writer = effectWriter(database);
    await bus.register(writer);
    await expect(bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR })).rejects.toThrow('Nothing of what');
  });

  it('is seen by its tenant only', async () => {
    const writer = effectWriter(database);
    await bus.register(writer);
    await append([happened(1)]);
    await bus.drain();
    const { id } = await bus.replays.start(tenant, { subscriber: writer.id, actor: ACTOR });
    const other = await database.newTenant();
    await expect(bus.replays.get(other, id)).rejects.toThrow('There is no replay');
    await expect(bus.replays.cancel(other, id)).rejects.toThrow('There is no replay');
    expect(await bus.replays.list(other)).toEqual([]);
    expect((await bus.replays.list(tenant)).map((one) => one.id)).toEqual([id]);
  });
});
