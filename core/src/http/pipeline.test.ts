import { z } from 'zod';
import { describe, expect, test, vi } from 'vitest';
import { PodliftError } from '@podlift/sdk';
import { createLimits } from '../limits/index.ts';
import { createHealth, createMetrics, silentLog } from '../telemetry/index.ts';
import { ACME, createTestApp } from './testing/app.ts';
import { coreRoute, json, jsonBody, problem, type CoreRoute, type CoreRouteConfig } from './index.ts';

const Thing = z.object({ id: z.string(), who: z.string(), tenant: z.string().optional() });
const answers = { 200: json(Thing, 'The thing.') };
const read = (permission: 'things:read' | 'public' | 'signed-in' | 'operator', path: string): CoreRoute =>
  coreRoute({ method: 'get', path, permission, summary: 'Read', responses: answers }, (c) => {
    const { principal } = c.var;
    return c.json({ id: '1', who: principal.actor.id, tenant: principal.tenant?.slug }, 200);
  });

const write = coreRoute(
  {
    method: 'post',
    path: '/things',
    permission: 'things:write',
    summary: 'Write',
    request: {
      body: jsonBody(z.strictObject({ name: z.string(), tags: z.array(z.object({ n: z.number() })).optional() })),
    },
    responses: { 201: json(Thing, 'Made.') },
  },
  (c) => c.json({ id: c.req.valid('json').name, who: c.var.principal.actor.id }, 201),
);

const app = createTestApp({
  routes: [
    read('things:read', '/things'),
    read('things:read', '/things/{id}'),
    read('public', '/open'),
    read('signed-in', '/me'),
    read('operator', '/api/v1/system'),
    write,
  ],
});

const ANN = { cookie: 's=ann', 'podlift-tenant': 'acme' };
const KEY = { authorization: 'Bearer plk_acme' };
const JSON_KEY = { ...KEY, 'content-type': 'application/json' };
const codeOf = async (response: Response): Promise<unknown> => [response.status, (await response.json()).code];

describe('who asks', () => {
  test('a key brings its own tenant', async () => {
    const response = await app.request('/things', { headers: KEY });
    expect(await response.json()).toEqual({ id: '1', who: 'acme-key', tenant: 'acme' });
  });

  test.each([
    ['header by slug', '/things', ANN],
    ['header by id', '/things', { ...ANN, 'podlift-tenant': ACME.id }],
    ['host name', 'http://acme.podlift.test/things', { cookie: 's=ann' }],
    ['host name with port', 'http://acme.podlift.test:8080/things', { cookie: 's=ann' }],
    ['host and header alike', 'http://acme.podlift.test/things', ANN],
  ])('a session names its tenant by %s', async (_, url, headers) => {
    expect(await (await app.request(url, { headers })).json()).toMatchObject({ who: 'ann', tenant: 'acme' });
  });

  test.each([
    ['no credential', '/things', {}, 401, 'http.not_signed_in'],
    ['a bad key', '/things', { authorization: 'Bearer nope' }, 401, 'identity.key_bad'],
    ['a bad key beside a good session', '/things', { ...ANN, authorization: 'Bearer nope' }, 401, 'identity.key_bad'],
    ['a session without a tenant', '/things', { cookie: 's=ann' }, 400, 'http.tenant_missing'],
    ['an unknown tenant', '/things', { cookie: 's=ann', 'podlift-tenant': 'zed' }, 404, 'http.tenant_unknown'],
    ['a malformed tenant', '/things', { cookie: 's=ann', 'podlift-tenant': "a'b" }, 404, 'http.tenant_unknown'],
    ['a tenant of others', '/things', { cookie: 's=ann', 'podlift-tenant': 'beta' }, 404, 'http.tenant_unknown'],
    ['a key in the tenant of others', '/things', { ...KEY, 'podlift-tenant': 'beta' }, 400, 'http.tenants_disagree'],
    ['a key at the host of others', 'http://beta.podlift.test/things', KEY, 400, 'http.tenants_disagree'],
    ['host and header apart', 'http://beta.podlift.test/things', ANN, 400, 'http.tenants_disagree'],
    ['a suspended tenant', '/things', { authorization: 'Bearer plk_shut' }, 403, 'http.tenant_closed'],
    ['an operator route for a member', '/api/v1/system', { cookie: 's=ann' }, 403, 'http.operators_only'],
    ['an operator route for a key', '/api/v1/system', KEY, 403, 'http.operators_only'],
    [
      'an operator naming a tenant',
      '/api/v1/system',
      { cookie: 's=root', 'podlift-tenant': 'acme' },
      400,
      'http.tenant_not_here',
    ],
    ['signed-in for nobody', '/me', {}, 401, 'http.not_signed_in'],
  ])('%s is refused', async (_, url, headers, status, code) => {
    expect(await codeOf(await app.request(url, { headers: headers as Record<string, string> }))).toEqual([
      status,
      code,
    ]);
  });

  test('a missing permission is named', async () => {
    const headers = { ...ANN, origin: 'http://podlift.test', 'content-type': 'application/json' };
    const response = await app.request('/things', { method: 'POST', headers, body: '{"name":"a"}' });
    expect([response.status, await response.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'http.not_permitted', details: { permission: 'things:write' } }),
    ]);
  });

  test.each([
    ['/open', {}, 'anonymous'],
    ['/me', { cookie: 's=ann' }, 'ann'],
    ['/api/v1/system', { cookie: 's=root' }, 'root'],
  ])('%s needs no more than it says', async (url, headers, who) => {
    const response = await app.request(url, { headers: headers as Record<string, string> });
    expect(await response.json()).toEqual({ id: '1', who });
  });
});

