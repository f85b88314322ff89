import { definePlugin, defineManifest, uuidv7, type Context } from '@podlift/sdk';
import { openapi, route, json, z } from '@podlift/sdk/http';
import { migration } from '@podlift/sdk/sql';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

const m0001 = migration('0001_order', (schema) =>
  schema.tenantTable({ name: 'orders', columns: { id: 'uuid not null' }, privacy: { id: 'none' } }),
);
const manifest = defineManifest({
  id: 'test.shop',
  version: '1.0.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  capabilities: ['data:sql'],
  data: { migrations: [m0001] },
  permissions: { 'orders:write': { title: 'Order', roles: ['owner'] } },
  prefixes: ['/api/v1/orders'],
});
/** What an attempt waits for after it wrote. */
let hold: Promise<void> = Promise.resolve();
let answer: 'short' | 'long' | 'secret' | 'refused' = 'short';

const shop = definePlugin(manifest, ({ routes }) => {
  routes(
    openapi<Context<typeof manifest>>((app) => {
      app.openapi(
        route({
          method: 'post',
          path: '/api/v1/orders',
          'x-permission': 'orders:write',
          summary: 'Order',
          responses: { 201: json(z.object({ id: z.string(), more: z.string() }), 'Ordered') },
        }),
        async (c) => {
          const { db } = c.var.ctx;
          const id = uuidv7();
          await db.query('insert into orders (tenant_id, id) values ($1, $2)', [db.tenant, id]);
          await hold;
          const headers = {
            location: `/api/v1/orders/${id}`,
            ...(answer === 'secret' && { 'cache-control': 'no-store' }),
          };
          if (answer === 'refused') return c.json({ id, more: '' }, 409 as 201, headers);
          return c.json({ id, more: answer === 'long' ? 'x'.repeat(300_000) : '' }, 201, headers);
        },
      );
    }),
  );
});

let host: TestHost;
let tenant: string;
beforeAll(async () => {
  host = await createTestHost({ plugins: [shop], jobs: false });
});
afterAll(() => host.stop());
beforeEach(async () => {
  tenant = await host.tenant();
  hold = Promise.resolve();
  answer = 'short';
});

const post = (): Promise<Response> =>
  host.request('/api/v1/orders', { method: 'POST', headers: { 'idempotency-key': 'one' } }, { tenant });
const orders = async (): Promise<number> =>
  (
    await host.rooms.database.system('count orders', (tx) =>
      tx.query('select 1 from p_test_shop.orders where tenant_id = $1', [tenant]),
    )
  ).length;
/** The process dies after the commit: what comes behind it never happens. */
async function dying<T>(work: () => Promise<T>): Promise<T> {
  const spies = (['finish', 'abandon'] as const).map((name) =>
    vi.spyOn(host.rooms.idempotency, name).mockImplementation(() => Promise.resolve()),
  );
  try {
    return await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
const LOCK_MS = 61_000;

test('what committed before a crash is not done again, however late the repeat', async () => {
  const first = await dying(post);
  expect(first.status).toBe(201);
  host.clock.advance(LOCK_MS);
  const repeat = await post();
  expect(repeat.status).toBe(201);
  expect(repeat.headers.get('idempotent-replayed')).toBe('true');
  expect(repeat.headers.get('location')).toBe(first.headers.get('location'));
  expect(await repeat.json()).toEqual(await first.json());
  expect(await orders()).toBe(1);
});

test('what did not commit before a crash is done by the repeat', async () => {
  answer = 'refused';
  expect((await dying(post)).status).toBe(409);
  expect(await orders()).toBe(0);
  answer = 'short';
  expect((await post()).status).toBe(409);
  host.clock.advance(LOCK_MS);
  expect((await post()).status).toBe(201);
  expect(await orders()).toBe(1);
});

test('an attempt whose key was taken over comes to nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  hold = promise;
  const slow = post();
  await vi.waitFor(async () => expect((await post()).status).toBe(409));
  host.clock.advance(LOCK_MS);
  hold = Promise.resolve();
  expect((await post()).status).toBe(201);
  resolve();
  expect((await slow).status).toBe(409);
  expect(await orders()).toBe(1);
});

test.each(['long', 'secret'] as const)('a %s answer is not kept, but that it was given', async (kind) => {
  answer = kind;
  expect((await dying(post)).status).toBe(201);
  host.clock.advance(LOCK_MS);
  expect((await post()).status).toBe(409);
  expect(await orders()).toBe(1);
});
