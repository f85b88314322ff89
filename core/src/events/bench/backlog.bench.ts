/** How fast a backlog of many tenants drains, against the effects alone. @module */
import { createTestDatabase, startTestServer } from '@podlift/testkit/postgres';
import { silentLog } from '../../telemetry/index.ts';
import { createEventBus, migrations } from '../index.ts';
import { effects, range, writeEffects } from '../testing/effects.ts';

const TENANTS = 1000;
const EVENTS = Number(process.env['PODLIFT_BENCH_EVENTS'] ?? 1_000_000);
/** The drain is measured for so long at most. */
const MOST_MS = 60_000;
const GOAL = 20_000;
const ID = 'bench/backlog';

/** Events of all tenants, mixed as they would come in, written behind the application's back: how they got there is not measured. */
const FILL = `
with made as (
  insert into core.event (tenant_id, id, type, source, key, payload, "time")
  select t.id, uuidv7(), 'test.happened@1', 'bench', 'k' || (n % 50), json_build_object('value', n, 'note', repeat('x', 120))::jsonb, now()
  from generate_series($1::integer, $2::integer) n join unnest($3::uuid[]) with ordinality t(id, i) on t.i = n % ${TENANTS} + 1
  returning tenant_id, id, type
)
insert into core.event_pending (slot, tenant_id, event_id, type)
select core.event_slot_of(tenant_id), tenant_id, id, type from made`;

const EFFECTS =
  'insert into core.test_effect (tenant_id, subscriber, value) select $1, $2, v from generate_series(1, 200) v';
const HANDLED =
  'select count(*)::integer as n, count(distinct tenant_id)::integer as tenants from core.test_effect where subscriber = $1';

const server = await startTestServer({ durable: true });
const database = await createTestDatabase(server, { migrations: [...migrations, effects], poolSize: 20 });
try {
  const tenants = await Promise.all(range(0, TENANTS).map(() => database.newTenant()));
  const floor = await effectsAlone(tenants);
  const bus = createEventBus({ database, log: silentLog });
  await bus.register({
    id: ID,
    types: ['test.happened@1'],
    mode: 'batch',
    from: 'earliest',
    deliver: (delivery) => writeEffects(database, ID, delivery),
  });
  const filling = performance.now();
  for (let n = 0; n < EVENTS; n += 50_000) await database.admin(FILL, [n, Math.min(n + 50_000, EVENTS) - 1, tenants]);
  await database.admin('analyze core.event, core.event_pending');
  console.log(`filled ${EVENTS} events of ${TENANTS} tenants in ${seconds(performance.now() - filling)} s`);
  const began = performance.now();
  const cpu = process.cpuUsage();
  await bus.start();
  const handled = await watch(began);
  const ms = performance.now() - began;
  const used = process.cpuUsage(cpu);
  await bus.stop();
  const rate = (handled / ms) * 1000;
  console.log(`limit: the effects alone, in batches of 200: ${Math.round(floor)} events/s`);
  console.log(
    `onBatch, backlog of ${EVENTS} events of ${TENANTS} tenants: ${handled} in ${seconds(ms)} s (placing included) = ${Math.round(rate)} deliveries/s, goal ≥ ${GOAL} (${verdict(rate >= GOAL)}), ` +
      `${((100 * rate) / floor).toFixed(0)} % of the limit, ${((used.user + used.system) / handled).toFixed(1)} µs of node each`,
  );
} finally {
  await database.close();
  await server.stop();
}

/** Counts until all are there or the time is over; checks that none came twice. */
async function watch(began: number): Promise<number> {
  for (;;) {
    await new Promise((go) => setTimeout(go, 1000));
    const [row] = await database.admin<{ n: number; tenants: number }>(HANDLED, [ID]);
    const n = row?.n ?? 0;
    if (n > EVENTS) throw new Error(`${n - EVENTS} effects too many`);
    if (n === EVENTS || performance.now() - began > MOST_MS) return n;
  }
}

/** Batches of 200 effects, each in a transaction of its tenant, four at a time, nothing else. */
async function effectsAlone(tenants: readonly string[]): Promise<number> {
  const batches = range(0, 500);
  const total = batches.length * 200;
  const began = performance.now();
  await Promise.all(
    range(0, 4).map(async () => {
      for (let n = batches.pop(); n !== undefined; n = batches.pop()) {
        const tenant = tenants[n % TENANTS] ?? '';
        await database.withTenant({ tenant }, (tx) => tx.execute(EFFECTS, [tenant, 'floor']));
      }
    }),
  );
  return (total / (performance.now() - began)) * 1000;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function verdict(met: boolean): string {
  return met ? 'met' : 'NOT met';
}