describe('what is asked', () => {
  test.each([
    ['GET', '/nothing', 404, 'http.route_unknown'],
    ['DELETE', '/things', 405, 'http.method_not_allowed'],
    ['POST', '/open', 405, 'http.method_not_allowed'],
    ['BREW', '/open', 405, 'http.method_not_allowed'],
  ])('%s %s', async (method, path, status, code) => {
    const response = await app.request(path, { method, headers: KEY });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await codeOf(response)).toEqual([status, code]);
  });

  test('405 says what is allowed, and so does OPTIONS', async () => {
    expect((await app.request('/things', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, POST');
    const options = await app.request('/things', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    expect(options.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('HEAD is GET without a body', async () => {
    const response = await app.request('/things', { method: 'HEAD', headers: KEY });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  test('each wrong field is named with its path', async () => {
    const body = JSON.stringify({ tags: [{ n: 1 }, { n: 'x' }], extra: 1 });
    const response = await app.request('/things', { method: 'POST', headers: JSON_KEY, body });
    const found = await response.json();
    expect(response.status).toBe(422);
    expect(found.errors).toEqual([
      { in: 'body', path: 'name', message: expect.any(String) },
      { in: 'body', path: 'tags[1].n', message: expect.any(String) },
      { in: 'body', path: 'extra', message: 'Is not a known field.' },
    ]);
  });

  test.each([
    ['broken JSON', '{"name":', JSON_KEY, 400, 'http.not_json'],
    ['no content type', '{"name":"a"}', { ...KEY, 'content-type': '' }, 415, 'http.wrong_media_type'],
    ['another content type', 'name=a', { ...KEY, 'content-type': 'text/plain' }, 415, 'http.wrong_media_type'],
    ['a large body', JSON.stringify({ name: 'x'.repeat(2000) }), JSON_KEY, 413, 'http.body_too_large'],
    ['a deep body', '['.repeat(60) + ']'.repeat(60), JSON_KEY, 400, 'http.too_deep'],
    ['no body', undefined, KEY, 422, 'http.invalid'],
  ])('%s is refused', async (_, body, headers, status, code) => {
    const init = { method: 'POST', headers, ...(body !== undefined && { body }) };
    expect(await codeOf(await app.request('/things', init))).toEqual([status, code]);
  });

  test('of a stranger is not read', async () => {
    let reads = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      reads += 1;
      controller.enqueue(new TextEncoder().encode('['));
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const headers = { 'content-type': 'application/json', 'content-length': '900' };
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
    expect([(await app.request('/things', init)).status, reads]).toEqual([401, 0]);
  });

  test('brackets in strings are not depth', async () => {
    const body = JSON.stringify({ name: '[{"\\"'.repeat(60) });
    expect((await app.request('/things', { method: 'POST', headers: JSON_KEY, body })).status).toBe(201);
  });
});

describe('cross-site', () => {
  const post = (headers: Record<string, string>) =>
    app.request('/things', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"name":"a"}',
    });

  test.each([
    ['no origin', {}],
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['a null origin', { origin: 'null' }],
    ['a look-alike', { origin: 'http://podlift.test.evil.example' }],
    ['another scheme', { origin: 'https://podlift.test' }],
    ['a foreign fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }],
  ])('a cookie with %s changes nothing', async (_, headers) => {
    expect(await codeOf(await post({ ...ANN, ...headers }))).toEqual([403, 'http.cross_site']);
  });

  test('a key needs no origin, and pages of our own may', async () => {
    expect((await post({ ...KEY, origin: 'https://elsewhere.example' })).status).toBe(201);
    expect(await codeOf(await post({ ...ANN, origin: 'http://podlift.test' }))).toEqual([403, 'http.not_permitted']);
    expect(await codeOf(await post({ ...ANN, 'sec-fetch-site': 'same-origin' }))).toEqual([403, 'http.not_permitted']);
  });
});

describe('what goes wrong', () => {
  const failing = (error: unknown): CoreRoute =>
    coreRoute({ method: 'get', path: '/fail', permission: 'public', summary: 'Fail', responses: answers }, () => {
      throw error;
    });

  test.each([
    ['invalid', 422],
    ['forbidden', 403],
    ['missing', 404],
    ['conflict', 409],
    ['unavailable', 503],
    ['limit', 429],
    ['payment', 402],
  ] as const)('an error of kind %s is a %i', async (kind, status) => {
    const broken = createTestApp({
      routes: [failing(new PodliftError('a.b', 'The b of a.', { kind, details: { x: 1 } }))],
    });
    const response = await broken.request('/fail');
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({
        type: 'urn:podlift:problem:a.b',
        code: 'a.b',
        detail: 'The b of a.',
        details: { x: 1 },
      }),
    ]);
  });

  test('wrong fields found deeper down are told alike', async () => {
    const error = PodliftError.invalidInput('the rule', [{ path: ['items', '2', 'price'], message: 'Is negative.' }]);
    const response = await createTestApp({ routes: [failing(error)] }).request('/fail');
    expect((await response.json()).errors).toEqual([{ in: 'body', path: 'items[2].price', message: 'Is negative.' }]);
  });

  test('a fault of ours keeps its message back and logs it with the request id', async () => {
    const error = vi.fn<(line: object) => void>();
    const log = {
      ...silentLog,
      child: (fields: object) => ({
        ...silentLog,
        error: (line: object | string) => error({ ...fields, ...Object(line) }),
      }),
    };
    const broken = createTestApp({ log, routes: [failing(new TypeError('secret of the house'))] });
    const response = await broken.request('/fail');
    const body = await response.json();
    expect([response.status, body.code]).toEqual([500, 'http.internal']);
    expect(JSON.stringify(body)).not.toContain('secret of the house');
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({ requestId: body.requestId, err: expect.any(TypeError) }),
    );
    expect(response.headers.get('x-request-id')).toBe(body.requestId);
  });

  test('a problem may carry headers', async () => {
    const broken = createTestApp({ routes: [failing(problem(409, 'a.b', 'T', { headers: { 'retry-after': '3' } }))] });
    expect((await broken.request('/fail')).headers.get('retry-after')).toBe('3');
  });

  test('what takes too long is answered in time', async () => {
    const slow = coreRoute(
      { method: 'get', path: '/slow', permission: 'public', summary: 'Slow', timeoutMs: 20, responses: answers },
      async (c) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return c.json({ id: '1', who: 'x' }, 200);
      },
    );
    expect(await codeOf(await createTestApp({ routes: [slow] }).request('/slow'))).toEqual([503, 'http.timeout']);
  });

  test.each([undefined, '', 'everything', 'things', 'Things:Read'])(
    'a route with the permission %j cannot be declared',
    (permission) => {
      // As a plain JavaScript caller would.
      const config = {
        method: 'get',
        path: '/x',
        summary: 'X',
        responses: answers,
        permission,
      } as unknown as CoreRouteConfig;
      expect(() => coreRoute(config, (c) => c.body(null))).toThrow(/GET \/x declares/);
    },
  );

  test('two routes with the same shape cannot be declared', () => {
    const clash = [read('public', '/a/{x}'), read('public', '/a/{y}')];
    expect(() => createTestApp({ routes: clash })).toThrow('Two routes answer GET /a/{y}');
  });

  test('fixed text wins over a parameter, in whatever order they come', async () => {
    const by = (path: string): CoreRoute =>
      coreRoute({ method: 'get', path, permission: 'public', summary: 'Read', responses: answers }, (c) =>
        c.json({ id: path, who: 'x' }, 200),
      );
    const mixed = createTestApp({ routes: [by('/a/{x}'), by('/a/b'), by('/{y}/b')] });
    expect((await (await mixed.request('/a/b')).json()).id).toBe('/a/b');
    expect((await (await mixed.request('/a/c')).json()).id).toBe('/a/{x}');
    expect((await (await mixed.request('/z/b')).json()).id).toBe('/{y}/b');
  });
});

describe('every answer', () => {
  test.each(['/open', '/nothing', '/things'])('%s carries the safe headers', async (path) => {
    const { headers } = await app.request(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-request-id')).toMatch(/^[\da-f]{16}$/);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('answers that depend on who asks are kept by no cache', async () => {
    const asked = createTestApp({ routes: [read('things:read', '/things/{id}'), read('public', '/shown')] });
    const cache = async (path: string) => (await asked.request(path, { headers: KEY })).headers.get('cache-control');
    expect(await cache('/things/1')).toBe('private, no-store');
    expect(await cache('/shown')).toBeNull();
  });

  test('HTTPS is pinned where it is used', async () => {
    const config = { bodyLimit: 1, requestMs: 100, ratePerMinute: 0, trustedProxies: [], metricsToken: undefined };
    const secure = createTestApp({ config: { ...config, publicUrl: 'https://podlift.test' } });
    expect((await secure.request('/health/live')).headers.get('strict-transport-security')).toContain('max-age=');
    expect((await app.request('/open')).headers.get('strict-transport-security')).toBeNull();
  });

  test('requests are counted by template, never by path or tenant', async () => {
    const metrics = createMetrics({ process: false });
    const counted = createTestApp({ metrics, routes: [read('things:read', '/things/{id}')] });
    await counted.request('/things/secret-path', { headers: KEY });
    await counted.request('/unknown-path');
    const text = await metrics.text();
    expect(text).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/things/{id}",http_response_status_code="200"} 1',
    );
    expect(text).toContain('http_route="_unknown",http_response_status_code="404"');
    expect(text).not.toMatch(/secret-path|unknown-path|acme/);
  });

  test('a scope is opened for who asks for it, and closed', async () => {
    const events: string[] = [];
    const scoped = coreRoute(
      { method: 'get', path: '/scoped', permission: 'public', summary: 'Scoped', responses: answers },
      (c) => c.json({ id: String(c.var.scope.resolve('thing')), who: 'x' }, 200),
    );
    const openScope = () => ({
      resolve: () => (events.push('resolve'), 7),
      dispose: () => void events.push('dispose'),
    });
    const withScope = createTestApp({ openScope, routes: [scoped, read('public', '/open')] });
    await withScope.request('/open');
    expect(events).toEqual([]);
    expect((await (await withScope.request('/scoped')).json()).id).toBe('7');
    expect(events).toEqual(['resolve', 'dispose']);
  });
});

describe('rate limits', () => {
  const limited = (ratePerMinute: number) =>
    createTestApp({
      limits: createLimits({}),
      config: {
        bodyLimit: 1000,
        requestMs: 1000,
        trustedProxies: [],
        publicUrl: 'http://podlift.test',
        metricsToken: undefined,
        ratePerMinute,
      },
      routes: [read('things:read', '/things'), read('public', '/open')],
    });

  test('count per credential and tell what is left', async () => {
    const few = limited(2);
    const first = await few.request('/things', { headers: KEY });
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=2;w=60');
    expect(first.headers.get('ratelimit')).toBe('"default";r=1;t=60');
    await few.request('/things', { headers: KEY });
    const third = await few.request('/things', { headers: KEY });
    expect(third.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(third.headers.get('ratelimit')).toMatch(/r=0/);
    expect(await codeOf(third)).toEqual([429, 'http.too_many_requests']);
    expect((await few.request('/things', { headers: { authorization: 'Bearer plk_beta' } })).status).toBe(200);
  });

  test('count exactly under load', async () => {
    const few = limited(10);
    const answers = await Promise.all(Array.from({ length: 50 }, async () => few.request('/open')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  });

  test('who tries keys is not listened to for long', async () => {
    const few = limited(0);
    const guess = { headers: { authorization: 'Bearer guess' } };
    for (let tries = 0; tries < 60; tries += 1) await few.request('/things', guess);
    expect((await few.request('/things', guess)).status).toBe(429);
  });

  test('health does not mind a tenant in the header', async () => {
    expect((await app.request('/health/live', { headers: { 'podlift-tenant': 'acme' } })).status).toBe(200);
  });

  test('health and metrics are never limited', async () => {
    const few = limited(1);
    const answers = await Promise.all(Array.from({ length: 5 }, async () => few.request('/health/live')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
});

describe('health and metrics', () => {
  test('ready tells the reason', async () => {
    const health = createHealth();
    const own = createTestApp({ health });
    expect((await own.request('/health/ready')).status).toBe(200);
    health.add('database', () => ({ ok: false, reason: 'It does not answer.' }));
    const response = await own.request('/health/ready');
    expect(response.status).toBe(503);
    expect((await response.json()).checks.database).toMatchObject({ status: 'failing', reason: 'It does not answer.' });
    expect((await own.request('/health/live')).status).toBe(200);
  });

  const incoming = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });
  test.each([
    ['this machine', {}, '127.0.0.1', undefined, 200],
    ['this machine by IPv6', {}, '::1', undefined, 200],
    ['another machine', {}, '10.0.0.9', undefined, 403],
    ['a proxy that nobody declared', { 'x-forwarded-for': '9.9.9.9' }, '127.0.0.1', undefined, 403],
    ['the token', { authorization: 'Bearer 0123456789abcdef' }, '10.0.0.9', '0123456789abcdef', 200],
    ['a wrong token', { authorization: 'Bearer 0123456789abcdeX' }, '127.0.0.1', '0123456789abcdef', 403],
  ])('metrics are read by %s', async (_, headers, address, metricsToken, status) => {
    const config = {
      bodyLimit: 1,
      requestMs: 100,
      ratePerMinute: 0,
      trustedProxies: [],
      publicUrl: 'http://podlift.test',
      metricsToken,
    };
    const own = createTestApp({ config });
    const response = await own.request('/metrics', { headers: headers as Record<string, string> }, incoming(address));
    expect(response.status).toBe(status);
  });
});

test('a proxy that is not trusted is told of once', async () => {
  const warn = vi.fn<(fields: object | string, message?: string) => void>();
  const behind = createTestApp({ routes: [read('public', '/open')], log: { ...silentLog, warn } });
  for (let i = 0; i < 3; i++) await behind.request('/open', { headers: { 'x-forwarded-for': '203.0.113.7' } });
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]?.[1]).toContain('PODLIFT_TRUSTED_PROXIES');
});
