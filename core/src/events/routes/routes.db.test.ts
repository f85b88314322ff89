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

  it('are retried and discarded all at once, of a handler or of a key, each with its reason', async () => {
    let broken = true;
    const subscriber = 'acme.many/test.happened@1';
    await bus.register({
      id: subscriber,
      types: ['test.happened@1'],
      mode: 'each',
      attempts: 1,
      deliver: async () => {
        if (broken) throw new Error('down');
      },
    });
    await database.withTenant({ tenant }, (tx) =>
      appendEvents(tx, [
        happened(1, 'a'),
        happened(2, 'a'),
        happened(3, 'b'),
        happened(4),
        happened(5, 'c'),
        happened(6, 'c'),
      ]),
    );
    await bus.drain();
    const list = async (
      query = '',
    ): Promise<{ items: { event: { id: string; key: string }; state: string }[]; next: string | null }> =>
      (await ask(`/api/v1/events/dead-letters?subscriber=${subscriber}${query}`, tenant)).json();
    expect((await list('&state=dead')).items.length).toBe(4);
    expect((await list('&key=a')).items.map(({ state }) => state)).toEqual(['behind', 'dead']);
    // Page by page, each once.
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page = await list(`&limit=4${next && `&cursor=${next}`}`);
      seen.push(...page.items.map(({ event }) => event.id));
      next = page.next;
    }
    expect(new Set(seen).size).toBe(6);
    const [first] = (await list('&key=a')).items;
    const shown = await ask(`/api/v1/events/dead-letters/${first?.event.id}?subscriber=${subscriber}`, tenant);
    expect(await shown.json()).toMatchObject({ subscriber, state: 'behind', replay: null });
    expect((await ask(`/api/v1/events/dead-letters/${first?.event.id}?subscriber=${subscriber}`, other)).status).toBe(
      404,
    );
    const act = async (verb: string, body: object, of = tenant): Promise<unknown> =>
      (await ask(`/api/v1/events/dead-letters/${verb}`, of, { subscriber, ...body })).json();
    expect(await act('discard', { key: 'c' })).toMatchObject({ status: 422 });
    expect(await act('discard', { key: 'c', reason: 'it ended' })).toEqual({ count: 2 });
    expect(await act('retry', {}, other)).toEqual({ count: 0 });
    broken = false;
    expect(await act('retry', { key: 'a' })).toEqual({ count: 1 });
    await bus.drain();
    expect((await list()).items.map(({ event }) => event.key)).toEqual([null, 'b']);
    expect(await act('retry', {})).toEqual({ count: 2 });
    await bus.drain();
    expect((await list()).items).toEqual([]);
    const [last, , discarded] = await audit.list(tenant);
    expect(last).toMatchObject({
      action: 'event.all-retried',
      target: `subscriber:${subscriber}`,
      details: { count: 2 },
    });
    expect(discarded).toMatchObject({
      action: 'event.all-discarded',
      details: { eventKey: 'c', reason: 'it ended', count: 2 },
    });
  });

  it('are brought once more, by whom is in the audit log, and nobody else sees it', async () => {
    const subscriber = 'acme.again/test.happened@1';
    const seen: unknown[] = [];
    await bus.register({
      id: subscriber,
      types: ['test.happened@1'],
      mode: 'batch',
      from: 'earliest',
      deliver: async ({ events, replay }) => void (replay && seen.push(...events.map(({ key }) => key ?? null))),
    });
    await bus.drain();
    const path = '/api/v1/events/replays';
    expect((await ask(path, tenant, { subscriber })).status).toBe(422);
    expect((await ask(path, tenant, { subscriber: 'nobody', reason: 'x' })).status).toBe(404);
    expect((await ask(path, other, { subscriber, reason: 'x' })).status).toBe(422);
    const begun = await ask(path, tenant, { subscriber, key: 'a', reason: 'a test' });
    expect(begun.status).toBe(201);
    const { id } = await begun.json();
    await bus.drain();
    const shown = await (await ask(`${path}/${id}`, tenant)).json();
    expect(shown).toMatchObject({ state: 'done', handled: shown.total, key: 'a', actor: 'key:k1', reason: 'a test' });
    expect(new Set(seen)).toEqual(new Set(['a']));
    expect((await (await ask(path, tenant)).json()).items).toMatchObject([{ id }]);
    expect(await (await ask(path, other)).json()).toEqual({ items: [], next: null });
    expect((await ask(`${path}/${id}`, other)).status).toBe(404);
    expect((await ask(`${path}/${id}/cancel`, other, {})).status).toBe(404);
    expect((await ask(`${path}/${id}/cancel`, tenant, {})).status).toBe(409);
    expect((await audit.list(tenant))[0]).toMatchObject({ action: 'event.replay-started', target: `replay:${id}` });
  });

  it('are no secret to an operator in numbers: who listens, and how late', async () => {
    const response = await app.request('/api/v1/system/events/subscribers', { headers: { 'x-tenant': '' } });
    expect(response.status).toBe(403);
    const states = await bus.subscribers();
    expect(states.find(({ id }) => id === 'acme.again/test.happened@1')).toMatchObject({
      types: ['test.happened@1'],
      mode: 'batch',
      replay: true,
      oldest: null,
      dead: 0,
    });
  });
});
