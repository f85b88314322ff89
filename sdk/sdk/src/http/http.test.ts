import { describe, expect, test } from 'vitest';
import { definePlugin, PodliftError } from '../index.ts';
import { createSmallHost, MODES } from '../kernel/fixtures/small-host.ts';
import {
  requestFromWire,
  responseFromWire,
  responseToWire,
  target,
  type WireRequest,
  type WireResponse,
} from '../kernel/index.ts';
import { json, openapi, route, z } from './index.ts';

const Body = z.object({ model: z.string(), touches: z.array(z.number()).min(1) });
const credits = route({
  method: 'post',
  path: '/credits/{run}',
  'x-permission': 'credits:write',
  request: {
    params: z.object({ run: z.coerce.number().int() }),
    query: z.object({ limit: z.coerce.number().max(10).optional() }),
    body: json(Body, 'touches'),
  },
  responses: { 200: json(z.object({ tenant: z.string(), count: z.int() }), 'how many') },
});
const plugin = definePlugin({ id: 'acme.http', version: '1.0.0', sdk: '^0.1', license: 'MIT' }, ({ routes }) => {
  routes(
    openapi((app) => {
      app.openapi(credits, (c) => {
        const { model, touches } = c.req.valid('json');
        if (model === 'none')
          throw new PodliftError('acme.no_model', 'there is no model none', { kind: 'missing', details: { model } });
        if (model === 'bug') throw new Error('a password');
        return c.json({ tenant: c.var.ctx.tenant, count: touches.length }, 200);
      });
      app.openapi(
        route({
          method: 'get',
          path: '/lines/{count}',
          'x-permission': 'lines:read',
          request: { params: z.object({ count: z.coerce.number() }) },
          responses: { 200: { description: 'text' } },
        }),
        (c) => {
          let line = 0;
          const { count } = c.req.valid('param');
          const body = new ReadableStream<Uint8Array>({
            async pull(controller) {
              await new Promise((resolve) => void setTimeout(resolve, 1));
              if (line === count) controller.close();
              else controller.enqueue(new TextEncoder().encode(`${line++}\n`));
            },
          });
          return c.body(body, 200, { 'content-type': 'text/plain' });
        },
      );
    }),
  );
});

const wire = (method: string, path: string, body?: string): WireRequest => ({
  url: `http://plugin${path}`,
  method,
  headers: [['content-type', 'application/json']],
  body: body === undefined ? null : new TextEncoder().encode(body),
});

describe.each(MODES)('routes, %s', (mode) => {
  const host = createSmallHost([plugin], mode);
  const send = async (...request: Parameters<typeof wire>) =>
    responseFromWire((await host.invoke('acme.http', target.route, wire(...request))) as WireResponse);
  const post = (path: string, body: unknown) => send('POST', path, JSON.stringify(body));

  test('get the context of the call', async () => {
    const response = await post('/credits/1', { model: 'x', touches: [1, 2] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ tenant: '0190b0c0-0000-7000-8000-000000000001', count: 2 });
  });

  test.each([
    ['/credits/1', { model: 1, touches: [] }, ['body model', 'body touches']],
    ['/credits/x', { model: '', touches: [1] }, ['path run']],
    ['/credits/1?limit=11', { model: '', touches: [1] }, ['query limit']],
    ['/credits/1', { model: '', touches: [1, 'x'] }, ['body touches.1']],
  ])('refuse %s %o with every wrong field', async (path, body, expected) => {
    const thrown: unknown = await post(path, body).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'invalid_input', kind: 'invalid' });
    const details: { in: string; path: string[] }[] = Object(thrown).details;
    expect(details.map((one) => `${one.in} ${one.path.join('.')}`)).toEqual(expected);
  });

  test('refuse a body that is no JSON', async () => {
    await expect(send('POST', '/credits/1', '{')).rejects.toMatchObject({
      code: 'malformed_body',
      kind: 'invalid',
      details: [{ in: 'body', path: [], message: 'Malformed JSON in request body' }],
    });
  });

  test('hand an error with a kind to the host, so that nothing commits', async () => {
    await expect(post('/credits/1', { model: 'none', touches: [1] })).rejects.toMatchObject({
      code: 'acme.no_model',
      kind: 'missing',
      message: 'there is no model none',
      details: { model: 'none' },
    });
  });

  test('hand other errors to the host', async () => {
    await expect(post('/credits/1', { model: 'bug', touches: [1] })).rejects.toMatchObject({ code: 'plugin_failed' });
  });

  test('stream what is long', async () => {
    const response = await send('GET', '/lines/20');
    expect(await response.text()).toBe(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''));
  });
});

test('the document says path, permission and schema of each operation', () => {
  const { declaration } = [...createSmallHost([plugin], 'fast').running.values()][0] ?? {};
  expect(declaration?.document).toMatchObject({
    openapi: '3.1.0',
    paths: { '/credits/{run}': { post: { 'x-permission': 'credits:write', requestBody: { description: 'touches' } } } },
  });
});

describe('a response', () => {
  test.each([
    ['without a body', new Response(null, { status: 204 }), null],
    ['with an empty one', new Response(''), new Uint8Array(0)],
    ['with a short one', new Response('abc'), new TextEncoder().encode('abc')],
  ])('%s goes along whole', async (_, response, body) => {
    expect((await responseToWire(response)).body).toEqual(body);
  });

  test('keeps several cookies apart', async () => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    const again = responseFromWire(await responseToWire(new Response('x', { headers })));
    expect(again.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });
});

test('a GET request has no body whatever it carries', async () => {
  expect(await requestFromWire(wire('GET', '/', 'x')).text()).toBe('');
  expect(await requestFromWire(wire('POST', '/', 'x')).text()).toBe('x');
});
