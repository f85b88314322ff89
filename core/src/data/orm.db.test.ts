import { uuidv7 } from '@podlift/sdk';
import { tenantEntity } from '@podlift/sdk/sql';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { shop } from './testing/shop.ts';

const Customer = tenantEntity({
  name: 'Customer',
  tableName: 'customer',
  properties: (p) => ({ id: p.uuid().primary(), name: p.text() }),
});
const Purchase = tenantEntity({
  name: 'Purchase',
  tableName: 'purchase',
  properties: (p) => ({ id: p.uuid().primary(), customerId: p.uuid(), micros: p.bigint('number') }),
});

let database: TestDatabase;
let tenant: string;
const role = 'p_test_shop';

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { owners: [shop] });
  database.registerEntities(role, [Customer]);
});
beforeEach(async () => {
  tenant = await database.newTenant();
});
afterAll(() => database?.close());

describe('the entity manager of a transaction', () => {
  test('writes and reads in that transaction, and sees what SQL wrote', async () => {
    const id = uuidv7();
    await database.withTenant({ tenant, role }, async (tx) => {
      const em = await tx.em();
      em.create(Customer, { tenantId: tenant, id, name: 'Ada' });
      await em.flush();
      expect(tx.wrote).toBe(true);
      expect(await tx.query('select name from customer where tenant_id = $1', [tenant])).toEqual([{ name: 'Ada' }]);
      await tx.execute('insert into customer (tenant_id, id, name) values ($1, $2, $3)', [tenant, uuidv7(), 'Bob']);
      expect(await em.count(Customer)).toBe(2);
    });
    const names = await database.withTenant({ tenant, role }, async (tx) =>
      (await (await tx.em()).find(Customer, {}, { orderBy: { name: 'asc' } })).map(({ name }) => name),
    );
    expect(names).toEqual(['Ada', 'Bob']);
  });

  test('says the tenant in every statement, so the filter does not hang on row-level security alone', async () => {
    const other = await database.newTenant();
    for (const owner of [tenant, other])
      await database.withTenant(
        { tenant: owner, role },
        async (tx) => void (await tx.em()).create(Customer, { tenantId: owner, id: uuidv7(), name: owner }),
      );
    await database.withTenant({ tenant, role }, async (tx) => {
      const em = await tx.em();
      const query = em.createQueryBuilder(Customer).select('*');
      await query.applyFilters();
      expect(query.getQuery()).toContain('"tenant_id" =');
      expect((await em.find(Customer, {})).map(({ name }) => name)).toEqual([tenant]);
      expect(await em.findOne(Customer, { name: other })).toBeNull();
      expect(await em.nativeDelete(Customer, { name: other })).toBe(0);
    });
  });

  test('flushes what was left before the commit, and drops it with a rollback', async () => {
    await database.withTenant(
      { tenant, role },
      async (tx) => void (await tx.em()).create(Customer, { tenantId: tenant, id: uuidv7(), name: 'left' }),
    );
    await expect(
      database.withTenant({ tenant, role }, async (tx) => {
        const em = await tx.em();
        em.create(Customer, { tenantId: tenant, id: uuidv7(), name: 'dropped' });
        await em.flush();
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const names = await database.withTenant({ tenant, role }, (tx) =>
      tx.query('select name from customer where tenant_id = $1', [tenant]),
    );
    expect(names).toEqual([{ name: 'left' }]);
  });

  test('nested transactions are savepoints', async () => {
    await database.withTenant({ tenant, role }, async (tx) => {
      const em = await tx.em();
      await em.transactional(
        async (inner) => void inner.create(Customer, { tenantId: tenant, id: uuidv7(), name: 'kept' }),
      );
      await em
        .transactional(async (inner) => {
          inner.create(Customer, { tenantId: tenant, id: uuidv7(), name: 'undone' });
          await inner.flush();
          throw new Error('undo');
        })
        .catch(() => undefined);
    });
    const names = await database.withTenant({ tenant, role }, (tx) =>
      tx.query('select name from customer where tenant_id = $1', [tenant]),
    );
    expect(names).toEqual([{ name: 'kept' }]);
  });

  test('updates, upserts and deletes', async () => {
    const id = uuidv7();
    await database.withTenant({ tenant, role }, async (tx) => {
      const em = await tx.em();
      const made = em.create(Customer, { tenantId: tenant, id, name: 'first' });
      await em.flush();
      made.name = 'second';
      await em.flush();
      await em.upsert(Customer, { tenantId: tenant, id, name: 'third' });
      await em.insertMany(Customer, [{ tenantId: tenant, id: uuidv7(), name: 'more' }]);
      expect(await em.nativeUpdate(Customer, { name: 'more' }, { name: 'most' })).toBe(1);
      expect(await em.nativeDelete(Customer, { name: 'most' })).toBe(1);
    });
    expect(
      await database.withTenant({ tenant, role }, (tx) =>
        tx.query('select name from customer where tenant_id = $1', [tenant]),
      ),
    ).toEqual([{ name: 'third' }]);
  });

  test('a new entity gets the tenant of its transaction when nobody says it', async () => {
    await database.withTenant({ tenant, role }, async (tx) => {
      const em = await tx.em();
      em.create(Customer, { id: uuidv7(), name: 'forgot' });
    });
    expect(
      await database.withTenant({ tenant, role }, (tx) =>
        tx.query('select name from customer where tenant_id = $1', [tenant]),
      ),
    ).toHaveLength(1);
  });

  test('cannot write a row of another tenant', async () => {
    const other = await database.newTenant();
    const writing = database.withTenant(
      { tenant, role },
      async (tx) => void (await tx.em()).create(Customer, { tenantId: other, id: uuidv7(), name: 'Eve' }),
    );
    await expect(writing).rejects.toThrow('row-level security');
  });

  test('knows entities that were registered after its first use', async () => {
    database.registerEntities(role, [Purchase]);
    const found = await database.withTenant({ tenant, role }, async (tx) => (await tx.em()).find(Purchase, {}));
    expect(found).toEqual([]);
  });

  test('waits in line with SQL that runs at the same time', async () => {
    await database.withTenant({ tenant, role }, async (tx) => {
      const em = await tx.em();
      const answers = await Promise.all([
        em.find(Customer, {}),
        tx.query('select 1 as one'),
        em.count(Customer),
        tx.query('select 2 as two'),
      ]);
      expect(answers).toEqual([[], [{ one: 1 }], 0, [{ two: 2 }]]);
    });
  });
});

test('there is none without a tenant', async () => {
  await expect(
    database.system('no orm', async (tx) => (tx as unknown as { em(): Promise<unknown> }).em()),
  ).rejects.toMatchObject({ code: 'entities_missing' });
});
