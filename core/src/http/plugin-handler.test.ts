import { describe, expect, test } from 'vitest';
import { Hono } from 'hono';
import { createTestApp, ACME } from './testing/app.ts';
import { createPluginRoutes, readPluginRoutes, type PluginCall, type PluginDoor } from './index.ts';

const document = {
  paths: {
    '/items': { get: { 'x-permission': 'things:read' }, post: { 'x-permission': 'things:write' } },
    '/items/{id}': { get: { 'x-permission': 'things:read' } },
    '/hit': { post: { 'x-permission': 'public', 'x-cors': 'open', 'x-rate-per-minute': 0 } },
    '/secret': { get: { 'x-permission': 'other:read' } },
  },
};
const mount = '/api/v1/x/acme/shop';
const KEY = { authorization: 'Bearer plk_acme' };

interface Shown {
  seen?: Request;
  call?: PluginCall;
  calls: number;
}

/** An app with one plugin that answers with `answer`, and what the plugin saw. */
function withPlugin(
  answer: (request: Request) => Response | Promise<Response>,
  { trusted = false, enabled = true }: { trusted?: boolean; enabled?: boolean } = {},
) {
  const routes = createPluginRoutes(readPluginRoutes('acme.shop', document, { mount, trusted }));
  const shown: Shown = { calls: 0 };
  const plugins: PluginDoor = {
    routes: () => routes,
    isEnabled: (_, tenant) => enabled || tenant !== ACME.id,
    documents: () => [],
    async serve(_, request, call) {
      Object.assign(shown, { seen: request, call, calls: shown.calls + 1 });
      return answer(request);
    },
  };
  return { app: createTestApp({ plugins }), shown };
}

