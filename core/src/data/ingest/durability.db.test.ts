import { uuidv7 } from '@podlift/sdk';
import {
  createTestDatabase,
  startTestServer,
  type RunningTestServer,
  type TestDatabase,
} from '@podlift/testkit/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shop } from '../testing/shop.ts';
import { createIngester } from './index.ts';

// A server of its own: it keeps the disk's promises, and it is killed.
let server: RunningTestServer;
let database: TestDatabase;

beforeAll(async () => {
  server = await startTestServer({ durable: true });
  database = await createTestDatabase(server, { owners: [shop] });
});
afterAll(async () => {
  await database?.close();
  await server?.stop();
});

test('no acknowledged row is lost when every process of the database is killed under load, and ingest goes on by itself', async () => {
  const tenant = await database.newTenant();
  const hits = createIngester(database, {
    schema: 'p_test_shop',
    name: 'hits',
    columns: { ids: 'uuid', kinds: 'text', notes: 'text' },
  });
  const acknowledged: string[] = [];
  let failures = 0;
  const load = new AbortController();
  const writers = Array.from({ length: 8 }, async () => {
    while (!load.signal.aborted) {
      const ids = Array.from({ length: 20 }, () => uuidv7());
      try {
        await hits.add(tenant, { ids, kinds: ids.map(() => 'x'), notes: ids.map(() => null) });
        acknowledged.push(...ids);
      } catch {
        failures++;
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  });
  for (let kills = 0; kills < 2; kills++) {
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 500);
    const pid = server.embedded.pid;
    process.kill(-pid, 'SIGKILL');
    await until(() => server.embedded.pid !== pid);
  }
  const before = acknowledged.length;
  await until(() => acknowledged.length > before + 500);
  load.abort();
  await Promise.all(writers);
  await hits.close();
  const rows = await database.withTenant({ tenant, role: 'p_test_shop' }, (tx) =>
    tx.query<{ id: string }>('select id from hit where tenant_id = $1', [tenant]),
  );
  const stored = new Set(rows.map(({ id }) => id));
  expect(failures).toBeGreaterThan(0);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come to that within 20 s');
    await new Promise((done) => setTimeout(done, 10));
  }
}
