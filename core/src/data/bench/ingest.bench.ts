/** Group commit with duplicates sorted out, durable, against COPY by the owner into the same two tables without asking anything. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, startTestServer, type TestDatabase } from '@podlift/testkit/postgres';
import pg from 'pg';
import { createIngester, type MigrationOwner } from '../index.ts';

const ROWS = 60_000;
const ROUNDS = 5;
const schema = 'p_test_bench';

const bench: MigrationOwner = {
  owner: 'test.bench',
  schema,
  role: schema,
  migrations: [
    {
      name: '0001',
      up(builder) {
        builder.tenantTable({
          name: 'hit_key',
          columns: { key: 'uuid' },
          primaryKey: ['key'],
          privacy: { key: 'none' },
        });
        builder.tenantTable({
          name: 'hit',
          columns: { id: 'uuid', household: 'uuid not null', kind: 'text not null', campaign_id: 'uuid' },
          indexes: [['household', 'id']],
          partition: 'month',
          privacy: { id: 'none', household: 'none', kind: 'none', campaign_id: 'none' },
        });
        builder.ingestFunction({
          name: 'hits',
          columns: { id: 'uuid', key: 'uuid', household: 'uuid', kind: 'text', campaign: 'uuid' },
          into: ['hit_key', 'hit'],
          body: `
            with given as materialized (
              select g.* from unnest(tenants, id, key, household, kind, campaign) with ordinality as g(tenant_id, id, key, household, kind, campaign, n)
            ), first as materialized (
              select distinct on (tenant_id, key) * from given order by tenant_id, key, n
            ), fresh as (
              insert into hit_key (tenant_id, key) select tenant_id, key from first order by tenant_id, key on conflict do nothing returning tenant_id, key
            ), mine as materialized (select f.* from first f join fresh using (tenant_id, key)),
            landed as (
              insert into hit (tenant_id, id, household, kind, campaign_id) select tenant_id, id, household, kind, campaign from mine on conflict do nothing
            )
            select g.n::int, m.n is not null from given g left join mine m on m.n = g.n`,
        });
      },
    },
  ],
};

interface Batch {
  readonly tenant: string;
  readonly columns: Readonly<Record<string, readonly string[]>>;
}

const server = await startTestServer({ durable: true });
try {
  const database = await createTestDatabase(server, { owners: [bench] });
  const tenants = await Promise.all(Array.from({ length: 20 }, () => database.newTenant()));
  const copy: number[] = [];
  const results = new Map<string, { rate: number[]; cpu: number[] }>();
  const ways: [string, number, number, number][] = [
    ['group commit, 500 rows a call, 8 calls at once', 500, 8, 1],
    ['group commit, 500 rows a call, 8 at once, 2 lanes', 500, 8, 2],
    ['group commit, 50 rows a call, 16 calls at once', 50, 16, 1],
    ['group commit, 1 row a call, 64 calls at once', 1, 64, 1],
    ['group commit, 1 row a call, 64 at once, 2 lanes', 1, 64, 2],
  ];
  for (let round = 0; round < ROUNDS; round++) {
    copy.push(await runCopy(database, batches(500, tenants)));
    for (const [name, size, calls, lanes] of ways) {
      await database.admin(`truncate ${schema}.hit, ${schema}.hit_key`);
      const cpu = process.cpuUsage();
      const rate = await runIngest(database, batches(size, tenants, size === 1 ? ROWS / 4 : ROWS), calls, lanes);
      const used = process.cpuUsage(cpu);
      const kept = results.get(name) ?? { rate: [], cpu: [] };
      kept.rate.push(rate);
      kept.cpu.push((used.user + used.system) / (size === 1 ? ROWS / 4 : ROWS));
      results.set(name, kept);
    }
  }
  const limit = middle(copy);
  console.log(`${'into a key table and a partitioned event table'.padEnd(52)}  rows/s   of COPY   node µs/row`);
  console.log(`${'COPY by the superuser, 500 rows a statement'.padEnd(52)} ${limit.toFixed(0).padStart(7)}     100 %`);
  for (const [name, { rate, cpu }] of results) {
    console.log(
      `${name.padEnd(52)} ${middle(rate).toFixed(0).padStart(7)} ${((100 * middle(rate)) / limit).toFixed(0).padStart(7)} % ${middle(cpu).toFixed(1).padStart(10)}`,
    );
  }
  console.log('\ngoal: 500 rows a call at 60 % of COPY, or more');
  await database.close();
} finally {
  await server.stop();
}

function batches(size: number, tenants: readonly string[], rows = ROWS): Batch[] {
  return Array.from({ length: rows / size }, (_, n) => ({
    tenant: tenants[n % tenants.length] ?? '',
    columns: {
      id: Array.from({ length: size }, () => uuidv7()),
      key: Array.from({ length: size }, () => crypto.randomUUID()),
      household: Array.from({ length: size }, () => crypto.randomUUID()),
      kind: Array.from({ length: size }, (_, i) => (i % 3 ? 'download' : 'click')),
      campaign: Array.from({ length: size }, () => tenants[n % tenants.length] ?? ''),
    },
  }));
}

async function runIngest(
  database: TestDatabase,
  work: readonly Batch[],
  calls: number,
  lanes: number,
): Promise<number> {
  const ingester = createIngester(database, {
    schema,
    name: 'hits',
    columns: { id: 'uuid', key: 'uuid', household: 'uuid', kind: 'text', campaign: 'uuid' },
    lanes,
  });
  const start = performance.now();
  let next = 0;
  let rows = 0;
  await Promise.all(
    Array.from({ length: calls }, async () => {
      for (let batch = work[next++]; batch; batch = work[next++]) {
        const landed = await ingester.add(batch.tenant, batch.columns);
        rows += landed.length;
      }
    }),
  );
  const rate = rows / ((performance.now() - start) / 1000);
  await ingester.close();
  return rate;
}

/** As superuser, because COPY FROM is refused under forced row-level security, and from files of the server: the limit nothing of ours can reach. */
async function runCopy(database: TestDatabase, work: readonly Batch[]): Promise<number> {
  await database.admin(`truncate ${schema}.hit, ${schema}.hit_key`);
  const folder = join(tmpdir(), `podlift-bench-${process.pid}`);
  mkdirSync(folder, { mode: 0o755 });
  for (const [n, { tenant, columns }] of work.entries()) {
    const { id = [], key = [], household = [], kind = [], campaign = [] } = columns;
    writeFileSync(join(folder, `${n}.key`), key.map((one) => `${tenant}\t${one}\n`).join(''));
    const hits = id.map((one, i) => `${tenant}\t${one}\t${household[i]}\t${kind[i]}\t${campaign[i]}\n`);
    writeFileSync(join(folder, `${n}.hit`), hits.join(''));
  }
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  const start = performance.now();
  for (const n of work.keys()) {
    await client.query(`begin;
      copy ${schema}.hit_key (tenant_id, key) from '${join(folder, `${n}.key`)}';
      copy ${schema}.hit (tenant_id, id, household, kind, campaign_id) from '${join(folder, `${n}.hit`)}';
      commit`);
  }
  const rate = ROWS / ((performance.now() - start) / 1000);
  await client.end();
  rmSync(folder, { recursive: true });
  return rate;
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
