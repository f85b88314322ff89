import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Tx } from './index.ts';
import { monthOf } from './partitions.ts';
import { shop } from './testing/shop.ts';

let database: TestDatabase;
let ours: string;
let theirs: string;
const theirCustomer = uuidv7();
const ourCustomer = uuidv7();
const role = 'p_test_shop';

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { owners: [shop] });
  [ours, theirs] = [await database.newTenant(), await database.newTenant()];
  for (const [tenant, id, name] of [
    [ours, ourCustomer, 'Ada'],
    [theirs, theirCustomer, 'Bob'],
  ] as const) {
    await database.withTenant({ tenant, role }, async (tx) => {
      await tx.execute('insert into customer (tenant_id, id, name) values ($1, $2, $3)', [tenant, id, name]);
      await tx.execute('insert into purchase (tenant_id, id, customer_id, micros) values ($1, $2, $3, 5)', [
        tenant,
        uuidv7(),
        id,
      ]);
      await tx.execute('insert into hit (tenant_id, id, kind) values ($1, $2, $3)', [tenant, uuidv7(), 'click']);
    });
  }
});
afterAll(() => database?.close());

const asUs = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => database.withTenant({ tenant: ours, role }, fn);
const seen = (sql: string) =>
  asUs(async (tx) => (await tx.query<{ tenant_id: string }>(sql)).map((row) => row.tenant_id));

describe('a forgotten filter', () => {
  test.each([
    ['a table', 'select tenant_id from customer'],
    ['a join', 'select p.tenant_id from purchase p cross join customer c'],
    ['a view', 'select tenant_id from spending_v1'],
    ['a partitioned table', 'select tenant_id from hit'],
    [
      'raw SQL with a subquery',
      'select tenant_id from (select * from p_test_shop.customer union all select * from p_test_shop.customer) x',
    ],
    ['a filter by the other tenant in text', `select tenant_id from customer where name = 'Bob' or true`],
  ])('of %s returns own rows only', async (_, sql) => {
    const tenants = await seen(sql);
    expect(tenants.length).toBeGreaterThan(0);
    expect(new Set(tenants)).toEqual(new Set([ours]));
  });

  test('of update and delete touches own rows only', async () => {
    const touched = await asUs(async (tx) => [
      await tx.execute('update purchase set micros = micros + 1'),
      await tx.execute('delete from hit'),
    ]);
    expect(touched).toEqual([1, 1]);
    const [left] = await database.admin<{ micros: number; hits: string }>(
      'select (select micros from p_test_shop.purchase where tenant_id = $1), (select count(*) from p_test_shop.hit where tenant_id = $1) as hits',
      [theirs],
    );
    expect(left).toEqual({ micros: '5', hits: '1' });
  });

  test('shows nothing of a foreign id', async () => {
    expect(await asUs((tx) => tx.query('select * from customer where id = $1', [theirCustomer]))).toEqual([]);
    expect(await asUs((tx) => tx.execute('delete from customer where id = $1', [theirCustomer]))).toBe(0);
  });
});

describe('a wrong tenant', () => {
  test.each([
    ['insert', 'insert into customer (tenant_id, id, name) values ($1, $2, $3)'],
    [
      'bulk insert',
      `insert into customer (tenant_id, id, name) select $1, uuidv7(), $3 || n from generate_series(1, 3) n where $2::uuid is not null`,
    ],
    [
      'upsert',
      'insert into customer (tenant_id, id, name) values ($1, $2, $3) on conflict (tenant_id, id) do update set name = excluded.name',
    ],
  ])('cannot be written by %s', async (_, sql) => {
    await expect(asUs((tx) => tx.execute(sql, [theirs, theirCustomer, 'Eve']))).rejects.toThrow('row-level security');
  });

  test('cannot be reached by changing tenant_id', async () => {
    await expect(asUs((tx) => tx.execute('update purchase set tenant_id = $1', [theirs]))).rejects.toThrow(
      'row-level security',
    );
    await expect(asUs((tx) => tx.execute('update customer set tenant_id = $1', [theirs]))).rejects.toThrow(
      'row-level security',
    );
  });

  test('cannot be referred to: foreign keys carry the tenant', async () => {
    const insert = 'insert into purchase (tenant_id, id, customer_id, micros) values ($1, $2, $3, 1)';
    await expect(asUs((tx) => tx.execute(insert, [ours, uuidv7(), theirCustomer]))).rejects.toThrow('foreign key');
  });
});

