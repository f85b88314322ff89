/** What row-level security and its transaction cost: one read by key and five, against the same statement in a bare transaction and alone. */
import { createTestDatabase, startTestServer } from '@podlift/testkit/postgres';
import pg from 'pg';
import { shop } from '../testing/shop.ts';

const ROWS = 20_000;
const ROUNDS = 8;
const ROUND_MS = 250;
const role = 'p_test_shop';
const READ = 'select id, name from p_test_shop.customer where tenant_id = $1 and id = $2';
const BARE = 'select id, name from public.bare where tenant_id = $1 and id = $2';

const server = await startTestServer({ durable: true });
try {
  const database = await createTestDatabase(server, { owners: [shop], poolSize: 16 });
  const tenant = await database.newTenant();
  await database.admin(
    `insert into p_test_shop.customer select $1, uuidv7(), 'name ' || n from generate_series(1, ${ROWS}) n`,
    [tenant],
  );
  await database.admin(
    'create table bare as select * from p_test_shop.customer; alter table bare add primary key (tenant_id, id); grant usage on schema public to podlift_runtime; grant select on bare to podlift_runtime; analyze',
  );
  const ids = (await database.admin<{ id: string }>('select id from bare limit 1000')).map(({ id }) => id);
  const bare = new pg.Pool({ connectionString: database.url('runtime'), max: 16 });
  const id = (i: number): string => ids[i % ids.length] ?? '';

  const cases = (reads: number): [string, (i: number) => Promise<unknown>][] => [
    [
      'autocommit, no row-level security',
      async (i) => {
        for (let n = 0; n < reads; n++) await bare.query({ name: 'bare', text: BARE, values: [tenant, id(i + n)] });
      },
    ],
    [
      'bare transaction, no row-level security',
      async (i) => {
        const client = await bare.connect();
        await client.query('begin');
        for (let n = 0; n < reads; n++) await client.query({ name: 'bare', text: BARE, values: [tenant, id(i + n)] });
        await client.query('commit');
        client.release();
      },
    ],
    [
      'tenant transaction as podlift_runtime',
      (i) =>
        database.withTenant({ tenant }, async (tx) => {
          for (let n = 0; n < reads; n++)
            await tx.query(
              'select id, name from core.tenants where id = $1 and id <> $2',
              [tenant, id(i + n)],
              'bench.core',
            );
        }),
    ],
    [
      'tenant transaction as a plugin',
      (i) =>
        database.withTenant({ tenant, role }, async (tx) => {
          for (let n = 0; n < reads; n++) await tx.query(READ, [tenant, id(i + n)], 'bench.read');
        }),
    ],
    [
      'lazy transaction as a plugin',
      async (i) => {
        const work = database.lazyTransaction({ tenant, role });
        for (let n = 0; n < reads; n++) await work.run((tx) => tx.query(READ, [tenant, id(i + n)], 'bench.read'));
        await work.commit();
      },
    ],
  ];

  for (const reads of [1, 5]) {
    for (const connections of [1, 8]) {
      console.log(
        `\n${`${reads} read${reads > 1 ? 's' : ''}, ${connections} at once`.padEnd(46)}   tx/s  p50 ms  node µs   of bare`,
      );
      const all = cases(reads);
      const rounds = all.map((): Round[] => []);
      // In turns, so that a machine that is busy for a while is busy for all.
      for (let round = 0; round < ROUNDS; round++) {
        for (const [n, [, fn]] of all.entries()) rounds[n]?.push(await measure(fn, connections));
      }
      const peer = middle((rounds[1] ?? []).map(({ perSecond }) => perSecond));
      for (const [n, [name]] of all.entries()) {
        const own = rounds[n] ?? [];
        const rate = middle(own.map(({ perSecond }) => perSecond));
        const figures = [
          rate.toFixed(0).padStart(7),
          middle(own.map(({ p50 }) => p50))
            .toFixed(3)
            .padStart(7),
          middle(own.map(({ cpu }) => cpu))
            .toFixed(0)
            .padStart(8),
        ];
        console.log(`${name.padEnd(45)} ${figures.join(' ')} ${`${((100 * rate) / peer).toFixed(0)} %`.padStart(9)}`);
      }
    }
  }
  console.log('\ngoal: a route under row-level security at 50 % of the same route in a bare transaction, or more');
  await bare.end();
  await database.close();
} finally {
  await server.stop();
}

interface Round {
  readonly perSecond: number;
  readonly p50: number;
  readonly cpu: number;
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

async function measure(fn: (i: number) => Promise<unknown>, connections: number): Promise<Round> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async (_, n) => {
      for (let i = n * 97; performance.now() < start + ROUND_MS; i++) {
        const from = performance.now();
        await fn(i);
        times.push(performance.now() - from);
      }
    }),
  );
  const used = process.cpuUsage(cpu);
  return {
    perSecond: times.length / ((performance.now() - start) / 1000),
    p50: middle(times),
    cpu: (used.user + used.system) / times.length,
  };
}
