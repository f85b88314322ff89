import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { appendEvents, migrations } from './index.ts';
import { effects, effectsOf, happened, writeEffects } from './testing/effects.ts';
import { createNodes } from './testing/node.ts';

const HOUR = 3600_000;
let database: TestDatabase;
const nodes = createNodes(() => database);

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
});
afterAll(async () => {
  await nodes.stop();
  await database.close();
});

it('an event that was parked while the clock was ahead is tried again when it has been set back', async () => {
  let ahead = HOUR;
  let failures = 0;
  const tenant = await database.newTenant();
  const bus = nodes.open({ clock: { now: () => Date.now() + ahead } });
  await bus.register({
    id: 'test/late',
    types: ['test.happened@1'],
    mode: 'each',
    backoffMs: 200,
    async deliver(delivery) {
      if (failures++ === 0) throw new Error('not yet');
      await writeEffects(database, 'test/late', delivery);
    },
  });
  await bus.start();
  await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(1, 'a'), happened(2, 'a')]));
  await expect.poll(() => failures, { timeout: 10_000 }).toBe(1);
  ahead = 0;
  await expect.poll(() => effectsOf(database, tenant, 'test/late'), { timeout: 10_000 }).toEqual([1, 2]);
});
