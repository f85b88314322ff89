import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createHealth, silentLog } from '../telemetry/index.ts';
import { createTestApp } from './testing/app.ts';
import {
  coreRoute,
  createPluginRoutes,
  json,
  jsonBody,
  listen,
  rawRoute,
  readPluginRoutes,
  type HttpApp,
  type RunningServer,
} from './index.ts';

const Answer = z.object({ size: z.number() });
const released: (() => void)[] = [];
const app = createTestApp({
  routes: [
    coreRoute(
      {
        method: 'post',
        path: '/size',
        permission: 'public',
        summary: 'Tell the size',
        request: { body: jsonBody(z.array(z.number())) },
        responses: { 200: json(Answer, 'The size.') },
      },
      (c) => c.json({ size: c.req.valid('json').length }, 200),
    ),
    coreRoute(
      { method: 'get', path: '/held', permission: 'public', summary: 'Wait', responses: { 200: json(Answer, 'x') } },
      async (c) => {
        await new Promise<void>((resolve) => released.push(resolve));
        return c.json({ size: 1 }, 200);
      },
    ),
  ],
});

let server: RunningServer | undefined;
afterEach(async () => {
  for (const release of released.splice(0)) release();
  await server?.stop();
  server = undefined;
});

async function start(
  options: { shutdownMs?: number; port?: number } = {},
  served: HttpApp = app,
): Promise<RunningServer> {
  const { shutdownMs = 1000, port = 0 } = options;
  const health = createHealth();
  server = await listen(served, { host: '127.0.0.1', port, shutdownMs, requestMs: 1000 }, { log: silentLog, health });
  return server;
}

/** Sends bytes as they are and collects the answer until the server closes or `until` is seen. */
async function raw(port: number, text: string, until?: RegExp): Promise<{ answer: string; socket: Socket }> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('error', () => undefined);
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      answer += String(chunk);
      if (until?.test(answer)) resolve();
    });
    socket.on('close', () => resolve());
  });
  await once(socket, 'connect');
  socket.write(text);
  await done;
  return { answer, socket };
}

const post = (extra: string): string => `POST /size HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${extra}`;

