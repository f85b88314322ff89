import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createPartitionKeeper, maintainPartitions, openDatabase } from './index.ts';
import { monthOf } from './partitions.ts';
import { shop } from './testing/shop.ts';

let database: TestDatabase;
const DAY = 86_400_000;
const NOW = Date.now();
const name = (ms: number, offset = 0) => `hit_${monthOf(ms, offset).suffix}`;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { owners: [shop] });
});
afterAll(() => database?.close());

const partitions = async () =>
  (
    await database.admin<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where inhparent = 'p_test_shop.hit'::regclass order by 1`,
    )
  ).map((row) => row.name);
const insert = (tenant: string, id: string) =>
  database.withTenant({ tenant, role: 'p_test_shop' }, (tx) =>
    tx.execute('insert into hit (tenant_id, id, kind) values ($1, $2, $3)', [tenant, id, 'x']),
  );

test('a new event table has the months around now', async () => {
  expect(await partitions()).toEqual(
    [-1, 0, 1, 2].map((offset) => name(NOW, offset)).toSorted((a, b) => a.localeCompare(b)),
  );
});

test('each partition has indexes and policies of its own, and rights for nobody', async () => {
  const [about] = await database.admin<{ forced: boolean; policies: string; indexes: string; grants: string }>(
    `select relforcerowsecurity as forced, (select count(*) from pg_policy where polrelid = c.oid) as policies, (select count(*) from pg_index where indrelid = c.oid) as indexes,
       (select count(*) from aclexplode(relacl) a where a.grantee <> c.relowner) as grants from pg_class c where oid = $1::regclass`,
    [`p_test_shop.${name(NOW)}`],
  );
  expect(about).toEqual({ forced: true, policies: '3', indexes: '2', grants: '0' });
});

test('queries by time touch the partitions of that time only', async () => {
  const tenant = await database.newTenant();
  const plan = await database.withTenant({ tenant, role: 'p_test_shop' }, (tx) =>
    tx.query<{ 'QUERY PLAN': string }>(
      `explain select * from hit where tenant_id = '${tenant}' and id >= '${uuidv7(monthOf(NOW).from)}' and id < '${uuidv7(monthOf(NOW).from + DAY)}'`,
    ),
  );
  const text = plan.map((row) => row['QUERY PLAN']).join('\n');
  expect(text).toContain(name(NOW));
  expect(text).not.toContain(name(NOW, 1));
});

describe('the keeper', () => {
  test('makes the months of late events once, whoever asks at the same time', async () => {
    const other = await openDatabase(database.options);
    const keepers = [createPartitionKeeper(database), createPartitionKeeper(database), createPartitionKeeper(other)];
    const late = [200, 230, 260].map((days) => NOW - days * DAY);
    await Promise.all(
      keepers.flatMap((keeper) => [
        keeper.ensure('p_test_shop', 'hit', late),
        keeper.ensure('p_test_shop', 'hit', late),
      ]),
    );
    expect(await partitions()).toEqual(expect.arrayContaining(late.map((ms) => name(ms))));
    const tenant = await database.newTenant();
    for (const ms of late) expect(await insert(tenant, uuidv7(ms))).toBe(1);
    await other.close();
  });

  test('lets writers of other months go on meanwhile', async () => {
    const tenant = await database.newTenant();
    const keeper = createPartitionKeeper(database);
    await database.withTenant({ tenant, role: 'p_test_shop' }, async (tx) => {
      await tx.execute('insert into hit (tenant_id, id, kind) values ($1, $2, $3)', [tenant, uuidv7(), 'open']);
      await keeper.ensure('p_test_shop', 'hit', [NOW - 300 * DAY]);
    });
    expect(await partitions()).toContain(name(NOW - 300 * DAY));
  });

  test.each([
    ['401 days ago', NOW - 401 * DAY, 'partition_too_old'],
    ['32 days ahead', NOW + 32 * DAY, 'partition_too_new'],
    ['no time', Number.NaN, 'partition_too_new'],
  ])('refuses %s', async (_, time, code) => {
    const keeper = createPartitionKeeper(database, { now: () => NOW });
    expect(keeper.check(time)).toMatchObject({ code });
    await expect(keeper.ensure('p_test_shop', 'hit', [time])).rejects.toMatchObject({ code });
  });
});

describe('maintenance', () => {
  test('makes what is missing ahead and drops what is older than the retention', async () => {
    const tenant = await database.newTenant();
    await createPartitionKeeper(database).ensure('p_test_shop', 'hit', [NOW - 150 * DAY]);
    await insert(tenant, uuidv7(NOW - 150 * DAY));
    const { made, retired } = await maintainPartitions(database, NOW + 31 * DAY);
    expect(made).toContain(name(NOW + 31 * DAY, 2));
    expect(retired).toContain(name(NOW - 150 * DAY));
    expect(retired).not.toContain(name(NOW));
    expect(await partitions()).not.toContain(name(NOW - 150 * DAY));
    expect(await maintainPartitions(database, NOW + 31 * DAY)).toEqual({ made: [], retired: [] });
  });
});
