/** How late events arrive, and how fast a backlog drains, against the least the database could do: one insert and one update per batch. @module */
import { createTestDatabase, startTestServer, type TestDatabase } from '@podlift/testkit/postgres';
import { silentLog } from '../../telemetry/index.ts';
import { appendEvents, createEventBus, migrations, type EventBus, type Subscriber } from '../index.ts';
import { effects, happened, range, valueOf, writeEffects } from '../testing/effects.ts';

const SUBSCRIBERS = 3;
const TENANTS = 20;
const EVENTS = 900;
const BACKLOG = 20_000;

const server = await startTestServer({ durable: true });
const database = await createTestDatabase(server, { migrations: [...migrations, effects], poolSize: 20 });
const tenants = await Promise.all(range(0, TENANTS).map(() => database.newTenant()));
try {
  await latency('woken in the process', 30, 1000, (bus) => bus.wake());
  await latency('woken in the process', 150, 1000, (bus) => bus.wake());
  await latency('poll of 250 ms only', 150, 250, () => undefined);
  const floor = await fewestStatements();
  for (const mode of ['batch', 'each'] as const) await drain(mode, mode === 'batch' ? BACKLOG : BACKLOG / 10, floor);
} finally {
  await database.close();
  await server.stop();
}

/** Appends at a steady pace and measures from commit to the end of the subscriber's transaction. */
async function latency(name: string, perSecond: number, pollMs: number, wake: (bus: EventBus) => void): Promise<void> {
  const bus = createEventBus({ database, log: silentLog, pollMs });
  const committed = new Map<number, number>();
  const delays: number[] = [];
  const subscribers = range(0, SUBSCRIBERS).map((n): Subscriber => ({
    id: `bench/${name} ${perSecond} ${n}`,
    types: ['test.happened@1'],
    mode: 'batch',
    async deliver(delivery) {
      await writeEffects(database, `bench/${name} ${perSecond} ${n}`, delivery);
      const now = performance.now();
      for (const { payload } of delivery.events) delays.push(now - (committed.get(valueOf(payload)) ?? now));
    },
  }));
  await bus.register(...subscribers);
  await bus.start();
  const began = performance.now();
  const cpu = process.cpuUsage();
  const appending: Promise<void>[] = [];
  for (let n = 0; n < EVENTS;) {
    const due = Math.min(EVENTS, Math.floor(((performance.now() - began) * perSecond) / 1000));
    for (; n < due; n++) appending.push(appendOne(n, committed).then(() => wake(bus)));
    await new Promise((go) => setTimeout(go, 2));
  }
  await Promise.all(appending);
  await bus.drain();
  const used = process.cpuUsage(cpu);
  await bus.stop();
  const at = (part: number): string =>
    `${(delays.toSorted((a, b) => a - b)[Math.floor(delays.length * part)] ?? 0).toFixed(1)}`;
  console.log(
    `commit → handled, ${perSecond} transactions/s, ${SUBSCRIBERS} subscribers, ${name}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, ${Math.round((used.user + used.system) / delays.length)} µs of node per delivery`,
  );
}

async function appendOne(value: number, committed: Map<number, number>): Promise<void> {
  const tenant = tenants[value % TENANTS] ?? '';
  await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(value)]));
  committed.set(value, performance.now());
}

/** The limit: batches of 200 effects written in a transaction of their tenant, four at a time, nothing else. */
async function fewestStatements(): Promise<number> {
  const began = performance.now();
  const batches = range(0, BACKLOG / 200);
  await Promise.all(
    range(0, 4).map(async () => {
      for (let n = batches.pop(); n !== undefined; n = batches.pop()) {
        const tenant = tenants[n % TENANTS] ?? '';
        await database.withTenant({ tenant }, (tx) =>
          tx.execute(
            'insert into core.test_effect (tenant_id, subscriber, value) select $1, $2, v from generate_series(1, 200) v',
            [tenant, 'floor'],
          ),
        );
      }
    }),
  );
  const rate = (BACKLOG / (performance.now() - began)) * 1000;
  console.log(`limit: the effects alone, in batches of 200: ${Math.round(rate)} events/s`);
  return rate;
}

/** Delivers a backlog that one subscriber has missed. */
async function drain(mode: 'batch' | 'each', count: number, floor: number): Promise<void> {
  const each = count / TENANTS;
  const id = `bench/backlog ${mode}`;
  const bus = createEventBus({ database, log: silentLog });
  await bus.register({
    id,
    types: ['test.happened@1'],
    mode,
    deliver: (delivery) => writeEffects(database, id, delivery),
  });
  const appended = performance.now();
  await Promise.all(
    tenants.map((tenant) =>
      database.withTenant({ tenant }, (tx) =>
        appendEvents(
          tx,
          range(0, each).map((n) => happened(n)),
        ),
      ),
    ),
  );
  const began = performance.now();
  const cpu = process.cpuUsage();
  await bus.drain();
  const ms = performance.now() - began;
  const used = process.cpuUsage(cpu);
  const handled = await countOf(database, id);
  const rate = (handled / ms) * 1000;
  console.log(
    `backlog of ${count} events, mode ${mode}: ${Math.round(rate)} deliveries/s, ${((100 * rate) / floor).toFixed(0)} % of the limit, ` +
      `${((used.user + used.system) / handled).toFixed(0)} µs of node each (appended at ${Math.round((count / (began - appended)) * 1000)}/s)`,
  );
}

async function countOf(on: TestDatabase, id: string): Promise<number> {
  const sql = 'select count(*)::integer as n from core.test_effect where subscriber = $1';
  return (await on.admin<{ n: number }>(sql, [id]))[0]?.n ?? 0;
}
