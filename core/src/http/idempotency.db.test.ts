import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { createTestApp } from './testing/app.ts';
import {
  coreRoute,
  createIdempotencyStore,
  json,
  jsonBody,
  migrations,
  problem,
  type HttpApp,
  type IdempotencyStore,
  type TenantRef,
} from './index.ts';

let database: TestDatabase;
let store: IdempotencyStore;
let app: HttpApp;
let now: number;
let tenants: TenantRef[];
let runs: number;
let hold: Promise<void> | undefined;
let failing: 'throw' | 'refuse' | undefined;
let secret = false;

const Body = z.object({ name: z.string() });
const route = (path: string) =>
  coreRoute(
    {
      method: 'post',
      path,
      permission: 'things:write',
      summary: 'Make',
      request: { body: jsonBody(Body) },
      responses: { 201: json(z.object({ run: z.number(), name: z.string() }), 'Made.') },
    },
    async (c) => {
      runs += 1;
      const run = runs;
      await hold;
      if (failing === 'throw') throw new Error('broken');
      if (failing === 'refuse') throw problem(409, 'things.taken', 'It is taken');
      c.header('location', `/things/${run}`);
      if (secret) c.header('cache-control', 'no-store');
      return c.json({ run, name: c.req.valid('json').name }, 201);
    },
  );

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  const clock = { now: () => now };
  store = createIdempotencyStore(database, clock);
});
afterAll(() => database?.close());

beforeEach(async () => {
  secret = false;
  [runs, hold, failing, now] = [0, undefined, undefined, Date.now()];
  tenants = await Promise.all(
    ['one', 'two'].map(async (slug) => ({ id: await database.newTenant(), slug, status: 'active' })),
  );
  app = createTestApp({
    idempotency: store,
    routes: [route('/things'), route('/others')],
    authenticate: async (request) => {
      const id = request.headers.get('authorization') ?? '';
      return { kind: 'key', id, actor: { kind: 'key', id }, cookie: false };
    },
    tenants: {
      byHost: async () => undefined,
      byName: async (name) => tenants.find(({ slug }) => slug === name),
      byId: async () => undefined,
    },
  });
});

interface Sent {
  key?: string;
  body?: unknown;
  path?: string;
  tenant?: string;
  actor?: string;
}

async function post({ key = 'k1', body = { name: 'a' }, path = '/things', tenant = 'one', actor = 'ann' }: Sent = {}) {
  const response = await app.request(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': key,
      'podlift-tenant': tenant,
      authorization: actor,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('a repeated POST', () => {
  test('is answered from memory, with its headers', async () => {
    const [first, second] = [await post(), await post()];
    expect([first.status, first.body, runs]).toEqual([201, { run: 1, name: 'a' }, 1]);
    expect([second.status, second.body]).toEqual([201, { run: 1, name: 'a' }]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe('/things/1');
    expect(second.headers.get('content-type')).toBe('application/json');
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });

  test('whose answer showed a secret is not done again, and the secret is kept nowhere', async () => {
    secret = true;
    const first = await post({ body: { name: 'plk_secret' } });
    expect([first.status, first.body]).toEqual([201, { run: 1, name: 'plk_secret' }]);
    const second = await post({ body: { name: 'plk_secret' } });
    expect([second.status, second.body.code, runs]).toEqual([409, 'http.idempotency_shown_once', 1]);
    const kept = await database.admin<{ body: Buffer }>('select body from core.idempotency where body is not null');
    expect(kept.map(({ body }) => body.toString()).join()).not.toContain('plk_secret');
  });

  test('with another body is refused', async () => {
    await post();
    const second = await post({ body: { name: 'b' } });
    expect([second.status, second.body.code, runs]).toEqual([422, 'http.idempotency_key_reused', 1]);
  });

  test.each([
    ['another key', { key: 'k2' }],
    ['another route', { path: '/others' }],
    ['another tenant', { tenant: 'two' }],
    ['another actor', { actor: 'bob' }],
  ])('with %s is another request', async (_, other) => {
    await post();
    expect((await post(other)).body.run).toBe(2);
  });

  test('while the first still runs is told to wait', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const first = post();
    await vi.waitUntil(() => runs > 0);
    const second = await post();
    expect([second.status, second.body.code, second.headers.get('retry-after')]).toEqual([
      409,
      'http.idempotency_in_flight',
      '1',
    ]);
    release();
    expect((await first).status).toBe(201);
    expect((await post()).body.run).toBe(1);
  });

  test('runs once, however many come together', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => post()));
    expect(runs).toBe(1);
    expect(all.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1);
    expect(all.every(({ status }) => status === 201 || status === 409)).toBe(true);
  });

  test('after a fault of ours runs again; a refusal is remembered', async () => {
    failing = 'throw';
    expect((await post()).status).toBe(500);
    failing = 'refuse';
    expect((await post()).body.code).toBe('things.taken');
    failing = undefined;
    const third = await post();
    expect([third.status, third.body.code, runs]).toEqual([409, 'things.taken', 2]);
  });

  test('is new again after a day', async () => {
    await post();
    now += 24 * 3600_000 + 1;
    expect((await post()).body.run).toBe(2);
    now += 24 * 3600_000 + 1;
    expect(await store.prune()).toBeGreaterThanOrEqual(1);
    expect(await store.prune()).toBe(0);
  });

  test('takes over from a process that died', async () => {
    const scope = { tenant: tenants[0]?.id ?? '', actor: 'key:ann', route: 'POST /things', key: 'k1' };
    expect(await store.begin(scope, 'x')).toMatchObject({ kind: 'fresh' });
    expect((await post()).status).toBe(422);
    now += 61_000;
    expect((await post()).status).toBe(201);
  });

  test.each(['', 'with space', 'ü'.repeat(3), 'k'.repeat(256)])(
    'with the key %j is refused or not one',
    async (key) => {
      const answer = await post({ key }).catch(() => ({ status: 400 }));
      expect(answer.status).toBe(400);
      expect(runs).toBe(0);
    },
  );
});
