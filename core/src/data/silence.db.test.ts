import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openGate, type Gate } from '../app/testing/gate.ts';
import { openDatabase, type Database } from './index.ts';

const SILENT_MS = 700;
let whole: TestDatabase;
let gate: Gate;
let database: Database;

beforeAll(async () => {
  whole = await createTestDatabase(inject('postgres'));
  gate = await openGate(whole.options.url ?? '');
  database = await openDatabase({ ...whole.options, url: gate.through(whole.options.url ?? ''), silentMs: SILENT_MS });
});
afterAll(async () => {
  await database.close();
  await gate.close();
  await whole.close();
});

test('a network that swallows packets: what was asked for fails in time, and new connections work at once', async () => {
  const tenant = await whole.newTenant();
  const ask = (): Promise<unknown> => database.withTenant({ tenant }, (tx) => tx.query('select 1 as one'));
  // Two connections that nobody has to make any more.
  expect(await Promise.all([ask(), ask()])).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  gate.swallow();
  const began = performance.now();
  const both = await Promise.allSettled([
    database.query('select 1'),
    database.withTenant({ tenant }, async (tx) => {
      await tx.query('select 1');
      await tx.query('select 2');
    }),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(performance.now() - began).toBeLessThan(5 * SILENT_MS);
  await gate.shut();
  await gate.open();
  expect(await ask()).toEqual([{ one: 1 }]);
  // A statement that takes its time, but not that long, is waited for.
  expect(await database.query(`select pg_sleep(${SILENT_MS / 2000})`)).toHaveLength(1);
});
