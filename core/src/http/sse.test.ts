import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createHealth, silentLog } from '../telemetry/index.ts';
import { ACME, createTestApp } from './testing/app.ts';
import { toText } from './sse.ts';
import {
  coreRoute,
  eventStream,
  listen,
  problem,
  streamEvents,
  type RunningServer,
  type StreamMessage,
} from './index.ts';

const LIMITS = { perProcess: 100, perTenant: 4, perActor: 3, recheckMs: 30, unknownMs: 200 };
const Answer = z.object({});

/** What the pretended identity room says now. */
let state: { session: boolean; member: boolean; tenant: string; may: boolean; away: boolean };
let asked: (string | undefined)[];
let left: number;
let sources: number;
let server: RunningServer;
const clients: AbortController[] = [];

/** Counts from the last id on; at three it waits for the end. */
async function* count(after: string | undefined, signal: AbortSignal): AsyncIterable<StreamMessage> {
  asked.push(after);
  sources++;
  try {
    for (let n = Number(after ?? 0) + 1; n <= 3; n++) yield { id: String(n), event: 'tick', data: { n } };
    if (!signal.aborted) await new Promise((go) => signal.addEventListener('abort', go, { once: true }));
  } finally {
    left++;
  }
}

const app = createTestApp({
  streams: LIMITS,
  authenticate: async (request) => {
    if (state.away) throw new Error('the database does not answer');
    const name = request.headers.get('authorization')?.replace('Bearer ', '');
    if (!state.session || !name) throw problem(401, 'identity.session_ended', 'The session has ended');
    return { kind: 'session', id: name, actor: { kind: 'user', id: name }, cookie: false };
  },
  tenants: {
    byHost: async () => undefined,
    byName: async () => ({ ...ACME, status: state.tenant }),
    byId: async () => undefined,
  },
  resolvePrincipal: async ({ actor }, tenant) =>
    state.member ? { ...(tenant && { tenant }), actor, operator: false, can: () => state.may } : undefined,
  routes: [
    coreRoute(
      {
        method: 'get',
        path: '/ticks',
        permission: 'things:read',
        summary: 'T',
        responses: { 200: eventStream(Answer, 'x') },
      },
      (c) => streamEvents(c, { source: count, heartbeatMs: 25 }),
    ),
    coreRoute(
      {
        method: 'post',
        path: '/ticks',
        permission: 'things:read',
        summary: 'P',
        responses: { 200: eventStream(Answer, 'x') },
      },
      (c) => streamEvents(c, { source: count, heartbeatMs: 25 }),
    ),
    coreRoute(
      {
        method: 'get',
        path: '/broken',
        permission: 'things:read',
        summary: 'B',
        responses: { 200: eventStream(Answer, 'x') },
      },
      (c) =>
        streamEvents(c, {
          source: async function* () {
            yield { data: 1 };
            throw new Error('pass word');
          },
        }),
    ),
    coreRoute(
      {
        method: 'get',
        path: '/flood',
        permission: 'things:read',
        summary: 'F',
        responses: { 200: eventStream(Answer, 'x') },
      },
      (c) =>
        streamEvents(c, {
          heartbeatMs: 25,
          source: async function* () {
            try {
              for (let n = 0; ; n++) {
                sources = n;
                yield { data: 'x'.repeat(100_000) };
              }
            } finally {
              left++;
            }
          },
        }),
    ),
  ],
});

beforeEach(async () => {
  state = { session: true, member: true, tenant: 'active', may: true, away: false };
  asked = [];
  left = 0;
  sources = 0;
  const config = { host: '127.0.0.1', port: 0, shutdownMs: 3000, requestMs: 200 };
  server = await listen(app, config, { log: silentLog, health: createHealth() });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.abort();
  await server.stop();
});

interface Client {
  readonly response: Response;
  text(): string;
  readonly ended: Promise<unknown>;
  leave(): void;
}

async function open(who = 'ann', headers: Record<string, string> = {}, method = 'GET'): Promise<Client> {
  const abort = new AbortController();
  clients.push(abort);
  const response = await fetch(`${server.url}/ticks`, {
    method,
    headers: { authorization: `Bearer ${who}`, 'podlift-tenant': 'acme', ...headers },
    signal: abort.signal,
  });
  let text = '';
  const ended = (async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  })().catch((error: unknown) => error);
  return { response, text: () => text, ended, leave: () => abort.abort() };
}

