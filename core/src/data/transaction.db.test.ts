import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Tx } from './index.ts';
import { shop } from './testing/shop.ts';

let database: TestDatabase;
let tenant: string;
const role = 'p_test_shop';
const INSERT = 'insert into customer (tenant_id, id, name) values ($1, $2, $3)';

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { owners: [shop], poolSize: 4 });
});
beforeEach(async () => {
  tenant = await database.newTenant();
});
afterAll(() => database?.close());

const add = (tx: Tx, name: string) => tx.execute(INSERT, [tenant, uuidv7(), name]);
const names = () =>
  database.withTenant({ tenant, role }, async (tx) =>
    (await tx.query<{ name: string }>('select name from customer where tenant_id = $1 order by name', [tenant])).map(
      ({ name }) => name,
    ),
  );
const held = () => database.pool('runtime').totalCount - database.pool('runtime').idleCount;

describe('withTenant', () => {
  test('commits what fn did and returns what it returns', async () => {
    expect(await database.withTenant({ tenant, role }, async (tx) => add(tx, 'a'))).toBe(1);
    expect(await names()).toEqual(['a']);
    expect(held()).toBe(0);
  });

  test('rolls back when fn throws, and throws on', async () => {
    await expect(
      database.withTenant({ tenant, role }, async (tx) => {
        await add(tx, 'a');
        throw new Error('mine');
      }),
    ).rejects.toThrow('mine');
    expect(await names()).toEqual([]);
    expect(held()).toBe(0);
  });

  test('takes no connection when fn asks nothing', async () => {
    const before = database.pool('runtime').totalCount;
    expect(await database.withTenant({ tenant, role }, async () => 7)).toBe(7);
    expect(database.pool('runtime').totalCount).toBe(before);
  });

  test('does not call a swallowed failure a success', async () => {
    const writing = database.withTenant({ tenant, role }, async (tx) => {
      await add(tx, 'a');
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(writing).rejects.toMatchObject({ code: 'transaction_aborted' });
    expect(await names()).toEqual([]);
  });

  test('names the failure of its own beginning', async () => {
    await expect(database.withTenant({ tenant, role: 'p_not_there' }, (tx) => tx.query('select 1'))).rejects.toThrow(
      'p_not_there',
    );
    await expect(database.withTenant({ tenant, role: 'x"; drop' }, (tx) => tx.query('select 1'))).rejects.toMatchObject(
      { code: 'identifier_invalid' },
    );
  });

  test('runs statements in the order of the calls, also when nobody waits', async () => {
    await database.withTenant({ tenant, role }, async (tx) => {
      const all = [
        add(tx, 'a'),
        tx.execute('update customer set name = name || $2 where tenant_id = $1', [tenant, 'x']),
        add(tx, 'b'),
        tx.query('select name from customer'),
      ];
      expect((await Promise.all(all)).at(-1)).toEqual(expect.arrayContaining([{ name: 'ax' }, { name: 'b' }]));
    });
    expect(await names()).toEqual(['ax', 'b']);
  });

  test('refuses a second statement in the same text', async () => {
    await expect(
      database.withTenant({ tenant, role }, (tx) => tx.query('select 1; drop table customer')),
    ).rejects.toThrow('multiple commands');
  });

  test('a read-only one refuses to write', async () => {
    await expect(database.withTenant({ tenant, role, readOnly: true }, (tx) => add(tx, 'a'))).rejects.toThrow(
      'read-only',
    );
  });

  test('cannot be used after its end', async () => {
    const late = await database.withTenant({ tenant, role }, async (tx) => tx);
    await expect(late.query('select 1')).rejects.toMatchObject({ code: 'transaction_done' });
  });

  test('a savepoint undoes its part only', async () => {
    await database.withTenant({ tenant, role }, async (tx) => {
      await tx.savepoint(() => add(tx, 'kept'));
      await tx
        .savepoint(async () => {
          await add(tx, 'undone');
          await tx.savepoint(() => tx.query('select 1 / 0'));
        })
        .catch(() => undefined);
      await add(tx, 'after');
    });
    expect(await names()).toEqual(['after', 'kept']);
  });

  test('prepared statements keep their name per connection', async () => {
    for (let i = 0; i < 10; i++)
      await database.withTenant({ tenant, role }, (tx) =>
        tx.query('select name from customer where tenant_id = $1', [tenant], 'test.names'),
      );
    await database.withTenant({ tenant, role }, async (tx) => {
      await tx.query('select name from customer where tenant_id = $1', [tenant], 'test.names');
      const long = 'a.very.long.name.that.goes.on.and.on.until.it.is.longer.than.postgresql.keeps';
      expect(await tx.query('select 1 as one', [], long)).toEqual([{ one: 1 }]);
      expect(await tx.query('select 2 as two', [], `${long}.other`)).toEqual([{ two: 2 }]);
      const [row] = await tx.query<{ n: number }>(
        `select count(*) as n from pg_prepared_statements where name = 'p_test_shop.test.names'`,
      );
      expect(row?.n).toBe(1);
    });
  });

  test('numbers are exact, days are text, instants are dates', async () => {
    const [row] = await database.withTenant({ tenant, role }, (tx) =>
      tx.query(
        `select 9007199254740991::int8 as safe, 9007199254740993::int8 as big, array[1, null]::int8[] as list, '2026-02-28'::date as day, '2026-02-28T00:00:00Z'::timestamptz as at, 1.10::numeric as n`,
      ),
    );
    expect(row).toEqual({
      safe: 9007199254740991,
      big: 9007199254740993n,
      list: [1, null],
      day: '2026-02-28',
      at: new Date('2026-02-28T00:00:00Z'),
      n: '1.10',
    });
  });
});

describe('a lazy transaction', () => {
  test('holds nothing until its first statement, and nothing after its end', async () => {
    const work = database.lazyTransaction({ tenant, role });
    expect([work.open, held()]).toEqual([false, 0]);
    await work.run((tx) => add(tx, 'a'));
    expect([work.open, work.wrote]).toEqual([true, true]);
    await work.commit();
    expect([work.open, held()]).toEqual([false, 0]);
    expect(await names()).toEqual(['a']);
  });

  test('gives its connection back while it has only read, and goes on later', async () => {
    const work = database.lazyTransaction({ tenant, role });
    expect(await work.endIfOnlyRead()).toBe(true);
    await work.run((tx) => tx.query('select * from customer'));
    expect(await work.endIfOnlyRead()).toBe(true);
    expect([work.open, held()]).toEqual([false, 0]);
    await work.run((tx) => add(tx, 'later'));
    expect(await work.endIfOnlyRead()).toBe(false);
    await work.commit();
    expect(await names()).toEqual(['later']);
  });

  test('notices a write inside a function that looks like a read', async () => {
    await database.owner((tx) =>
      tx.query(
        `create or replace function p_test_shop.sneak(t uuid) returns int language sql volatile as $$ insert into p_test_shop.customer values (t, uuidv7(), 'sneaked') returning 1 $$`,
      ),
    );
    const work = database.lazyTransaction({ tenant, role });
    await work.run((tx) => tx.query('select sneak($1)', [tenant]));
    expect(await work.endIfOnlyRead()).toBe(false);
    await work.rollback();
    expect(await names()).toEqual([]);
  });

  test('rolls back, and says so when it is used again', async () => {
    const work = database.lazyTransaction({ tenant, role });
    await work.run((tx) => add(tx, 'a'));
    await work.rollback();
    await expect(work.run((tx) => tx.query('select 1'))).rejects.toMatchObject({ code: 'transaction_done' });
    expect(await names()).toEqual([]);
    expect(held()).toBe(0);
  });

  test('lets the host act last, in the same transaction and with its own role', async () => {
    const work = database.lazyTransaction({ tenant, role });
    await work.run((tx) => add(tx, 'a'));
    const seen: unknown[] = [];
    await work.commit(
      async (tx) =>
        void seen.push(
          ...(await tx.query(
            `select current_user::text as who, current_setting('search_path') as path, pg_current_xact_id_if_assigned() is not null as same`,
          )),
        ),
    );
    expect(seen).toEqual([{ who: 'podlift_runtime', path: 'core', same: true }]);
    await expect(
      (async () => {
        const failing = database.lazyTransaction({ tenant, role });
        await failing.run((tx) => add(tx, 'b'));
        await failing.commit(async () => {
          throw new Error('the host says no');
        });
      })(),
    ).rejects.toThrow('the host says no');
    expect(await names()).toEqual(['a']);
  });
});

describe('a connection that is lost', () => {
  test('fails its transaction only; the pool recovers', async () => {
    const lost = database.withTenant({ tenant, role }, async (tx) => {
      await add(tx, 'a');
      const [me] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await database.admin('select pg_terminate_backend($1)', [me?.pid]);
      await new Promise((done) => setTimeout(done, 50));
      await add(tx, 'b');
    });
    await expect(lost).rejects.toThrow(/terminat|not queryable|connection/i);
    expect(await names()).toEqual([]);
    expect(held()).toBe(0);
  });

  test('idle ones are replaced', async () => {
    await Promise.all(Array.from({ length: 4 }, names));
    await database.admin(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'podlift_runtime'`,
    );
    await new Promise((done) => setTimeout(done, 50));
    expect(await Promise.all(Array.from({ length: 8 }, names))).toHaveLength(8);
  });
});

test('the system sees all tenants, in one transaction', async () => {
  const other = await database.newTenant();
  for (const one of [tenant, other])
    await database.withTenant({ tenant: one, role }, (tx) => tx.execute(INSERT, [one, uuidv7(), 'x']));
  const removed = await database.system('test', (tx) =>
    tx.execute('delete from p_test_shop.customer where tenant_id = any($1)', [[tenant, other]]),
  );
  expect(removed).toBe(2);
});
