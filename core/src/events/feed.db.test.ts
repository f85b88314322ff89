import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { appendEvents, migrations, type EventBus } from './index.ts';
import { effects, happened, range, valueOf } from './testing/effects.ts';
import { createNodes } from './testing/node.ts';

let database: TestDatabase;
let bus: EventBus;
let tenant: string;
const nodes = createNodes(() => database);
const aborts: AbortController[] = [];

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
});
afterAll(() => database.close());
beforeEach(async () => {
  tenant = await database.newTenant();
  bus = nodes.open();
});
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort();
  await nodes.stop();
});

const append = (values: readonly number[], to = tenant): Promise<unknown> =>
  database.withTenant({ tenant: to }, (tx) =>
    appendEvents(
      tx,
      values.map((n) => happened(n)),
    ),
  );

/** Somebody who listens, and what they have seen. */
function listen(on: EventBus, of = tenant, after?: number) {
  const abort = new AbortController();
  aborts.push(abort);
  const seen: number[] = [];
  const positions: number[] = [];
  const ended = (async () => {
    for await (const event of on.follow(of, after, abort.signal)) {
      seen.push(valueOf(event.payload));
      positions.push(event.position);
    }
  })();
  return { seen, positions, ended, leave: () => abort.abort() };
}

describe('following a tenant', () => {
  it('begins now, or behind a position, and misses nothing', async () => {
    await bus.start();
    await append([1, 2]);
    await bus.drain();
    const { events } = await bus.tail(tenant, 0);
    const fromNow = listen(bus);
    const all = listen(bus, tenant, 0);
    const rest = listen(bus, tenant, events[0]?.position);
    await expect.poll(() => all.seen).toEqual([1, 2]);
    await sleep(30);
    for (const n of range(3, 9)) {
      await append([n]);
      bus.wake();
    }
    await expect.poll(() => all.seen).toEqual(range(1, 9));
    await expect.poll(() => rest.seen).toEqual(range(2, 9));
    await expect.poll(() => fromNow.seen).toEqual(range(3, 9));
    all.leave();
    await all.ended;
  });

  it('hears at once of what another node placed, also where nothing is delivered', async () => {
    const worker = nodes.open({ pollMs: 60_000 });
    await worker.start();
    const api = nodes.open({ pollMs: 60_000 });
    const listener = listen(api);
    await expect
      .poll(
        async () =>
          (
            await database.admin(
              `select 1 from pg_stat_activity where application_name = 'podlift feed' and datname = current_database() and query like 'listen%'`,
            )
          ).length,
      )
      .toBe(1);
    await sleep(50);
    const began = performance.now();
    await append([1]);
    api.wake();
    await expect.poll(() => listener.seen, { interval: 2, timeout: 5000 }).toEqual([1]);
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it('shows nobody the events of another tenant, however many listen', async () => {
    await bus.start();
    const tenants = [tenant, ...(await Promise.all(range(0, 5).map(() => database.newTenant())))];
    const listeners = tenants.flatMap((one, i) => range(0, 10).map(() => ({ i, ...listen(bus, one) })));
    await sleep(100);
    for (const [i, one] of tenants.entries()) await append([i, i + 100], one);
    bus.wake();
    for (const { i, seen } of listeners) await expect.poll(() => seen).toEqual([i, i + 100]);
  });

  it('catches up from far behind, in order and once', async () => {
    await bus.start();
    await append(range(0, 1500));
    await bus.drain();
    const listener = listen(bus, tenant, 0);
    await append(range(1500, 1600));
    bus.wake();
    await expect.poll(() => listener.seen.length, { timeout: 10_000 }).toBe(1600);
    expect(listener.seen).toEqual(range(0, 1600));
  });

  it('asks the database about the same for one listener as for two hundred', async () => {
    await bus.start();
    const many = range(0, 200).map(() => listen(bus));
    await sleep(100);
    const reads = async (): Promise<number> =>
      (
        await database.admin<{ n: number }>(
          `select coalesce(sum(idx_scan), 0)::integer as n from pg_stat_user_tables where relname = 'event_position'`,
        )
      )[0]?.n ?? 0;
    await sleep(1200);
    const before = await reads();
    await append([1]);
    bus.wake();
    for (const { seen } of many) await expect.poll(() => seen).toEqual([1]);
    await sleep(1500);
    expect((await reads()) - before).toBeLessThan(100);
  });
});