describe('a stream', () => {
  test('brings messages at once, lives through silence, and outlives the time a request may take', async () => {
    const client = await open();
    expect(client.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(client.response.headers.get('cache-control')).toContain('no-transform');
    await expect.poll(client.text).toContain('id: 3\nevent: tick\ndata: {"n":3}\n\n');
    expect(client.text()).toMatch(/^retry: 2000\n\n/);
    await sleep(300);
    expect(client.text().match(/^:$/gm)?.length).toBeGreaterThan(4);
    client.leave();
    await expect.poll(() => left).toBe(1);
  });

  test('is resumed behind the last id that the client has seen', async () => {
    const client = await open('ann', { 'last-event-id': '2' });
    await expect.poll(client.text).toContain('id: 3');
    expect(client.text()).not.toContain('id: 2');
    expect(asked).toEqual(['2']);
    const wrong = await open('ann', { 'last-event-id': 'x'.repeat(300) });
    expect([wrong.response.status, wrong.response.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json',
    ]);
  });

  test('answers HEAD without beginning', async () => {
    expect((await open('ann', {}, 'HEAD')).response.status).toBe(200);
    expect(sources).toBe(0);
  });

  test('is not kept for an Idempotency-Key, and does not wait for one', async () => {
    const client = await open('ann', { 'idempotency-key': 'k1' }, 'POST');
    await expect.poll(client.text).toContain('id: 3');
  });

  test('asks the source for no more than the client takes, and gives up one that takes nothing', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write('GET /flood HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nPodlift-Tenant: acme\r\n\r\n');
    await expect.poll(() => left, { timeout: 5000 }).toBe(1);
    expect(sources).toBeLessThan(500);
    socket.destroy();
  });
});

describe('a stream ends within moments', () => {
  test.each([
    ['the session ended', { session: false }, 'identity.session_ended', 401],
    ['the membership ended', { member: false }, 'http.tenant_unknown', 404],
    ['the permission was taken away', { may: false }, 'http.not_permitted', 403],
    ['the tenant was suspended', { tenant: 'suspended' }, 'http.tenant_closed', 403],
    ['nobody can tell for long', { away: true }, 'http.internal', 500],
  ])('after %s, and says why', async (_, change, code, status) => {
    const client = await open();
    await expect.poll(client.text).toContain('id: 3');
    Object.assign(state, change);
    await client.ended;
    const last = /event: closed\ndata: (.*)\n\n$/.exec(client.text())?.[1] ?? '{}';
    expect(JSON.parse(last)).toMatchObject({ code, status });
    await expect.poll(() => left).toBe(1);
    expect((await open()).response.status).toBe(status);
  });

  test('but not while the database is away for a moment', async () => {
    const client = await open();
    state.away = true;
    await sleep(100);
    state.away = false;
    await sleep(200);
    expect(client.text()).not.toContain('closed');
    expect(left).toBe(0);
  });

  test('when the server stops, which does not wait for it', async () => {
    const client = await open();
    await expect.poll(client.text).toContain('id: 3');
    const began = performance.now();
    await server.stop();
    await client.ended;
    expect(performance.now() - began).toBeLessThan(1500);
    expect(left).toBe(1);
    expect(client.text()).not.toContain('closed');
  });
});

describe('streams are bounded', () => {
  test('per person and per tenant, and make room when they end', async () => {
    const mine = [await open(), await open(), await open()];
    const refused = await open();
    expect(refused.response.status).toBe(429);
    expect(refused.response.headers.get('retry-after')).toBe('10');
    await expect.poll(refused.text).toContain('http.too_many_streams');
    await expect.poll(refused.text).toContain('for one person or key');
    expect((await open('bob')).response.status).toBe(200);
    const full = await open('cid');
    expect(full.response.status).toBe(429);
    await expect.poll(full.text).toContain('for the tenant');
    mine[0]?.leave();
    await expect.poll(async () => (await open('cid')).response.status).toBe(200);
  });
});

describe('a source that fails', () => {
  test('ends its stream with a problem that tells no secrets, and the client may come back', async () => {
    const response = await fetch(`${server.url}/broken`, {
      headers: { authorization: 'Bearer ann', 'podlift-tenant': 'acme' },
    });
    const text = await response.text();
    expect(text).toContain('data: 1\n\n');
    expect(text).toContain('event: closed\ndata: {"status":500,"code":"http.internal"');
    expect(text).not.toContain('pass word');
  });
});

describe('a message', () => {
  test('cannot forge another one', () => {
    expect(toText({ id: '1\n2', event: 'a\r\nid: 9', data: 'x\n\ny' })).toBe(
      'id: 1 2\nevent: a  id: 9\ndata: "x\\n\\ny"\n\n',
    );
    expect(toText({ data: undefined })).toBe('data: null\n\n');
  });
});
