import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createAudit, migrations as audit } from '../../audit/index.ts';
import { createTestApp } from '../../http/testing/app.ts';
import { listen, type RunningServer, type TenantRef } from '../../http/index.ts';
import { createHealth, silentLog } from '../../telemetry/index.ts';
import { createFiles, fileRoutes, migrations, type Files } from '../index.ts';
import { DRIVERS, type Driver } from '../testing/drivers.ts';

const MB = 1024 * 1024;
const MAX_BYTES = 40 * MB;
const KEYS: Readonly<Record<string, readonly string[]>> = {
  writer: ['files:read', 'files:write'],
  reader: ['files:read'],
  nobody: [],
};
const sha = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe.each(DRIVERS)('files over HTTP, on $name', ({ open }) => {
  let driver: Driver;
  let database: TestDatabase;
  let files: Files;
  let server: RunningServer;
  let tenants: TenantRef[];
  let later = 0;
  const enabled = new Set<string>();

  beforeAll(async () => {
    [driver, database] = await Promise.all([
      open(),
      createTestDatabase(inject('postgres'), { migrations: [...audit, ...migrations] }),
    ]);
    const clock = { now: () => Date.now() + later };
    tenants = await Promise.all(
      ['acme', 'beta'].map(async (slug) => ({ id: await database.newTenant(), slug, status: 'active' })),
    );
    files = createFiles({
      store: driver.store,
      database,
      clock,
      masterKeys: [new Uint8Array(32).fill(1)],
      publicUrl: '',
      quota: 200 * MB,
      maxBytes: MAX_BYTES,
    });
    files.kinds.define('acme.feeds', {
      import: { privacy: 'none', upload: true, maxBytes: 10 },
      snapshot: { privacy: 'none' },
    });
    const byId = async (id: string) => tenants.find((one) => one.id === id);
    const app = createTestApp({
      clock,
      config: {
        bodyLimit: 1000,
        requestMs: 1000,
        ratePerMinute: 0,
        trustedProxies: [],
        publicUrl: 'http://podlift.test',
        metricsToken: undefined,
      },
      routes: fileRoutes({
        files,
        audit: createAudit(database, clock),
        maxBytes: MAX_BYTES,
        now: () => clock.now(),
        isActive: async (id) => (await byId(id))?.status === 'active',
        isEnabled: (plugin) => enabled.has(plugin),
      }),
      authenticate: async (request) => {
        const id = request.headers.get('authorization') ?? '';
        return id in KEYS ? { kind: 'key', id, actor: { kind: 'key', id }, cookie: false } : undefined;
      },
      tenants: {
        byHost: async () => undefined,
        byName: async (name) => tenants.find(({ slug }) => slug === name),
        byId,
      },
      resolvePrincipal: async ({ actor, id }, tenant) => ({
        ...(tenant && { tenant }),
        actor,
        operator: false,
        can: (permission) => (KEYS[id] ?? []).includes(permission),
      }),
    });
    server = await listen(
      app,
      { host: '127.0.0.1', port: 0, shutdownMs: 1000, requestMs: 1000 },
      { log: silentLog, health: createHealth() },
    );
  });
  afterAll(async () => {
    await server?.stop();
    await files?.close();
    await database?.close();
    await driver?.remove();
  });

  interface Sent extends Omit<RequestInit, 'headers'> {
    readonly headers?: Readonly<Record<string, string>>;
    readonly as?: string;
    readonly tenant?: string;
  }
  const ask = (path: string, { as = 'writer', tenant = 'acme', headers, ...init }: Sent = {}): Promise<Response> =>
    fetch(new URL(path, server.url), {
      ...init,
      headers: { ...(as && { authorization: as }), ...(tenant && { 'podlift-tenant': tenant }), ...headers },
    });
  const codeOf = async (response: Response): Promise<[number, unknown]> => [
    response.status,
    // A problem, as every refusal is.
    ((await response.json()) as { code: unknown }).code,
  ];
  interface FileAnswer {
    readonly id: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly mediaType: string;
  }
  async function upload(
    content: Uint8Array | string,
    name = 'a.txt',
    type = 'text/plain',
    sent: Sent = {},
  ): Promise<FileAnswer> {
    const response = await ask(`/api/v1/files?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      body: content as BodyInit,
      ...sent,
      headers: { 'content-type': type },
    });
    expect(response.status).toBe(201);
    // The room's own answer.
    return (await response.json()) as FileAnswer;
  }

  describe('a file', () => {
    test('is uploaded, listed, read, and deleted, and each act is in the audit log', async () => {
      const file = await upload('hello');
      expect(file).toMatchObject({ name: 'a.txt', mediaType: 'text/plain', sha256: sha('hello'), bytes: 5 });
      const list = (await (await ask('/api/v1/files?limit=1')).json()) as { items: FileAnswer[] };
      expect(list.items).toEqual([file]);
      expect(await (await ask(`/api/v1/files/${file.id}`)).json()).toEqual(file);
      expect(await (await ask(`/api/v1/files/${file.id}/content`)).text()).toBe('hello');
      expect(await (await ask('/api/v1/files/usage')).json()).toMatchObject({ kept: 5, reserved: 0, quota: 200 * MB });
      expect((await ask(`/api/v1/files/${file.id}`, { method: 'DELETE' })).status).toBe(204);
      expect(await codeOf(await ask(`/api/v1/files/${file.id}`, { method: 'DELETE' }))).toEqual([404, 'not_found']);
      const acts = await database.admin<{ action: string; actor_id: string }>(
        `select action from core.audit where target = $1 order by id`,
        [`file:${file.id}`],
      );
      expect(acts.map(({ action }) => action)).toEqual(['file.uploaded', 'file.deleted']);
    });

    test('that is JSON, deeply nested and larger than a body may be, is bytes like any other', async () => {
      const json = `${'['.repeat(5000)}${']'.repeat(5000)}`;
      expect(await upload(json, 'deep.json', 'application/json')).toMatchObject({
        bytes: 10_000,
        mediaType: 'application/json',
      });
    });

    test('comes chunked without a length, and is not taken when it is too large', async () => {
      const big = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(MB)) });
      // A refusal comes before the end of the body: some clients read it, others see the connection close.
      const answerTo = (sent: Sent): Promise<unknown> =>
        ask('/api/v1/files?name=big', { method: 'POST', ...sent }).then(codeOf, () => 'closed');
      expect([[413, 'files.too_large'], 'closed']).toContainEqual(
        await answerTo({ body: big, duplex: 'half' } as Sent),
      );
      expect([[413, 'http.body_too_large'], 'closed']).toContainEqual(
        await answerTo({ body: new Uint8Array(MAX_BYTES + 1) }),
      );
      await expect.poll(async () => (await files.usage(tenants[0]?.id ?? '')).reserved).toBe(0);
    });

    test('with another digest than announced is refused by name', async () => {
      const response = await ask(`/api/v1/files?name=a&sha256=${sha('other')}`, { method: 'POST', body: 'x' });
      expect(await codeOf(response)).toEqual([460, 'files.checksum_mismatch']);
    });

    test.each([
      ['', 'nobody', 'acme', 403],
      ['', '', 'acme', 401],
      ['', 'writer', '', 400],
      ['', 'writer', 'gamma', 404],
    ])('is not for everybody (%s %s of %s): %i', async (_, as, tenant, status) => {
      const { id } = await upload('x');
      for (const path of ['/api/v1/files', `/api/v1/files/${id}`, `/api/v1/files/${id}/content`])
        expect((await ask(path, { as, tenant })).status).toBe(status);
      expect((await ask('/api/v1/files?name=x', { as, tenant, method: 'POST', body: 'x' })).status).toBe(status);
    });

    test('of another tenant does not exist, and readers change nothing', async () => {
      const { id } = await upload('x');
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/content'],
        ['DELETE', ''],
        ['POST', '/links'],
      ] as const) {
        const sent = {
          method,
          tenant: 'beta',
          ...(method === 'POST' && { body: '{}', headers: { 'content-type': 'application/json' } }),
        };
        expect((await ask(`/api/v1/files/${id}${path}`, sent)).status).toBe(404);
      }
      expect((await ask(`/api/v1/files/${id}`, { as: 'reader', method: 'DELETE' })).status).toBe(403);
      expect((await ask('/api/v1/files?name=x', { as: 'reader', method: 'POST', body: 'x' })).status).toBe(403);
      expect((await ask(`/api/v1/files/${id}`, { as: 'reader' })).status).toBe(200);
    });

    test.each(['x', '..%2f..%2fetc', '%00', 'uploads%2fx'])('%s is the id of none', async (id) => {
      expect([404, 422, 400]).toContain((await ask(`/api/v1/files/${id}`)).status);
      expect([404, 422, 400]).toContain((await ask(`/api/v1/files/${id}/content`)).status);
    });

    test('that a plugin keeps for itself is not shown, and one for a plugin needs it enabled and its kind open', async () => {
      const tenant = tenants[0]?.id ?? '';
      const own = await files.put({ tenant, owner: 'acme.feeds' }, Buffer.from('s'), {
        kind: 'snapshot',
        name: 's',
        mediaType: 'a/b',
      });
      expect((await ask(`/api/v1/files/${own.id}`)).status).toBe(404);
      const put = (kind: string, body = 'x') =>
        ask(`/api/v1/files?name=x&owner=acme.feeds&kind=${kind}`, { method: 'POST', body });
      expect(await codeOf(await put('import'))).toEqual([422, 'files.kind_unknown']);
      enabled.add('acme.feeds');
      expect((await put('import')).status).toBe(201);
      expect(await codeOf(await put('import', 'x'.repeat(11)))).toEqual([413, 'files.too_large']);
      expect(await codeOf(await put('snapshot'))).toEqual([403, 'files.no_uploads']);
      expect(await codeOf(await put('nothing'))).toEqual([422, 'files.kind_unknown']);
      expect(await codeOf(await put('constructor'))).toEqual([422, 'files.kind_unknown']);
    });
  });

  describe('the content', () => {
    const content = randomBytes(3 * MB);
    let id: string;
    beforeAll(async () => void ({ id } = await upload(content, 'Übersicht.png', 'image/png')));
    const get = (headers: Record<string, string> = {}, method = 'GET', query = '') =>
      ask(`/api/v1/files/${id}/content${query}`, { method, headers });

    test('comes whole, with what a browser needs to handle it safely', async () => {
      const response = await get();
      expect(sha(new Uint8Array(await response.arrayBuffer()))).toBe(sha(content));
      expect(Object.fromEntries(response.headers)).toMatchObject({
        etag: `"${sha(content)}"`,
        'accept-ranges': 'bytes',
        'content-length': String(content.byteLength),
        'content-type': 'image/png',
        'content-disposition': `attachment; filename="_bersicht.png"; filename*=UTF-8''%C3%9Cbersicht.png`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(/^sandbox/),
        'cache-control': 'private, no-cache',
      });
      expect((await get({}, 'GET', '?disposition=inline')).headers.get('content-disposition')).toMatch(/^inline/);
      expect((await get({}, 'GET', '?disposition=other')).status).toBe(422);
    });

    test('is told by HEAD', async () => {
      const response = await get({}, 'HEAD');
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
        200,
        String(content.byteLength),
        '',
      ]);
      const part = await get({ range: 'bytes=0-9' }, 'HEAD');
      expect([part.status, part.headers.get('content-length')]).toEqual([206, '10']);
    });

    test.each([
      ['bytes=0-9', 0, 10],
      ['bytes=1048570-2097160', 1_048_570, 2_097_161],
      ['bytes=-5', 3 * MB - 5, 3 * MB],
      ['bytes=3145720-', 3_145_720, 3 * MB],
    ])('comes in parts: %s', async (range, start, end) => {
      const response = await get({ range });
      expect([response.status, response.headers.get('content-range')]).toEqual([
        206,
        `bytes ${start}-${end - 1}/${3 * MB}`,
      ]);
      expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(start, end))).toBe(true);
    });

    test('has no part behind its end', async () => {
      const response = await get({ range: `bytes=${3 * MB}-` });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${3 * MB}`]);
    });

    test('is not sent to who has it, and is sent whole to who has another', async () => {
      const etag = `"${sha(content)}"`;
      expect((await get({ 'if-none-match': etag })).status).toBe(304);
      expect((await get({ 'if-none-match': '"x", *' })).status).toBe(304);
      expect((await get({ 'if-none-match': '"x"' })).status).toBe(200);
      expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
      expect((await get({ range: 'bytes=0-1', 'if-range': '"x"' })).status).toBe(200);
    });

    test('of nothing', async () => {
      const empty = await upload('');
      const response = await ask(`/api/v1/files/${empty.id}/content`);
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', '']);
    });
  });

  describe('a link', () => {
    const linkTo = async (id: string, body: object = {}): Promise<string> => {
      const response = await ask(`/api/v1/files/${id}/links`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
      expect(response.status).toBe(201);
      return ((await response.json()) as { url: string }).url;
    };
    const open = (url: string, init: Sent = {}) => ask(url, { as: '', tenant: '', ...init });

    test('opens without signing in, in parts too, for reading only', async () => {
      const { id } = await upload('hello', 'page.html', 'text/html');
      const url = await linkTo(id, { disposition: 'inline' });
      const response = await open(url);
      expect([response.status, await response.text()]).toEqual([200, 'hello']);
      expect(response.headers.get('content-security-policy')).toMatch(/^sandbox;/);
      expect(response.headers.get('cache-control')).toBe('private, no-cache');
      expect((await open(url, { headers: { range: 'bytes=1-2' } })).status).toBe(206);
      expect((await open(url, { method: 'HEAD' })).status).toBe(200);
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expect((await open(url, { method })).status).toBe(405);
    });

    test('opens nothing else: not another file, tenant, time, way of showing, or key', async () => {
      const { id } = await upload('one');
      const other = await upload('two');
      const url = new URL(await linkTo(id), server.url);
      const changed = (change: (url: URL) => void): string => {
        const copy = new URL(url);
        change(copy);
        return copy.href;
      };
      for (const bad of [
        changed((one) => void (one.pathname = one.pathname.replace(id, other.id))),
        changed((one) => void (one.pathname = one.pathname.replace(tenants[0]?.id ?? '', tenants[1]?.id ?? ''))),
        changed((one) => one.searchParams.set('expires', '99999999999')),
        changed((one) => one.searchParams.set('expires', 'x')),
        changed((one) => one.searchParams.set('disposition', 'inline')),
        changed((one) => one.searchParams.set('key', 'other')),
        changed((one) => one.searchParams.set('signature', 'x')),
        changed((one) => one.searchParams.delete('signature')),
      ])
        expect(await codeOf(await open(bad))).toEqual([403, 'files.url_bad']);
      expect((await open(url.href)).status).toBe(200);
    });

    test('ends with its time, its file, and its tenant’s activity', async () => {
      const { id } = await upload('gone');
      const url = await linkTo(id, { expiresIn: 60 });
      later = 61_000;
      expect(await codeOf(await open(url))).toEqual([403, 'files.url_expired']);
      later = 0;
      const before = tenants;
      tenants = tenants.map((one) => ({ ...one, status: 'suspended' }));
      expect(await codeOf(await open(url))).toEqual([404, 'not_found']);
      tenants = before;
      expect((await open(url)).status).toBe(200);
      await ask(`/api/v1/files/${id}`, { method: 'DELETE' });
      expect(await codeOf(await open(url))).toEqual([404, 'not_found']);
    });
  });

  describe('an upload that is interrupted', () => {
    const begin = async (
      length: number,
      metadata = `filename ${base64('big.bin')},filetype ${base64('video/mp4')}`,
    ) => {
      const response = await ask('/api/v1/files/uploads', {
        method: 'POST',
        headers: { 'tus-resumable': '1.0.0', 'upload-length': String(length), 'upload-metadata': metadata },
      });
      return { status: response.status, location: response.headers.get('location') ?? '', response };
    };
    const patch = (location: string, offset: number, body: Uint8Array | string, headers: Record<string, string> = {}) =>
      ask(location, {
        method: 'PATCH',
        body: body as BodyInit,
        headers: {
          'tus-resumable': '1.0.0',
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
          ...headers,
        },
      });
    const head = async (location: string) => {
      const response = await ask(location, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
      return { offset: response.headers.get('upload-offset'), file: response.headers.get('podlift-file'), response };
    };

    test('speaks tus: what it can, how far it is, and the file at the end', async () => {
      const options = await ask('/api/v1/files/uploads', { method: 'OPTIONS' });
      expect(Object.fromEntries(options.headers)).toMatchObject({
        'tus-version': '1.0.0',
        'tus-extension': 'creation,checksum,expiration,termination',
        'tus-max-size': String(MAX_BYTES),
      });
      const content = randomBytes(17 * MB);
      const { status, location, response } = await begin(content.byteLength);
      expect([status, response.headers.get('upload-expires')]).toEqual([201, expect.stringMatching(/GMT$/)]);
      let offset = 0;
      for (const size of [1, 4 * MB, 9 * MB, content.byteLength]) {
        const piece = content.subarray(offset, offset + size);
        const answer = await patch(location, offset, piece);
        offset += piece.byteLength;
        expect([answer.status, answer.headers.get('upload-offset')]).toEqual([204, String(offset)]);
        expect((await head(location)).offset).toBe(String(offset));
      }
      const { file, response: last } = await head(location);
      expect(last.headers.get('cache-control')).toBe('no-store');
      expect(await (await ask(`/api/v1/files/${file}`)).json()).toMatchObject({
        name: 'big.bin',
        mediaType: 'video/mp4',
        sha256: sha(content),
      });
      expect(await (await ask(location)).json()).toMatchObject({ offset, length: offset, file });
    });

    test('is begun with JSON too', async () => {
      const response = await ask('/api/v1/files/uploads', {
        method: 'POST',
        body: JSON.stringify({ name: 'a.csv', mediaType: 'text/csv', bytes: 3, sha256: sha('abc') }),
        headers: { 'content-type': 'application/json' },
      });
      const { id, offset, length } = (await response.json()) as { id: string; offset: number; length: number };
      expect([response.status, offset, length]).toEqual([201, 0, 3]);
      const list = (await (await ask('/api/v1/files/uploads')).json()) as { items: { id: string }[] };
      expect(list.items.map((one) => one.id)).toContain(id);
      const done = await patch(`/api/v1/files/uploads/${id}`, 0, 'abc');
      expect((await ask(`/api/v1/files/${done.headers.get('podlift-file')}/content`)).status).toBe(200);
    });

    test('of nothing is a file at once', async () => {
      const { response } = await begin(0);
      expect(response.headers.get('podlift-file')).toMatch(/^[\da-f-]{36}$/);
    });

    test.each([
      [{ 'upload-length': 'x' }, 422, 'http.invalid'],
      [{ 'upload-length': '-1' }, 422, 'http.invalid'],
      [{ 'upload-length': String(MAX_BYTES + 1) }, 413, 'files.too_large'],
      [{ 'upload-length': '1', 'tus-resumable': '0.2.0' }, 412, 'files.tus_version'],
      [{ 'upload-length': '1', 'upload-metadata': `filetype ${base64('<script>')}` }, 422, 'http.invalid'],
      [{ 'upload-length': '1', 'upload-metadata': `owner ${base64('acme.none')}` }, 422, 'files.kind_unknown'],
      [{}, 422, 'http.invalid'],
    ] as const)('is not begun with %j', async (headers, status, code) => {
      const response = await ask('/api/v1/files/uploads', {
        method: 'POST',
        headers,
      });
      expect(await codeOf(response)).toEqual([status, code]);
    });

    test('refuses what does not fit by name, and stays as it was', async () => {
      const { location } = await begin(4);
      expect(await codeOf(await patch(location, 1, 'x'))).toEqual([409, 'files.offset_differs']);
      expect(await codeOf(await patch(location, 0, 'x', { 'upload-offset': '-1' }))).toEqual([
        400,
        'files.offset_missing',
      ]);
      expect(await codeOf(await patch(location, 0, 'x', { 'content-type': 'text/plain' }))).toEqual([
        415,
        'http.wrong_media_type',
      ]);
      expect(await codeOf(await patch(location, 0, 'x', { 'upload-checksum': 'md5 xx' }))).toEqual([
        400,
        'files.checksum_unknown',
      ]);
      const wrong = `sha256 ${createHash('sha256').update('y').digest('base64')}`;
      expect(await codeOf(await patch(location, 0, 'x', { 'upload-checksum': wrong }))).toEqual([
        460,
        'files.checksum_mismatch',
      ]);
      expect(await codeOf(await patch(location, 0, 'xxxxx'))).toEqual([422, 'files.too_many_bytes']);
      expect((await head(location)).offset).toBe('0');
      const right = `sha256 ${createHash('sha256').update('abcd').digest('base64')}`;
      expect((await patch(location, 0, 'abcd', { 'upload-checksum': right })).status).toBe(204);
    });

    test('of two pieces at once takes one and tells the other to wait', async () => {
      const { location } = await begin(8);
      const gate = Promise.withResolvers<void>();
      const slow = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(Buffer.from('half'));
          await gate.promise;
          controller.enqueue(Buffer.from('half'));
          controller.close();
        },
      });
      const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
      const first = ask(location, { method: 'PATCH', body: slow, duplex: 'half', headers } as Sent);
      await expect
        .poll(async () => (await files.uploads.get(tenants[0]?.id ?? '', location.split('/').at(-1) ?? ''))?.lease)
        .not.toBeNull();
      const second = await patch(location, 0, 'xxxxxxxx');
      expect([...(await codeOf(second)), second.headers.get('retry-after')]).toEqual([
        409,
        'files.upload_busy',
        expect.stringMatching(/^\d+$/),
      ]);
      gate.resolve();
      expect((await first).status).toBe(204);
    });

    test('keeps what came before the connection broke, and a slow sender has its time', async () => {
      const { location } = await begin(2 * MB);
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(
        `PATCH ${location} HTTP/1.1\r\nHost: x\r\nAuthorization: writer\r\nPodlift-Tenant: acme\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: ${2 * MB}\r\n\r\n`,
      );
      socket.write(new Uint8Array(MB));
      // Longer than any other request may take.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      socket.write(new Uint8Array(1000));
      await new Promise((resolve) => setTimeout(resolve, 100));
      socket.destroy();
      await expect.poll(async () => (await head(location)).offset, { timeout: 5000 }).toBe(String(MB + 1000));
      await expect
        .poll(async () => (await patch(location, MB + 1000, new Uint8Array(MB - 1000))).status, { timeout: 5000 })
        .toBe(204);
    });

    test('is ended by its sender and nobody else', async () => {
      const { location } = await begin(4);
      expect((await ask(location, { tenant: 'beta' })).status).toBe(404);
      expect((await ask(location, { tenant: 'beta', method: 'DELETE' })).status).toBe(404);
      expect((await ask(location, { as: 'reader', method: 'DELETE' })).status).toBe(403);
      expect((await ask(location, { method: 'DELETE' })).status).toBe(204);
      expect((await ask(location)).status).toBe(404);
      expect(await codeOf(await patch(location, 0, 'abcd'))).toEqual([404, 'not_found']);
    });
  });
});
