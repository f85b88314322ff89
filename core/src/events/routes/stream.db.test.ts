import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAudit, migrations as auditMigrations } from '../../audit/index.ts';
import { listen, type RunningServer } from '../../http/index.ts';
import { createTestApp } from '../../http/testing/app.ts';
import { silentLog } from '../../telemetry/index.ts';
import { appendEvents, createEventBus, eventRoutes, migrations, type EventBus } from '../index.ts';
import { happened } from '../testing/effects.ts';

let database: TestDatabase;
let bus: EventBus;
let server: RunningServer;
let tenant: string;
let other: string;
let member = true;
const clients: AbortController[] = [];

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...auditMigrations, ...migrations] });
  [tenant, other] = [await database.newTenant(), await database.newTenant()];
  bus = createEventBus({ database, log: silentLog, pollMs: 50 });
  await bus.start();
  const refOf = (id: string) => ({ id, slug: id, status: 'active' as const });
  const app = createTestApp({
    streams: { perProcess: 50, perTenant: 50, perActor: 50, recheckMs: 50, unknownMs: 1000 },
    routes: eventRoutes({
      events: bus,
      audit: createAudit(database),
      permissionOfEvent: (type) => (type === 'test.secret@1' ? 'secrets:read' : undefined),
    }),
    authenticate: async (request) => {
      const id = request.headers.get('x-tenant') ?? '';
      const may = request.headers.get('x-may') ?? '';
      return { kind: 'key', id: `${id} ${may}`, actor: { kind: 'key', id: may }, tenantId: id, cookie: false };
    },
    tenants: { byHost: async () => undefined, byName: async (name) => refOf(name), byId: async (id) => refOf(id) },
    resolvePrincipal: async ({ actor }, ref) =>
      member
        ? { ...(ref && { tenant: ref }), actor, operator: false, can: (one) => actor.id.split(' ').includes(one) }
        : undefined,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0, shutdownMs: 1000, requestMs: 5000 }, { log: silentLog });
});
afterAll(async () => {
  for (const client of clients) client.abort();
  await server.stop();
  await bus.stop(0);
  await database.close();
});

async function open(of: string, may: string, query = '', lastId?: string) {
  const abort = new AbortController();
  clients.push(abort);
  const response = await fetch(`${server.url}/api/v1/events/stream${query}`, {
    headers: { 'x-tenant': of, 'x-may': may, ...(lastId && { 'last-event-id': lastId }) },
    signal: abort.signal,
  });
  let text = '';
  const ended = (async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  })().catch(() => undefined);
  const values = (): unknown[] =>
    [...text.matchAll(/^event: test\.\w+@1\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data).payload.value);
  return {
    response,
    ended,
    text: () => text,
    values,
    ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id),
  };
}

const append = async (of: string, ...events: Parameters<typeof appendEvents>[1]): Promise<void> => {
  await database.withTenant({ tenant: of }, (tx) => appendEvents(tx, events));
  bus.wake();
};

describe('the stream of events', () => {
  it('brings what comes, is resumed by Last-Event-ID, and shows nothing of others', async () => {
    const [mine, theirs] = [
      await open(tenant, 'events:read', '?after=0'),
      await open(other, 'events:read', '?after=0'),
    ];
    await append(tenant, happened(1), happened(2));
    await append(other, happened(9));
    await expect.poll(mine.values).toEqual([1, 2]);
    await expect.poll(theirs.values).toEqual([9]);
    await append(tenant, happened(3));
    await expect.poll(mine.values).toEqual([1, 2, 3]);
    const resumed = await open(tenant, 'events:read', '', mine.ids()[0]);
    await expect.poll(resumed.values).toEqual([2, 3]);
    await append(tenant, happened(4));
    await expect.poll(resumed.values).toEqual([2, 3, 4]);
  });

  it('is narrowed by types, and to what the listener may see', async () => {
    const secret = { ...happened(5), type: 'test.secret@1' };
    const plain = await open(tenant, 'events:read');
    const trusted = await open(tenant, 'events:read secrets:read');
    const one = await open(tenant, 'events:read secrets:read', '?types=test.secret@1,%20test.none@1');
    await expect.poll(() => bus.tail(tenant, 0).then(({ events }) => events.length)).toBe(4);
    await new Promise((go) => setTimeout(go, 100));
    await append(tenant, secret, happened(6), { ...happened(7), type: 'core.job-requested@1' });
    await expect.poll(trusted.values).toEqual([5, 6]);
    await expect.poll(plain.values).toEqual([6]);
    await expect.poll(one.values).toEqual([5]);
    expect(plain.text() + trusted.text()).not.toContain('core.job-requested');
    const page = await fetch(`${server.url}/api/v1/events`, {
      headers: { 'x-tenant': tenant, 'x-may': 'events:read' },
    });
    expect(JSON.stringify(await page.json())).not.toContain('test.secret');
  });

  it('needs the permission, and ends with the membership', async () => {
    expect((await open(tenant, 'campaigns:read')).response.status).toBe(403);
    const listener = await open(tenant, 'events:read');
    member = false;
    await listener.ended;
    expect(listener.text()).toContain('event: closed\ndata: {"status":404');
    member = true;
  });
});