const inner = new Hono()
  .get('/api/v1/x/acme/shop/items/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.query('q') }))
  .post('/api/v1/x/acme/shop/items', async (c) => c.json(await c.req.json(), 201));

describe('a route of a plugin', () => {
  test('gets the request and answers it', async () => {
    const { app, shown } = withPlugin((request) => inner.fetch(request));
    const response = await app.request(`${mount}/items/7?q=a%20b`, { headers: KEY });
    expect([response.status, await response.json()]).toEqual([200, { id: '7', q: 'a b' }]);
    expect(shown.call).toMatchObject({ principal: { actor: { id: 'acme-key' }, tenant: { slug: 'acme' } } });
    const sent = await app.request(`${mount}/items`, {
      method: 'POST',
      headers: { ...KEY, 'content-type': 'application/json' },
      body: '{"a":[1]}',
    });
    expect([sent.status, await sent.json()]).toEqual([201, { a: [1] }]);
  });

  test.each([
    ['an undocumented path', 'GET', '/other', KEY, 404],
    ['an undocumented method', 'DELETE', '/items', KEY, 405],
    ['no credential', 'GET', '/items', {}, 401],
    ['a missing permission', 'GET', '/secret', KEY, 403],
  ])('is not reached by %s', async (_, method, path, headers, status) => {
    const { app, shown } = withPlugin(() => new Response('reached'));
    expect((await app.request(mount + path, { method, headers: headers as Record<string, string> })).status).toBe(
      status,
    );
    expect(shown.calls).toBe(0);
  });

  test('does not exist for a tenant that has not enabled the plugin', async () => {
    const { app, shown } = withPlugin(() => new Response('reached'), { enabled: false });
    const response = await app.request(`${mount}/items`, { headers: KEY });
    expect([response.status, (await response.json()).code]).toEqual([404, 'http.plugin_not_enabled']);
    expect((await app.request(`${mount}/items`, { headers: { authorization: 'Bearer plk_beta' } })).status).toBe(200);
    expect(shown.calls).toBe(1);
  });

  test('needs a permission in its document', () => {
    const bare = { paths: { '/x': { get: {} } } };
    expect(() => readPluginRoutes('acme.shop', bare, { mount, trusted: true })).toThrow('declares no permission');
  });
});

describe('what goes in', () => {
  const HEADERS = {
    ...KEY,
    cookie: 's=ann',
    'x-forwarded-for': '1.2.3.4',
    'x-client-ip': '1.2.3.4',
    accept: 'text/x',
    'content-type': 'text/plain',
  };

  test('are no credentials, however the plugin looks', async () => {
    const { app, shown } = withPlugin(() => new Response('ok'));
    await app.request(`${mount}/items`, { headers: HEADERS });
    const headers = shown.seen?.headers ?? new Headers({ authorization: 'missing' });
    for (const name of ['authorization', 'Authorization', 'cookie', 'x-forwarded-for', 'x-client-ip']) {
      expect(headers.get(name)).toBeNull();
      expect(headers.has(name)).toBe(false);
    }
    const all = [...headers, ...headers.entries(), ...new Headers(headers)].flat().join(' ');
    expect(all).not.toMatch(/plk_acme|s=ann|1\.2\.3\.4/);
    expect([headers.get('accept'), [...headers.keys()].includes('accept')]).toEqual(['text/x', true]);
    const copies = [shown.seen?.clone(), new Request(shown.seen ?? 'x:')];
    for (const copy of copies) expect([...(copy?.headers ?? [])].flat().join(' ')).not.toMatch(/plk_acme|s=ann/);
  });

  test('is a request in all its ways', async () => {
    const texts: unknown[] = [];
    const ways: ((request: Request) => Promise<unknown>)[] = [
      (request) => request.text(),
      async (request) => new TextDecoder().decode(await request.arrayBuffer()),
      async (request) => (await request.blob()).text(),
      (request) => new Response(request.body).text(),
      (request) => request.clone().text(),
      (request) => new Request(request).text(),
      async (request) => new TextDecoder().decode(await request.bytes()),
    ];
    for (const way of ways) {
      const { app } = withPlugin(async (request) => {
        expect(request).toBeInstanceOf(Request);
        expect(request.headers).toBeInstanceOf(Headers);
        texts.push(await way(request));
        return new Response('ok');
      });
      for (const contentType of ['text/plain', 'application/json'])
        await app.request(`${mount}/items`, {
          method: 'POST',
          headers: { ...KEY, 'content-type': contentType },
          body: '"a body"',
        });
    }
    expect(texts).toEqual(Array.from({ length: 14 }, () => '"a body"'));
  });

  test('is read once', async () => {
    const { app } = withPlugin(async (request) => {
      await request.text();
      expect(request.bodyUsed).toBe(true);
      await expect(request.text()).rejects.toThrow('already been read');
      return new Response('ok');
    });
    const init = { method: 'POST', headers: { ...KEY, 'content-type': 'text/plain' }, body: 'x' };
    expect((await app.request(`${mount}/items`, init)).status).toBe(200);
  });

  test('ends for the plugin when the caller goes away', async () => {
    const { app, shown } = withPlugin(() => new Response('ok'));
    const caller = new AbortController();
    await app.request(`${mount}/items`, { headers: KEY, signal: caller.signal });
    expect(shown.call?.signal.aborted).toBe(false);
    caller.abort();
    expect(shown.call?.signal.aborted).toBe(true);
    expect(shown.seen?.signal.aborted).toBe(true);
  });
});

describe('what comes out', () => {
  const HOSTILE = {
    'set-cookie': 'podlift.session=stolen',
    'clear-site-data': '"*"',
    'strict-transport-security': 'max-age=0',
    'service-worker-allowed': '/',
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'x-request-id': 'forged',
    'content-type': 'text/html',
  };

  test.each([true, false])('cannot act as the product (trusted: %s)', async (trusted) => {
    const { app } = withPlugin(() => new Response('<script>', { headers: HOSTILE }), { trusted });
    const { headers } = await app.request(`${mount}/items`, { headers: KEY });
    for (const name of Object.keys(HOSTILE).filter((one) => !['content-type', 'x-request-id'].includes(one)))
      expect([name, headers.get(name)]).toEqual([name, null]);
    expect(headers.get('x-request-id')).not.toBe('forged');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(trusted ? /^default-src 'none'/ : /^sandbox/);
  });

  test('of a stranger keeps no page out of its fence', async () => {
    const { app } = withPlugin(() => new Response('x', { headers: { 'content-security-policy': 'default-src *' } }));
    const { headers } = await app.request(`${mount}/items`, { headers: KEY });
    expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  test('may be an answer whose headers are fixed', async () => {
    const { app } = withPlugin(() => Response.redirect('http://podlift.test/elsewhere'), { trusted: true });
    const response = await app.request(`${mount}/items`, { headers: KEY });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://podlift.test/elsewhere']);
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f]{16}$/);
  });

  test('may be a stream', async () => {
    const { app } = withPlugin(() => new Response(new Blob(['a', 'b']).stream()));
    expect(await (await app.request(`${mount}/items`, { headers: KEY })).text()).toBe('ab');
  });
});

describe('ingest', () => {
  test.each([
    [true, '*'],
    [false, null],
  ])('is open to pages of others when the plugin is ours (%s)', async (trusted, origin) => {
    const { app } = withPlugin(() => new Response(null, { status: 204 }), { trusted });
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
    const preflight = await app.request(`${mount}/hit`, { method: 'OPTIONS', headers });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    const hit = await app.request(`${mount}/hit`, { method: 'POST', headers });
    expect([hit.status, hit.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(hit.headers.get('access-control-allow-credentials')).toBeNull();
    const other = await app.request(`${mount}/items`, { method: 'OPTIONS', headers });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});
