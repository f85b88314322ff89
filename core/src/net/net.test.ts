import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LookupAddress } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../telemetry/index.ts';
import { createLimits } from '../limits/index.ts';
import { createNet, type Net, type NetInit, type NetOptions, type NetPolicy } from './index.ts';

const BOMB = gzipSync(Buffer.alloc(50 * 1024 * 1024));
const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
let server: Server;
let port: number;
let sent = 0;
let failures = 0;

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const answers: Record<string, Answer> = {
  '/ok': (_, response) => response.end('fine'),
  '/echo': ({ method }, response, body) => response.end(`${method} ${body}`),
  '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed')),
  '/bomb': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
  '/twice': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('x'))),
  '/torn': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is not gzip'),
  '/told': (_, response) => response.writeHead(200, { 'content-length': '5000' }).end('x'.repeat(5000)),
  '/endless': (_, response) => {
    const more = (): void => {
      if (response.destroyed) return;
      sent += 16_384;
      response.write('x'.repeat(16_384), () => setImmediate(more));
    };
    more();
  },
  '/drip': (_, response) => {
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  },
  '/silent': () => undefined,
  '/stall': (_, response) => void response.write('a'),
  '/break': (_, response) => void (response.write('a'), setTimeout(() => response.destroy(), 20)),
  '/reset': (_, response) => response.destroy(),
  '/empty': (_, response) => response.writeHead(204).end(),
  '/teapot': (_, response) => response.writeHead(418).end('no'),
  '/flaky': (_, response) => {
    failures += 1;
    response.writeHead(failures < 3 ? 503 : 200).end(`try ${failures}`);
  },
  '/later': (_, response) => {
    failures += 1;
    response.writeHead(failures < 2 ? 429 : 200, { 'retry-after': '1' }).end(`try ${failures}`);
  },
  '/much-later': (_, response) => {
    failures += 1;
    response.writeHead(429, { 'retry-after': '3600' }).end('no');
  },
};

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://x');
    seen.push({ method: request.method ?? '', url: url.pathname, headers: request.headers, body });
    const to = url.searchParams.get('to');
    if (to !== null) return response.writeHead(Number(url.searchParams.get('status') ?? 302), { location: to }).end();
    const answer = answers[url.pathname] ?? ((_, out) => out.writeHead(404).end());
    return answer(request, response, body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** A way out for which `api.example` is the test's own server. */
function open(options: Partial<NetOptions> = {}): Net {
  return createNet({
    log: silentLog,
    resolve: async (host) => (host.endsWith('.example') ? at('127.0.0.1') : at('8.8.8.8')),
    allow: [`127.0.0.1:${port}`],
    ...options,
  });
}

/** Fetches the test's own server and reads the body. */
async function get(path: string, policy: Partial<NetPolicy> = {}, init: NetInit = {}, net = open()) {
  try {
    const url = `http://api.example:${port}${path}`;
    const response = await net.fetch(url, init, { hosts: ['api.example'], retries: 0, ...policy });
    return { status: response.status, text: await response.text(), response };
  } finally {
    await net.close();
  }
}

describe('addresses that lead inside', () => {
  const guarded = (addresses: readonly string[]): Net =>
    createNet({ log: silentLog, resolve: async () => at(...addresses) });
  const ANY = { hosts: ['*'], retries: 0 };

  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://0.0.0.0/',
    'http://255.255.255.255/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://192.0.0.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::7f00:1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:0:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001::1]/',
    'http://[fd00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[2606:4700::200:5efe:7f00:1]/',
    'http://１２７.０.０.１/',
    'http://127.0.0.1.:80/',
    'https://127.0.0.1/',
  ])('%s', async (url) => {
    const net = guarded(['8.8.8.8']);
    await expect(net.fetch(url, {}, ANY)).rejects.toMatchObject({ code: 'net.blocked_address', kind: 'forbidden' });
    await net.close();
  });

  test.each([
    ['loopback', ['127.0.0.1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['metadata', ['169.254.169.254']],
    ['shared space', ['100.64.0.1']],
    ['a unique local address', ['fd00::1']],
    ['NAT64', ['64:ff9b::a00:1']],
    ['6to4', ['2002:a00:1::']],
    ['one bad among good ones', ['8.8.8.8', '1.1.1.1', '10.0.0.1']],
    ['something that is no address', ['nonsense']],
  ])('a name that resolves to %s', async (_, addresses) => {
    const net = guarded(addresses);
    await expect(net.fetch('http://attack.example/', {}, ANY)).rejects.toMatchObject({ code: 'net.blocked_address' });
    await net.close();
  });

  test('localhost, asked of the real resolver', async () => {
    const net = createNet({ log: silentLog });
    await expect(net.fetch(`http://localhost:${port}/ok`, {}, ANY)).rejects.toMatchObject({
      code: 'net.blocked_address',
    });
    await net.close();
  });

  test('a name that changes its answer is asked once, and its first answer is the one that is used', async () => {
    let asked = 0;
    const resolve = async () => (((asked += 1), asked === 1) ? at('127.0.0.1') : at('10.0.0.1'));
    const { text } = await get('/ok', {}, {}, open({ resolve }));
    expect([text, asked]).toEqual(['fine', 1]);
    const turned = createNet({ log: silentLog, resolve: async () => at('127.0.0.1') });
    await expect(turned.fetch(`http://rebind.example:${port}/ok`, {}, ANY)).rejects.toMatchObject({
      code: 'net.blocked_address',
    });
    await turned.close();
  });

  test('an exception counts for its port only', async () => {
    const net = open({ allow: ['127.0.0.1:1'] });
    await expect(get('/ok', {}, {}, net)).rejects.toMatchObject({ code: 'net.blocked_address' });
  });
});

describe('what may be asked for', () => {
  test.each([
    ['file:///etc/passwd', 'net.scheme_not_allowed'],
    ['ftp://api.example/', 'net.scheme_not_allowed'],
    ['gopher://api.example/', 'net.scheme_not_allowed'],
    ['data:text/plain,x', 'net.scheme_not_allowed'],
    ['http://user:pass@api.example/', 'net.credentials_in_url'],
    ['http://user@api.example/', 'net.credentials_in_url'],
    ['http://api.example@evil.test/', 'net.credentials_in_url'],
    ['/relative', 'net.bad_url'],
    ['http://', 'net.bad_url'],
    ['http://evil.test/', 'net.host_not_allowed'],
    ['http://api.example.evil.test/', 'net.host_not_allowed'],
    ['http://xapi.example/', 'net.host_not_allowed'],
    ['http://sub.api.example/', 'net.host_not_allowed'],
    ['http://8.8.8.8/', 'net.host_not_allowed'],
  ])('%s is %s', async (url, code) => {
    const net = open();
    await expect(net.fetch(url, {}, { hosts: ['api.example'] })).rejects.toMatchObject({ code });
    await net.close();
  });

  test.each([
    [{ method: 'BREW' }],
    [{ body: 'x' }],
    [{ headers: { Host: 'evil' } }],
    [{ headers: { 'Content-Length': '1' } }],
    [{ headers: { 'Transfer-Encoding': 'chunked' } }],
    [{ headers: { 'a b': 'c' } }],
    [{ headers: { a: 'b\r\nc: d' } }],
  ])('%j is no request', async (init) => {
    await expect(get('/ok', {}, init)).rejects.toMatchObject({ code: 'net.bad_request', kind: 'invalid' });
  });

  test('a sentence never holds the path or the query', async () => {
    const net = open();
    const failure = net.fetch('http://evil.test/private?token=abc', {}, { hosts: ['api.example'] });
    await expect(failure).rejects.toThrow('evil.test may not be reached from here; allowed are: api.example.');
    await net.close();
  });
});

describe('redirects', () => {
  const to = (target: string, status = 302): string => `/go?status=${status}&to=${encodeURIComponent(target)}`;

  test('are followed within the allowed hosts', async () => {
    const { text, response } = await get(to('/ok'));
    expect([text, response.url]).toEqual(['fine', `http://api.example:${port}/ok`]);
  });

  test.each([
    ['a private address', 'http://10.0.0.1/', 'net.blocked_address'],
    ['metadata', 'http://169.254.169.254/', 'net.blocked_address'],
    ['another host', 'http://evil.test/', 'net.host_not_allowed'],
    ['a file', 'file:///etc/passwd', 'net.scheme_not_allowed'],
    ['a name and password', 'http://a:b@api.example/', 'net.credentials_in_url'],
    ['nonsense', 'http://[', 'net.bad_redirect'],
  ])('to %s are not', async (_, target, code) => {
    await expect(get(to(target))).rejects.toMatchObject({ code });
  });

  test('end somewhere', async () => {
    const loop = `/go?to=${encodeURIComponent(`/go?to=${encodeURIComponent('/go?to=/ok')}`)}`;
    await expect(get(loop, { maxRedirects: 2 })).rejects.toMatchObject({ code: 'net.bad_redirect' });
    expect((await get(loop, { maxRedirects: 3 })).text).toBe('fine');
  });

  test('take no credentials to another origin', async () => {
    const headers = { authorization: 'Bearer s', cookie: 'a=b', 'x-other': 'kept' };
    await get(to(`http://other.example:${port}/ok`), { hosts: ['*.example'] }, { headers });
    const last = seen.at(-1)?.headers;
    expect([last?.authorization, last?.cookie, last?.['x-other']]).toEqual([undefined, undefined, 'kept']);
    await get(to('/ok'), {}, { headers });
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer s');
  });

  test.each([
    [301, 'GET ', ''],
    [302, 'GET ', ''],
    [303, 'GET ', ''],
    [307, 'POST data', 'data'],
    [308, 'POST data', 'data'],
  ])('%i turns a POST into what the standard says', async (status, text) => {
    const found = await get(
      to('/echo', status),
      {},
      { method: 'POST', body: 'data', headers: { 'content-type': 'text/plain' } },
    );
    expect(found.text).toBe(text);
    expect(seen.at(-1)?.headers['content-type']).toBe(text.startsWith('GET') ? undefined : 'text/plain');
  });
});

describe('answers that are too much', () => {
  test.each([['/told'], ['/endless'], ['/bomb']])('%s is cut at the limit', async (path) => {
    sent = 0;
    const before = process.memoryUsage().arrayBuffers;
    await expect(get(path, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'net.too_large' });
    expect(sent).toBeLessThan(5_000_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
  });

  test.each([['/twice'], ['/torn']])('%s cannot be unpacked', async (path) => {
    await expect(get(path)).rejects.toMatchObject({ code: 'net.bad_encoding' });
  });

  test('a packed answer within the limit is unpacked, and no longer says that it is packed', async () => {
    const { text, response } = await get('/gzip', { maxBytes: 6 });
    expect([text, response.headers.get('content-encoding')]).toEqual(['packed', null]);
  });
});

describe('answers that take too long', () => {
  test.each([
    ['/silent', { idleMs: 50 }],
    ['/stall', { idleMs: 50 }],
    ['/drip', { idleMs: 1000, timeoutMs: 150 }],
    ['/silent', { timeoutMs: 50 }],
  ])('%s with %j', async (path, policy) => {
    const began = performance.now();
    await expect(get(path, policy)).rejects.toMatchObject({ code: 'net.timeout', kind: 'unavailable' });
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('the caller may stop at any time', async () => {
    await expect(get('/silent', {}, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await expect(get('/drip', {}, { signal: AbortSignal.timeout(60) })).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(get('/ok', {}, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('answers that fail', () => {
  test.each([
    ['/reset', {}, 'net.unreachable'],
    ['/break', {}, 'net.unreachable'],
    ['/teapot', { requireOk: true }, 'net.bad_status'],
  ])('%s', async (path, policy, code) => {
    await expect(get(path, policy)).rejects.toMatchObject({ code, kind: 'unavailable' });
  });

  test('a closed port and an unknown name are told apart', async () => {
    const closed = open({ allow: ['127.0.0.1:9'] });
    await expect(
      closed.fetch('http://api.example:9/', {}, { hosts: ['api.example'], retries: 0 }),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^net\.(unreachable|bad_request)$/),
    });
    const unknown = open({ resolve: async () => Promise.reject(new Error('ENOTFOUND')) });
    await expect(get('/ok', {}, {}, unknown)).rejects.toMatchObject({ code: 'net.unresolvable' });
    await closed.close();
  });

  test('without requireOk a status is the caller’s to read', async () => {
    expect((await get('/teapot')).status).toBe(418);
    expect((await get('/empty')).status).toBe(204);
  });

  test('what may pass is tried again', async () => {
    failures = 0;
    expect((await get('/flaky', { retries: 3 })).text).toBe('try 3');
    failures = 0;
    expect((await get('/flaky', { retries: 3 }, { method: 'POST' })).status).toBe(503);
    expect(failures).toBe(1);
    failures = 0;
    expect((await get('/flaky', { retries: 3 }, { method: 'POST', idempotent: true })).text).toBe('try 3');
    failures = 0;
    expect((await get('/flaky', { retries: 3 }, { method: 'PUT', idempotent: false })).status).toBe(503);
  });

  test('a tenant asks a host only so often, and others go on', async () => {
    const net = open({ limits: createLimits({}), ratePerMinute: 3 });
    const ask = (tenant: string) =>
      net
        .fetch(`http://api.example:${port}/ok`, {}, { hosts: ['api.example'], tenant })
        .then((answer) => answer.text());
    for (let n = 0; n < 3; n++) expect(await ask('a')).toBe('fine');
    await expect(ask('a')).rejects.toMatchObject({
      code: 'net.too_often',
      kind: 'limit',
      details: { retryAfterSeconds: 60 },
    });
    expect(await ask('b')).toBe('fine');
    await net.close();
  });

  test('Retry-After is kept, unless it is too long', async () => {
    failures = 0;
    const began = performance.now();
    expect((await get('/later', { retries: 1 })).text).toBe('try 2');
    expect(performance.now() - began).toBeGreaterThan(950);
    failures = 0;
    expect((await get('/much-later', { retries: 5 })).status).toBe(429);
    expect(failures).toBe(1);
  });
});

describe('requests', () => {
  test('carry method, headers and body', async () => {
    const { text } = await get(
      '/echo',
      {},
      { method: 'PUT', body: new TextEncoder().encode('bytes'), headers: { 'x-a': 'b' } },
    );
    expect(text).toBe('PUT bytes');
    expect(seen.at(-1)?.headers).toMatchObject({ 'x-a': 'b', 'user-agent': 'Podlift', 'content-length': '5' });
  });

  test('carry a stream', async () => {
    const body = new Blob(['a', 'b']).stream();
    expect((await get('/echo', {}, { method: 'POST', body })).text).toBe('POST ab');
  });

  test('to one host wait for their turn, and give it back whatever happens', async () => {
    const net = open({ perHost: { running: 2, waiting: 2 } });
    const policy = { hosts: ['api.example'], retries: 0, timeoutMs: 150 };
    const ask = (path: string) =>
      net.fetch(`http://api.example:${port}${path}`, {}, policy).then((answer) => answer.text());
    const four = ['/silent', '/silent', '/silent', '/silent'].map((path) => ask(path).catch((error: unknown) => error));
    await expect(ask('/ok')).rejects.toMatchObject({ code: 'net.busy' });
    for (const one of await Promise.all(four)) expect(one).toMatchObject({ code: 'net.timeout' });
    expect(await Promise.all([ask('/ok'), ask('/ok'), ask('/ok')])).toEqual(['fine', 'fine', 'fine']);
    await net.close();
  });

  test('log host and code, never path, query or headers', async () => {
    const lines: string[] = [];
    const write = (...line: unknown[]) => void lines.push(JSON.stringify(line));
    const log = { ...silentLog, debug: write, warn: write };
    await get('/ok?token=abc', {}, { headers: { authorization: 'Bearer abc' } }, open({ log }));
    await get('/reset?token=abc', {}, {}, open({ log })).catch(() => undefined);
    expect(lines.join()).toContain('net.unreachable');
    expect(lines.join()).toContain('api.example');
    expect(lines.join()).not.toMatch(/abc|\/ok|\/reset/);
  });
});