describe('without a tenant', () => {
  test('a tenant table answers with an error, on a fresh and on a used connection', async () => {
    await asUs((tx) => tx.query('select 1'));
    await expect(database.query('select * from core.tenants')).resolves.toHaveLength(2);
    const client = await database.pool('runtime').connect();
    try {
      for (const prepare of ['discard all', `begin; select core.use_tenant('${ours}'); commit`]) {
        await client.query(prepare);
        await client.query(`set role ${role}`);
        await expect(client.query('select * from p_test_shop.customer')).rejects.toMatchObject({
          code: expect.stringMatching(/22P02|42704/),
        });
        await client.query('reset role');
      }
    } finally {
      client.release(true);
    }
  });

  test('even the owner of the tables sees none', async () => {
    await expect(database.owner((tx) => tx.query('select * from p_test_shop.customer'))).rejects.toMatchObject({
      code: expect.stringMatching(/22P02|42704/),
    });
  });

  test.each(['', 'x', `'; drop table x; --`, '0190f3a0-0000-7000-8000-00000000000'])(
    '%j is no tenant',
    async (tenant) => {
      await expect(database.withTenant({ tenant }, async (tx) => tx.query('select 1'))).rejects.toMatchObject({
        code: 'tenant_invalid',
      });
    },
  );
});

describe('the wall itself', () => {
  test.each([
    ['truncate customer cascade', /permission denied/],
    ['alter table customer disable row level security', /must be owner/],
    ['alter policy tenant_isolation on customer using (true)', /must be owner/],
    ['drop policy tenant_isolation on customer', /must be owner/],
    ['create policy more on customer using (true)', /must be owner/],
    ['alter table customer no force row level security', /must be owner/],
    ['create table mine (id int)', /permission denied/],
    [
      'set local row_security to off; select * from customer',
      /cannot insert multiple|row-level security|query would be affected/,
    ],
    [`select * from hit_${monthOf(Date.now()).suffix}`, /permission denied/],
    ['set local role podlift_owner', /permission denied/],
    ['set local role podlift_system', /permission denied/],
    [`select * from core.migration`, /permission denied/],
  ])('refuses %s', async (sql, refusal) => {
    const run = sql.includes(';')
      ? (tx: Tx) => tx.query('set local row_security to off').then(() => tx.query('select * from customer'))
      : (tx: Tx) => tx.query(sql);
    await expect(asUs(run)).rejects.toThrow(refusal);
  });

  test('core does not reach into a plugin, nor a plugin into another', async () => {
    await expect(
      database.withTenant({ tenant: ours }, (tx) => tx.query('select * from p_test_shop.customer')),
    ).rejects.toThrow('permission denied');
  });

  test('the system role sees all tenants', async () => {
    const rows = await database.system('count customers', (tx) =>
      tx.query('select tenant_id from p_test_shop.customer'),
    );
    expect(rows).toHaveLength(2);
  });
});

test('200 transactions at once on few connections never mix', async () => {
  const tenants = await Promise.all(Array.from({ length: 10 }, () => database.newTenant()));
  await Promise.all(
    tenants.map((tenant, n) =>
      database.withTenant({ tenant, role }, (tx) =>
        tx.execute('insert into customer (tenant_id, id, name) values ($1, $2, $3)', [tenant, uuidv7(), `only ${n}`]),
      ),
    ),
  );
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const n = i % tenants.length;
      const rows = await database.withTenant({ tenant: tenants[n] ?? '', role }, async (tx) => {
        const [first] = await Promise.all([
          tx.query<{ name: string }>('select name from customer'),
          tx.query('select pg_sleep(0.002)'),
        ]);
        return [...first, ...(await tx.query<{ name: string }>('select name from customer'))];
      });
      return rows.every(({ name }) => name === `only ${n}`) && rows.length === 2;
    }),
  );
  expect(answers.every(Boolean)).toBe(true);
});
