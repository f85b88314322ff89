import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { shop } from '../testing/shop.ts';
import { createIngester, type Ingester } from './index.ts';

let database: TestDatabase;
let hits: Ingester;
const DAY = 86_400_000;
const OPTIONS = { schema: 'p_test_shop', name: 'hits', columns: { ids: 'uuid', kinds: 'text', notes: 'text' } };

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { owners: [shop] });
  hits = createIngester(database, OPTIONS);
});
afterAll(async () => {
  await hits?.close();
  await database?.close();
});

const rows = (ids: readonly string[], note: string | null = null) => ({
  ids,
  kinds: ids.map(() => 'click'),
  notes: ids.map(() => note),
});
const stored = (tenant: string) =>
  database.withTenant({ tenant, role: 'p_test_shop' }, (tx) =>
    tx.query<{ id: string; note: string | null }>('select id, note from hit where tenant_id = $1 order by id', [
      tenant,
    ]),
  );

describe('rows that land', () => {
  test('belong to their tenant, and each says whether it was new', async () => {
    const [a, b] = [await database.newTenant(), await database.newTenant()];
    const [one, two, three] = [uuidv7(), uuidv7(), uuidv7()];
    const [ofA, ofB] = await Promise.all([hits.add(a, rows([one, two])), hits.add(b, rows([one]))]);
    expect([ofA, ofB]).toEqual([[true, true], [true]]);
    expect(await hits.add(a, rows([two, three, three]))).toEqual([false, true, false]);
    expect((await stored(a)).map(({ id }) => id)).toEqual([one, two, three].toSorted((a, b) => a.localeCompare(b)));
    expect(await stored(b)).toHaveLength(1);
  });

  test.each([
    ['plain'],
    ['with "quotes", commas, {braces} and \\ backslashes'],
    ['NULL'],
    ['null'],
    [''],
    ['line\nbreak\tand tab'],
    ['Ünïcödé 🎧'],
    [null],
  ])('keep the text %j', async (note) => {
    const tenant = await database.newTenant();
    await hits.add(tenant, rows([uuidv7()], note));
    expect((await stored(tenant))[0]?.note).toBe(note);
  });

  test('of many calls share few flights', async () => {
    const tenants = await Promise.all(Array.from({ length: 5 }, () => database.newTenant()));
    const before = await commits();
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => hits.add(tenants[i % 5] ?? '', rows([uuidv7()]))),
    );
    expect(answers.flat().every(Boolean)).toBe(true);
    expect((await commits()) - before).toBeLessThan(60);
    for (const tenant of tenants) expect(await stored(tenant)).toHaveLength(60);
  });

  test('none at all is no flight', async () => {
    expect(await hits.add(uuidv7(), rows([]))).toEqual([]);
  });
});

/** Transactions of this database; the statistics are flushed by asking for a fresh snapshot. */
async function commits(): Promise<number> {
  await new Promise((done) => setTimeout(done, 1100));
  const [row] = await database.admin<{ n: string }>(
    'select xact_commit as n from pg_stat_database where datname = current_database()',
  );
  return Number(row?.n);
}

describe('a bad row', () => {
  test('fails its own call only, not the others of its flight', async () => {
    const [good, bad] = [await database.newTenant(), await database.newTenant()];
    const calls = [
      hits.add(good, rows([uuidv7()])),
      ...Array.from({ length: 10 }, (_, i) =>
        hits.add(i === 4 ? bad : good, rows([i === 4 ? 'not-a-uuid' : uuidv7()])),
      ),
    ];
    const results = await Promise.allSettled(calls);
    expect(results.map(({ status }) => status)).toEqual(calls.map((_, i) => (i === 5 ? 'rejected' : 'fulfilled')));
    expect(await stored(good)).toHaveLength(10);
    expect(await stored(bad)).toHaveLength(0);
  });

  test.each([
    ['a wrong tenant id', () => hits.add('x', rows([uuidv7()])), 'tenant_invalid'],
    ['columns of different length', () => hits.add(uuidv7(), { ...rows([uuidv7()]), kinds: [] }), 'ingest_invalid'],
    ['a zero byte', () => hits.add(uuidv7(), rows([uuidv7()], 'a\0b')), 'ingest_invalid'],
    ['an object', () => hits.add(uuidv7(), { ids: [uuidv7()], kinds: [{}], notes: [null] }), 'ingest_invalid'],
  ])('is refused at once: %s', async (_, add, code) => {
    await expect(add()).rejects.toMatchObject({ code });
  });
});

describe('late rows', () => {
  test('get the partition of their month, also when two nodes meet it at once', async () => {
    const tenant = await database.newTenant();
    const other = createIngester(database, OPTIONS);
    const late = Date.now() - 200 * DAY;
    const answers = await Promise.all([
      hits.add(tenant, rows([uuidv7(late)])),
      other.add(tenant, rows([uuidv7(late)])),
      hits.add(tenant, rows([uuidv7(late - 40 * DAY), uuidv7()])),
    ]);
    expect(answers).toEqual([[true], [true], [true, true]]);
    expect(await stored(tenant)).toHaveLength(4);
    await other.close();
  });

  test.each([
    ['older than the limit', -401, 'partition_too_old'],
    ['far ahead', 100, 'partition_too_new'],
  ])('%s are refused by name, others of the flight land', async (_, days, code) => {
    const tenant = await database.newTenant();
    const [bad, good] = await Promise.allSettled([
      hits.add(tenant, rows([uuidv7(Date.now() + days * DAY)])),
      hits.add(tenant, rows([uuidv7()])),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code } });
    expect(good).toMatchObject({ status: 'fulfilled', value: [true] });
  });
});

describe('pressure', () => {
  test('is answered with a named error when too many rows wait', async () => {
    const tenant = await database.newTenant();
    const small = createIngester(database, { ...OPTIONS, maxWaiting: 10, maxRows: 5 });
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => small.add(tenant, rows([uuidv7()]))));
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { code: 'ingest_full' } });
    expect(await stored(tenant)).toHaveLength(40 - refused.length);
    expect(small.waiting).toBe(0);
  });

  test('closing waits for what is under way and takes no more', async () => {
    const tenant = await database.newTenant();
    const brief = createIngester(database, OPTIONS);
    const adds = Array.from({ length: 20 }, () => brief.add(tenant, rows([uuidv7()])));
    await brief.close();
    await Promise.all(adds);
    await expect(brief.add(tenant, rows([uuidv7()]))).rejects.toMatchObject({ code: 'ingest_closed' });
  });
});

test('podlift_ingest may call the function and nothing else', async () => {
  const pool = database.pool('ingest');
  for (const sql of [
    'select * from p_test_shop.hit',
    'insert into p_test_shop.hit values (uuidv7(), uuidv7())',
    'select * from core.tenants',
    'set role p_test_shop_ingest',
    'select * from core.migration',
  ]) {
    // The policy may fail before the missing right does; either way nothing is seen.
    await expect(pool.query(sql)).rejects.toThrow(/permission denied|podlift.tenant_id/);
  }
  const runtime = database.withTenant({ tenant: uuidv7() }, (tx) =>
    tx.query(`select * from p_test_shop.ingest_hits('{}', '{}', '{}', '{}')`),
  );
  await expect(runtime).rejects.toThrow(/permission denied/);
});
