import { createIngester, type Ingester } from '@podlift/core/data';
import { migrations as eventMigrations } from '../../../../core/src/events/index.ts';
import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { touchpointIngestion, orderIngestion } from './ingestions.ts';
import { m0001 } from './migrations/0001_events.ts';

let database: TestDatabase;
let touches: Ingester;
const schema = 'p_podlift_tracking';

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), {
    migrations: eventMigrations,
    owners: [{ owner: 'podlift.tracking', schema, role: schema, migrations: [m0001] }],
  });
  touches = createIngester(database, { schema, ...touchpointIngestion });
});
afterAll(async () => {
  await touches?.close();
  await database?.close();
});

test('lands', async () => {
  const tenant = await database.newTenant();
  const key = uuidv7();
  const n = 3;
  const col = <T>(v: T): T[] => Array.from({ length: n }, () => v);
  const rows = {
    id: [uuidv7(), uuidv7(), uuidv7()],
    key: [key, key, uuidv7()],
    household: col(uuidv7()),
    kind: col('page'),
    channel: col('direct'),
    name: col(null),
    evidence: col(null),
    campaign: col(null),
    placement: col(null),
    show: col(null),
    episode: col(null),
  };
  expect(await touches.add(tenant, rows)).toEqual([true, false, true]);
  expect(await touches.add(tenant, rows)).toEqual([false, false, false]);
  console.log(
    await database.admin('select type, payload from core.event'),
    await database.admin('select * from core.event_pending'),
  );
});
void orderIngestion;
