/** How late events arrive while everything goes well, and while one handler sleeps and one transaction stays open. @module */
import { cpus, loadavg } from 'node:os';
import { createTestDatabase, startTestServer } from '@podlift/testkit/postgres';
import { silentLog } from '../../telemetry/index.ts';
import { appendEvents, createEventBus, migrations, type EventBus, type Subscriber } from '../index.ts';
import { effects, happened, range, valueOf, writeEffects } from '../testing/effects.ts';

const TENANTS = 1000;
const PER_SECOND = 100;
const SUBSCRIBERS = 3;
const PLAIN_SECONDS = 20;
const DISTURBED_SECONDS = Number(process.env['PODLIFT_BENCH_SECONDS'] ?? 60);
const SLEEP_MS = 5000;

const server = await startTestServer({ durable: true });
const database = await createTestDatabase(server, { migrations: [...migrations, effects], poolSize: 20 });
try {
  const tenants = await Promise.all(range(0, TENANTS).map(() => database.newTenant()));
  // The first run of everything compiles and plans.
  await measure(tenants, 3, undefined);
  const plain = await measure(tenants, PLAIN_SECONDS, undefined);
  report('plain', plain, [{ name: 'p50', value: plain.at(0.5), goal: 15 }]);
  const slow = tenants[0];
  const disturbed = await measure(tenants, DISTURBED_SECONDS, slow);
  report(
    `one handler sleeps ${SLEEP_MS / 1000} s, one write transaction stays open for ${DISTURBED_SECONDS} s`,
    disturbed,
    [{ name: 'p99 of the others', value: disturbed.at(0.99), goal: 100 }],
  );
} finally {
  await database.close();
  await server.stop();
}

interface Measured {
  at(part: number): number;
  readonly count: number;
  readonly cpuPerDelivery: number;
}

/** Appends at a steady pace and measures from commit to the end of each subscriber's transaction, without the slow tenant's. */
async function measure(tenants: readonly string[], forSeconds: number, slow: string | undefined): Promise<Measured> {
  const bus = createEventBus({ database, log: silentLog });
  const committed = new Map<number, number>();
  const delays: number[] = [];
  const run = `${performance.now()}`;
  await bus.register(
    ...range(0, SUBSCRIBERS).map((n): Subscriber => {
      const id = `bench/${run} ${n}`;
      return {
        id,
        types: ['test.happened@1'],
        mode: 'batch',
        async deliver(delivery) {
          if (delivery.tenant === slow && n === 0) await new Promise((go) => setTimeout(go, SLEEP_MS));
          await writeEffects(database, id, delivery);
          if (delivery.tenant === slow) return;
          const now = performance.now();
          for (const { payload } of delivery.events) delays.push(now - (committed.get(valueOf(payload)) ?? now));
        },
      };
    }),
  );
  await bus.start();
  const open = slow === undefined ? undefined : await openTransaction(tenants[1] ?? '');
  const total = PER_SECOND * forSeconds;
  const began = performance.now();
  const cpu = process.cpuUsage();
  const appending: Promise<void>[] = [];
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) * PER_SECOND) / 1000));
    for (; n < due; n++) {
      // The slow one has something new once a second, so it is always asleep.
      const tenant = slow !== undefined && n % PER_SECOND === 0 ? slow : (tenants[1 + (n % (TENANTS - 1))] ?? '');
      appending.push(append(bus, tenant, n, committed));
    }
    await new Promise((go) => setTimeout(go, 2));
  }
  await Promise.all(appending);
  await new Promise((go) => setTimeout(go, 500));
  const used = process.cpuUsage(cpu);
  await open?.();
  await bus.stop(100);
  const sorted = delays.toSorted((a, b) => a - b);
  return {
    at: (part) => sorted[Math.floor(sorted.length * part)] ?? 0,
    count: sorted.length,
    cpuPerDelivery: (used.user + used.system) / sorted.length,
  };
}

async function append(bus: EventBus, tenant: string, n: number, committed: Map<number, number>): Promise<void> {
  await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(n)]));
  committed.set(n, performance.now());
  bus.wake();
}

/** A transaction that has written an event and does not commit until it is told to. */
async function openTransaction(tenant: string): Promise<() => Promise<void>> {
  const written = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const all = database.withTenant({ tenant }, async (tx) => {
    await appendEvents(tx, [happened(-1)]);
    written.resolve();
    // The server would end one that does nothing.
    const busy = setInterval(() => void tx.query('select 1'), 5000);
    await end.promise;
    clearInterval(busy);
  });
  await written.promise;
  return async () => {
    end.resolve();
    await all;
  };
}

function report(
  what: string,
  measured: Measured,
  goals: readonly { name: string; value: number; goal: number }[],
): void {
  const { at, count, cpuPerDelivery } = measured;
  const told = goals.map(
    ({ name, value, goal }) =>
      `${name} ${value.toFixed(1)} ms, goal ≤ ${goal} ms (${value <= goal ? 'met' : 'NOT met'})`,
  );
  console.log(
    `commit → handled, ${PER_SECOND} commits/s over ${TENANTS} tenants, ${SUBSCRIBERS} subscribers, ${what}: ${told.join(', ')}; ` +
      `p50 ${at(0.5).toFixed(1)}, p95 ${at(0.95).toFixed(1)}, p99 ${at(0.99).toFixed(1)}, most ${at(0.9999).toFixed(1)} ms of ${count}; ${Math.round(cpuPerDelivery)} µs of node per delivery (load ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} cores)`,
  );
}
