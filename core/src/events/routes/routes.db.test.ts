import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAudit, migrations as auditMigrations, type Audit } from '../../audit/index.ts';
import { createTestApp } from '../../http/testing/app.ts';
import type { HttpApp } from '../../http/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { appendEvents, createEventBus, eventRoutes, migrations, type EventBus } from '../index.ts';
import { happened } from '../testing/effects.ts';

let database: TestDatabase;
let bus: EventBus;
let audit: Audit;
let app: HttpApp;
let tenant: string;
let other: string;
const SUBSCRIBER = 'acme.feeds/test.happened@1';

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...auditMigrations, ...migrations] });
  [tenant, other] = [await database.newTenant(), await database.newTenant()];
  bus = createEventBus({ database, log: silentLog });
  audit = createAudit(database);
  const refOf = (id: string) => ({ id, slug: id, status: 'active' as const });
  app = createTestApp({
    routes: eventRoutes({ events: bus, audit }),
    authenticate: async (request) => {
      const id = request.headers.get('x-tenant') ?? '';
      return { kind: 'key', id, actor: { kind: 'key', id: 'k1' }, tenantId: id, cookie: false };
    },
    tenants: { byHost: async () => undefined, byName: async (name) => refOf(name), byId: async (id) => refOf(id) },
    resolvePrincipal: async ({ actor }, ref) => ({
      ...(ref && { tenant: ref }),
      actor,
      operator: false,
      can: () => true,
    }),
  });
});
afterAll(async () => {
  await bus.stop(0);
  await database.close();
});

const ask = (path: string, of: string, body?: unknown) =>
  app.request(path, {
    headers: { 'x-tenant': of, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });

describe('events over REST', () => {
  it('are read in order, resumed by position, and only by their tenant', async () => {
    await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(1, 'a'), happened(2)]));
    await bus.drain();
    const first = await (await ask('/api/v1/events?limit=1', tenant)).json();
    expect(first.items).toMatchObject([{ type: 'test.happened@1', key: 'a', payload: { value: 1 } }]);
    const rest = await (await ask(`/api/v1/events?after=${first.next}`, tenant)).json();
    expect(rest.items).toMatchObject([{ key: null, payload: { value: 2 } }]);
    expect(await (await ask('/api/v1/events?type=other@1', tenant)).json()).toMatchObject({ items: [] });
    expect(await (await ask('/api/v1/events', other)).json()).toEqual({ items: [], next: 0 });
  });

  it('that were parked are listed, retried and discarded, and the audit log knows by whom', async () => {
    let broken = true;
    await bus.register({
      id: SUBSCRIBER,
      types: ['test.happened@1'],
      mode: 'each',
      attempts: 1,
      deliver: async () => {
        if (broken) throw new Error('upstream says no');
      },
    });
    await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(3), happened(4)]));
    await bus.drain();
    const { items } = await (await ask(`/api/v1/events/dead-letters?subscriber=${SUBSCRIBER}`, tenant)).json();
    expect(items).toMatchObject([
      { subscriber: SUBSCRIBER, state: 'dead', error: 'Error: upstream says no', event: { payload: { value: 4 } } },
      { subscriber: SUBSCRIBER, state: 'dead', event: { payload: { value: 3 } } },
    ]);
    const of = (index: number, verb: string): string => `/api/v1/events/dead-letters/${items[index].event.id}/${verb}`;
    const who = { subscriber: SUBSCRIBER };
    expect((await ask(of(0, 'retry'), other, who)).status).toBe(404);
    expect((await ask(of(0, 'discard'), other, { ...who, reason: 'x' })).status).toBe(404);
    expect((await ask(of(0, 'discard'), tenant, who)).status).toBe(422);
    broken = false;
    expect((await ask(of(1, 'retry'), tenant, who)).status).toBe(204);
    expect((await ask(of(0, 'discard'), tenant, { ...who, reason: 'a test' })).status).toBe(204);
    await bus.drain();
    expect(await (await ask('/api/v1/events/dead-letters', tenant)).json()).toEqual({ items: [], next: null });
    expect((await ask(of(0, 'discard'), tenant, { ...who, reason: 'x' })).status).toBe(404);
    expect((await audit.list(tenant)).map(({ action }) => action)).toEqual(['event.discarded', 'event.retried']);
  });
});