describe('a real server', () => {
  test('answers, with its safe headers', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/size`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[1,2]',
    });
    expect([response.status, await response.json()]).toEqual([200, { size: 2 }]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  test('reads no more of a body than it must', async () => {
    const { port, url } = await start();
    const told = await fetch(`${url}/size`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '1'.repeat(5000),
    });
    expect([told.status, (await told.json()).code]).toEqual([413, 'http.body_too_large']);
    const chunk = `${(600).toString(16)}\r\n${' '.repeat(600)}\r\n`;
    const { answer, socket } = await raw(
      port,
      `${post('Transfer-Encoding: chunked\r\n\r\n')}${chunk}${chunk}`,
      /body_too_large/,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    socket.destroy();
  });

  test('counts the answer to a request whose body nobody reads to its end, and lives', async () => {
    const counted: string[] = [];
    const greedy = createTestApp({
      usage: { add: (_, meter) => void counted.push(meter) },
      routes: [
        rawRoute({ methods: ['POST'], path: '/some', permission: 'signed-in', body: 'stream' }, async (c) => {
          for await (const _ of c.env.incoming ?? []) return c.text('enough');
          return c.text('none');
        }),
      ],
    });
    const { port } = await start({}, greedy);
    const head = 'POST /some HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer plk_acme\r\nContent-Length: 90\r\n\r\n';
    const { socket } = await raw(port, `${head}some of it`, /enough/);
    socket.destroy();
    await expect.poll(() => counted).toEqual(['api.calls', 'egress.bytes']);
  });

  test('takes a chunked body within the limit', async () => {
    const { port } = await start();
    const { answer, socket } = await raw(
      port,
      `${post('Transfer-Encoding: chunked\r\n\r\n')}5\r\n[1,2]\r\n0\r\n\r\n`,
      /size/,
    );
    expect(answer).toContain('{"size":2}');
    socket.destroy();
  });

  test('does not wait for a body that drips in', async () => {
    const { port } = await start();
    const { answer, socket } = await raw(port, `${post('Content-Length: 100\r\n\r\n')}[1,`, /http\.timeout/);
    expect(answer).toMatch(/^HTTP\/1\.1 503/);
    socket.destroy();
  });

  test.each([
    ['two lengths', `${post('Content-Length: 3\r\nContent-Length: 5\r\n\r\n')}[1]`],
    ['length and chunks', `${post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n')}0\r\n\r\n`],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a large header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('refuses %s', async (_, text) => {
    const { port } = await start();
    const { answer } = await raw(port, text);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
  });
});

describe('a plugin behind a real server', () => {
  async function withPlugin(serve: (request: Request) => Promise<Response>): Promise<string> {
    const document = { paths: { '/p': { get: { 'x-permission': 'public' }, post: { 'x-permission': 'public' } } } };
    const routes = createPluginRoutes(readPluginRoutes('a.b', document, { mount: '', trusted: true }));
    const plugins = {
      routes: () => routes,
      isEnabled: () => true,
      documents: () => [],
      serve: (_: unknown, request: Request) => serve(request),
    };
    return `${(await start({}, createTestApp({ plugins }))).url}/p`;
  }
  const TYPES = ['application/json', 'text/plain'];

  test.each<[string, (request: Request) => Promise<unknown>]>([
    ['text()', (request) => request.text()],
    ['json()', async (request) => JSON.stringify(await request.json())],
    ['arrayBuffer()', async (request) => new TextDecoder().decode(await request.arrayBuffer())],
    ['bytes()', async (request) => new TextDecoder().decode(await request.bytes())],
    ['blob()', async (request) => (await request.blob()).text()],
    ['body', (request) => new Response(request.body).text()],
    ['clone()', (request) => request.clone().text()],
    ['new Request()', (request) => new Request(request).text()],
    ['new Request() with more', (request) => new Request(request, { headers: { a: 'b' } }).text()],
    [
      'Hono',
      async (request) => {
        const inner = new Hono().post('/p', async (c) => c.text(await c.req.text()));
        return (await inner.fetch(request)).text();
      },
    ],
  ])('reads the body by %s', async (_, read) => {
    const url = await withPlugin(async (request) => new Response(String(await read(request))));
    for (const type of TYPES) {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: '"a body"' });
      expect([type, await response.text()]).toEqual([type, '"a body"']);
    }
  });

  test('sees headers, but no credential, however it looks', async () => {
    const url = await withPlugin(async (request) => {
      const { headers } = request;
      const copies = [headers, new Headers(headers), new Request(request).headers, request.clone().headers];
      const names = copies.flatMap((one) => [...one].flat());
      const looked = [
        headers.get('Authorization'),
        headers.get('cookie'),
        headers.has('cookie'),
        headers.get('x-forwarded-for'),
        headers.get('__proto__'),
      ];
      return Response.json({
        names,
        looked,
        kept: headers.get('X-Kept'),
        real: request instanceof Request && headers instanceof Headers,
      });
    });
    for (const method of ['GET', 'POST']) {
      const sent = {
        authorization: 'Bearer plk_acme',
        cookie: 's=ann',
        'x-forwarded-for': '1.2.3.4',
        'x-kept': 'kept',
      };
      const found = await (await fetch(url, { method, headers: sent })).json();
      expect(found).toMatchObject({ looked: [null, null, false, null, null], kept: 'kept', real: true });
      expect(found.names.filter((one: string) => one === 'kept')).toHaveLength(4);
      expect(found.names.join()).not.toMatch(/plk_acme|s=ann|1\.2\.3\.4/);
    }
  });

  test('may change the headers it sees, and read the body once', async () => {
    const url = await withPlugin(async (request) => {
      request.headers.set('x-kept', 'changed');
      request.headers.delete('accept');
      await request.text();
      const again = await request.text().catch((error: Error) => error.message);
      return Response.json([request.headers.get('x-kept'), request.headers.get('accept'), request.bodyUsed, again]);
    });
    const response = await fetch(url, { method: 'POST', headers: { 'x-kept': 'kept' }, body: 'x' });
    expect(await response.json()).toEqual(['changed', null, true, expect.stringContaining('already been read')]);
  });

  test('gets no body where none was sent', async () => {
    const url = await withPlugin(async (request) => Response.json([await request.text(), request.method]));
    expect(await (await fetch(url, { method: 'POST' })).json()).toEqual(['', 'POST']);
    expect(await (await fetch(url)).json()).toEqual(['', 'GET']);
  });
});

describe('stopping', () => {
  const waitUntilHeld = async (): Promise<void> => {
    while (released.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  test('lets running requests end and takes no new ones', async () => {
    const { url, stop } = await start();
    const running = fetch(`${url}/held`);
    await waitUntilHeld();
    const stopped = stop();
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
    for (const release of released.splice(0)) release();
    expect((await running).status).toBe(200);
    await stopped;
  });

  test('cuts what does not end in time', async () => {
    const { url, stop } = await start({ shutdownMs: 50 });
    const running = fetch(`${url}/held`).catch((error: unknown) => error);
    await waitUntilHeld();
    await stop();
    expect(await running).toBeInstanceOf(Error);
  });

  test('may be asked twice, and ends idle connections at once', async () => {
    const { url, stop } = await start({ shutdownMs: 5000 });
    await (await fetch(`${url}/health/live`)).text();
    const began = performance.now();
    await Promise.all([stop(), stop()]);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

test('a taken port is told in a sentence', async () => {
  const { port } = await start();
  const second = listen(app, { host: '127.0.0.1', port, shutdownMs: 1, requestMs: 1 }, { log: silentLog });
  await expect(second).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken by another process.`);
});

test('an address that is not here is told in a sentence', async () => {
  const away = listen(app, { host: '192.0.2.1', port: 0, shutdownMs: 1, requestMs: 1 }, { log: silentLog });
  await expect(away).rejects.toThrow('This machine has no address 192.0.2.1.');
});
