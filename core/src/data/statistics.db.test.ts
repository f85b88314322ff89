import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { forgetStatements, readStatements } from './index.ts';
import { shop } from './testing/shop.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { owners: [shop] });
});
afterAll(() => database?.close());

const role = 'p_test_shop';
const count = (tenant: string, name: string) =>
  database.withTenant({ tenant, role }, (tx) =>
    tx.query('select count(*) from customer where tenant_id = $1 and name = $2', [tenant, name]),
  );

test('what statements cost is told with whose they are and without their values', async () => {
  const tenant = await database.newTenant();
  for (let n = 0; n < 30; n++) await count(tenant, 'canary-of-a-name');
  await database.withTenant({ tenant, role }, (tx) =>
    tx.query(`select count(*) as literal from customer where tenant_id = $1 and name = 'canary-in-the-text'`, [tenant]),
  );
  const costs = await readStatements(database, 'calls', 200);
  expect(costs.find(({ statement }) => statement.includes('and name = $2'))).toMatchObject({
    role,
    calls: 30,
    meanMs: expect.any(Number),
    share: expect.any(Number),
  });
  expect(JSON.stringify(costs)).not.toContain('canary');
  // Nobody but the system role may look.
  await expect(
    database.withTenant({ tenant }, (tx) => tx.query('select query from monitor.pg_stat_statements')),
  ).rejects.toMatchObject({ code: '42501' });

  await forgetStatements(database);
  expect(JSON.stringify(await readStatements(database, 'total', 200))).not.toContain('and name = $2');
});

test('a server that does not measure says what to do', async () => {
  const missing = { system: () => Promise.reject(Object.assign(new Error('must be loaded'), { code: '55000' })) };
  await expect(readStatements(missing, 'mean', 1)).rejects.toMatchObject({
    code: 'statements_not_measured',
    message: expect.stringContaining('shared_preload_libraries'),
  });
});
