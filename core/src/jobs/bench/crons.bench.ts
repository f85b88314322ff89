/**
 * 60 crons of 10,000 tenants over a simulated day, planned by the code that plans them, and how many schedulers BullMQ really
 * holds for them. Goals: 60 schedulers at most; no minute with more than three times the mean load, neither of runs that begin
 * nor of rows that are written for them.
 * @module
 */
import { createTestDatabase, startTestServer } from '@podlift/testkit/postgres';
import { uuidv7 } from '@podlift/sdk';
import { createEventBus, migrations as eventMigrations } from '../../events/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { pauseAfter } from '../cron.ts';
import { offsetOf, pieceEnd, spreadOf } from '../cron-plan.ts';
import { createJobs, migrateJobQueues, migrations, type Cron } from '../index.ts';

const TENANTS = 10_000;
const CRONS = 60;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const FROM = Date.UTC(2026, 10, 24);
const tenants = Array.from({ length: TENANTS }, () => uuidv7());
const numbers = Array.from({ length: CRONS }, (_, n) => n);

interface Case {
  readonly what: string;
  /** After which the load is the same again; a day when absent. */
  readonly periodMs?: number;
  readonly cron: (n: number) => Cron;
}

const CASES: readonly Case[] = [
  { what: 'all 60 hourly, all at minute 0', cron: () => '0 * * * *' },
  { what: 'all 60 every 15 minutes', cron: () => '*/15 * * * *' },
  { what: 'all 60 daily, all at 3:00', cron: () => '0 3 * * *' },
  {
    what: 'a mix: 20 every 15 min, 25 hourly, 15 daily at night',
    cron: (n) => (n < 20 ? '*/15 * * * *' : n < 45 ? `${n % 3} * * * *` : `0 ${n % 5} * * *`),
  },
  { what: 'all 60 weekly, all on Sunday at 3:00', cron: () => '0 3 * * 0', periodMs: 7 * DAY },
  {
    what: '40 weekly, 15 daily, 5 hourly, all due on Sunday at 3:00',
    cron: (n) => (n < 40 ? '0 3 * * 0' : n < 55 ? '0 3 * * *' : '0 * * * *'),
    periodMs: 7 * DAY,
  },
];

console.log(
  `${CRONS} crons × ${TENANTS.toLocaleString('en-US')} tenants over a day or a week; goal ≤ 3.0 × the mean in every minute`,
);
for (const one of CASES) {
  const runs = new Float64Array((one.periodMs ?? DAY) / MINUTE);
  const rows = new Float64Array(runs.length);
  for (const n of numbers) await simulate(`bench.plugin/cron-${n}`, one.cron(n), runs, rows);
  console.log(
    `${one.what.padEnd(54)} ${Math.round(mean(runs)).toLocaleString('en-US').padStart(7)} runs/min; busiest minute ${times(runs)} runs, ${times(rows)} rows written`,
  );
}

const server = await startTestServer();
try {
  const database = await createTestDatabase(server, { migrations: [...eventMigrations, ...migrations] });
  await migrateJobQueues(database);
  const bus = createEventBus({ database, log: silentLog });
  const jobs = createJobs({ database, bus, log: silentLog, enabledTenants: () => tenants });
  for (const n of numbers)
    await jobs.define({ name: `bench.plugin/cron-${n}`, cron: '0 4 1 1 *', run: async () => undefined });
  await jobs.start();
  const { schedulers } = await jobs.overview();
  console.log(`schedulers in BullMQ: ${schedulers} (goal ≤ ${CRONS})`);
  await jobs.stop(0);
  await bus.stop(0);
  await database.close();
} finally {
  await server.stop();
}

/** A day or a week of one cron, as it is every time: what reaches beyond its end comes again at its beginning. */
async function simulate(name: string, cron: Cron, runs: Float64Array, rows: Float64Array): Promise<void> {
  const period = runs.length * MINUTE;
  let offsets: readonly number[] = [];
  let known = -1;
  const add = (to: Float64Array, at: number, count: number): void => {
    const minute = Math.floor(((at - FROM) % period) / MINUTE);
    to[minute] = (to[minute] ?? 0) + count;
  };
  for (let due = FROM - 1 + (await pauseAfter(cron, FROM - 1)); due < FROM + period;) {
    const pause = await pauseAfter(cron, due);
    const spread = spreadOf(pause, undefined);
    if (spread !== known) offsets = tenants.map((tenant) => offsetOf(name, tenant, spread)).toSorted((a, b) => a - b);
    known = spread;
    for (const offset of offsets) add(runs, due + offset, 1);
    for (let from = 0, at = 0; from < spread;) {
      const end = pieceEnd(name, spread, from);
      let count = 0;
      for (; at < offsets.length && (offsets[at] ?? 0) < end; at++) count++;
      add(rows, due + from, count);
      from = end;
    }
    due += pause;
  }
}

function mean(load: Float64Array): number {
  return load.reduce((sum, one) => sum + one, 0) / load.length;
}

function times(load: Float64Array): string {
  const most = Math.max(...load) / mean(load);
  return `${most.toFixed(2)} ×${most <= 3 ? '' : ' GOAL MISSED'}`;
}
