import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Database } from '../../data/index.ts';
import { migrations } from '../migrations.ts';
import { createUsage, type Usage, type UsageQuery } from './index.ts';

let database: TestDatabase;
let now = Date.UTC(2026, 10, 24, 10, 30);
const clock = { now: () => now };
const DAY: UsageQuery = { from: new Date(Date.UTC(2026, 10, 24)), to: new Date(Date.UTC(2026, 10, 25)), by: 'day' };
const nodeOn = (on: Database) => createUsage({ database: on, clock });

let usage: Usage;
beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  usage = nodeOn(database);
});
afterAll(() => database.close());

const total = async (tenant: string, meter: string, by: UsageQuery['by'] = 'day') =>
  (await usage.read(tenant, { ...DAY, by, meters: [meter] })).map(({ amount }) => amount);

describe('usage', () => {
  test('adds up by the hour and the day, for each tenant apart', async () => {
    const [one, two] = [await database.newTenant(), await database.newTenant()];
    for (let n = 0; n < 1000; n++) usage.add(one, 'api.calls', 1);
    usage.add(two, 'api.calls', 7);
    now += 3_600_000;
    usage.add(one, 'api.calls', 5);
    usage.add(one, 'plugin.calls', 2, 'acme.a');
    usage.add(one, 'plugin.calls', 3, 'acme.b');
    await usage.flush();
    expect(await total(one, 'api.calls', 'hour')).toEqual([1000, 5]);
    expect(await total(one, 'api.calls')).toEqual([1005]);
    expect(await total(two, 'api.calls')).toEqual([7]);
    expect(await usage.read(one, { ...DAY, meters: ['plugin.calls'] })).toMatchObject([
      { of: 'acme.a', amount: 2 },
      { of: 'acme.b', amount: 3 },
    ]);
    expect((await usage.readAll(DAY)).filter(({ meter }) => meter === 'api.calls')).toMatchObject([
      { tenant: one, amount: 1005 },
      { tenant: two, amount: 7 },
    ]);
    expect((await usage.readAll({ ...DAY, after: one })).map(({ tenant }) => tenant)).toEqual([two]);
  });

  test('writes the sums of many tenants in one statement', async () => {
    const tenants = await Promise.all(Array.from({ length: 40 }, () => database.newTenant()));
    let statements = 0;
    const counting = nodeOn({
      ...database,
      system: (reason, fn) => {
        statements++;
        return database.system(reason, fn);
      },
    });
    for (const tenant of tenants) for (let n = 0; n < 50; n++) counting.add(tenant, 'jobs.ms', 0.5, 'acme.x');
    await counting.flush();
    // One to write, one to look for exact amounts.
    expect(statements).toBe(2);
    expect(await total(tenants[39] ?? '', 'jobs.ms')).toEqual([25]);
  });

  test('counts nothing twice when nobody knows whether a write was committed', async () => {
    const tenant = await database.newTenant();
    let fail = 2;
    const losing = nodeOn({
      ...database,
      async system(reason, fn) {
        const result = await database.system(reason, fn);
        // It was committed, and the answer was lost.
        if (fail-- > 0) throw new Error('Connection terminated');
        return result;
      },
    });
    losing.add(tenant, 'api.calls', 3);
    await expect(losing.flush()).rejects.toThrow('terminated');
    losing.add(tenant, 'api.calls', 4);
    await expect(losing.flush()).rejects.toThrow('terminated');
    await losing.flush();
    await losing.flush();
    expect(await total(tenant, 'api.calls')).toEqual([7]);
  });

  test('loses nothing when the database is away for a while', async () => {
    const tenant = await database.newTenant();
    let away = true;
    const node = nodeOn({
      ...database,
      system: (reason, fn) => (away ? Promise.reject(new Error('ECONNREFUSED')) : database.system(reason, fn)),
    });
    for (let n = 0; n < 5; n++) {
      node.add(tenant, 'api.calls', 1);
      await expect(node.flush()).rejects.toThrow('ECONNREFUSED');
    }
    away = false;
    await node.flush();
    expect(await total(tenant, 'api.calls')).toEqual([5]);
  });

  test('of many nodes adds up, also when they write the same hours at once', async () => {
    const tenants = await Promise.all(Array.from({ length: 10 }, () => database.newTenant()));
    const nodes = Array.from({ length: 4 }, () => nodeOn(database));
    for (let round = 0; round < 10; round++) {
      for (const node of nodes)
        for (const tenant of tenants.toSorted(() => Math.random() - 0.5)) node.add(tenant, 'api.calls', 1);
      await Promise.all(nodes.map((node) => node.flush()));
    }
    for (const tenant of tenants) expect(await total(tenant, 'api.calls')).toEqual([40]);
  });

  test('that is exact is there with its transaction, or not at all', async () => {
    const tenant = await database.newTenant();
    const amounts = [{ meter: 'acme.x/rows', amount: 10 }];
    await database.withTenant({ tenant }, (tx) => usage.addExact(tx, tenant, amounts));
    const failing = database.withTenant({ tenant }, async (tx) => {
      await usage.addExact(tx, tenant, amounts);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    // A node that dies before it folds loses nothing: another one does.
    const nodes = Array.from({ length: 3 }, () => nodeOn(database));
    await Promise.all([
      ...nodes.map((node) => node.flush()),
      database.withTenant({ tenant }, (tx) => usage.addExact(tx, tenant, amounts)),
    ]);
    expect(await total(tenant, 'acme.x/rows')).toEqual([20]);
    expect(await database.admin('select * from core.usage_pending')).toEqual([]);
  });

  test('that is a level keeps the highest of an hour and of a day', async () => {
    const tenant = await database.newTenant();
    for (const amount of [100, 300, 200]) await usage.level('storage.bytes', [{ tenant, amount }]);
    expect(await total(tenant, 'storage.bytes')).toEqual([300]);
    now += 3_600_000;
    await usage.level('storage.bytes', [{ tenant, amount: 250 }]);
    expect(await total(tenant, 'storage.bytes', 'hour')).toEqual([300, 250]);
    expect(await total(tenant, 'storage.bytes')).toEqual([300]);
  });

  test('has days that begin where the tenant is, and ends with the tenant', async () => {
    const tenant = await database.newTenant();
    usage.add(tenant, 'api.calls', 1);
    const [entry] = await usage.read(tenant, { ...DAY, timeZone: 'Asia/Tokyo' });
    expect(entry?.at.toISOString()).toBe('2026-11-23T15:00:00.000Z');
    await database.system('test', (tx) => tx.execute('delete from core.tenants where id = $1', [tenant]));
    usage.add(tenant, 'api.calls', 1);
    await usage.flush();
    expect(await database.admin('select amount from core.usage_hour where tenant_id = $1', [tenant])).toMatchObject([
      { amount: '1' },
    ]);
  });

  test('is removed when it is past its time', async () => {
    const tenant = await database.newTenant();
    usage.add(tenant, 'api.calls', 1);
    await usage.flush();
    now += 801 * 86_400_000;
    expect(await usage.retire()).toBeGreaterThan(0);
    expect(await database.admin('select 1 from core.usage_hour where tenant_id = $1', [tenant])).toEqual([]);
    expect(await database.admin('select 1 from core.usage_flush')).toEqual([]);
  });

  test('costs a request about nothing', () => {
    const tenant = '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e';
    const start = process.cpuUsage();
    for (let n = 0; n < 100_000; n++) usage.add(tenant, 'api.calls', 1);
    expect(process.cpuUsage(start).user / 100_000).toBeLessThan(3);
  });
});
