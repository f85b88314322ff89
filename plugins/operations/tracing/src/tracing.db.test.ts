import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineManifest, definePlugin, event, job, type Context } from '@podlift/sdk';
import { openapi, route, z } from '@podlift/sdk/http';
import { migration } from '@podlift/sdk/sql';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import tracing from './index.ts';
import { registerTracing } from './tracing.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}
interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

const happened = event('shop.happened@1', z.object({}));
const later = job('later', z.object({}));
const m0001 = migration('0001_order', (schema) =>
  schema.tenantTable({
    name: 'orders',
    columns: { id: 'uuid not null', word: 'text' },
    privacy: { id: 'none', word: 'none' },
  }),
);
const manifest = defineManifest({
  id: 'test.shop',
  version: '1.0.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  capabilities: ['data:sql', 'jobs:enqueue'],
  emits: [happened],
  consumes: [happened],
  data: { migrations: [m0001] },
  permissions: { 'orders:write': { title: 'Order', roles: ['owner'] } },
  prefixes: ['/api/v1/orders'],
});
type Ctx = Context<typeof manifest>;
const shop = definePlugin(manifest, (declare) => {
  declare.on(happened, async (_, { db }) => void (await db.query('select 1 where $1::uuid is null', [db.tenant])));
  declare.job(later, () => undefined);
  declare.routes(
    openapi<Ctx>((app) => {
      app.openapi(
        route({
          method: 'post',
          path: '/api/v1/orders/{word}',
          'x-permission': 'orders:write',
          summary: 'Order',
          request: { params: z.object({ word: z.string() }) },
          responses: { 204: { description: 'Ordered' } },
        }),
        async (c) => {
          const { ctx } = c.var;
          const { word } = c.req.valid('param');
          await ctx.db.query('insert into orders (tenant_id, id, word) values ($1, $1, $2)', [ctx.db.tenant, word]);
          await ctx.emit(happened, {});
          await ctx.enqueue(later, {});
          if (word === 'bad') throw new Error('word is bad');
          return c.body(null, 204);
        },
      );
    }),
  );
});

const spans: Span[] = [];
let collector: Server;
let host: TestHost;
beforeAll(async () => {
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      // What the exporter sends, by its own specification.
      const { resourceSpans } = JSON.parse(body) as Export;
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`;
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50';
  host = await createTestHost({ plugins: [tracing, shop] });
});
afterAll(async () => {
  await host.stop();
  collector.close();
});

const attribute = (span: Span | undefined, key: string): unknown =>
  Object.values(span?.attributes.find((one) => one.key === key)?.value ?? {})[0];
const named = (name: string | RegExp): Span | undefined =>
  spans.find((span) => (typeof name === 'string' ? span.name === name : name.test(span.name)));

test('a request is one trace down to its statements; events and jobs begin their own', async () => {
  const tenant = await host.tenant();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await host.request(
    '/api/v1/orders/secretword',
    { method: 'POST', headers: { traceparent } },
    { tenant },
  );
  expect(answer.status).toBe(204);
  await host.drain();
  await expect.poll(() => [named(/^deliver test.shop/), named(/^job test.shop\/later/)].every(Boolean)).toBe(true);

  const request = named('POST /api/v1/orders/{word}');
  expect(request).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    kind: 2,
  });
  expect(attribute(request, 'http.response.status_code')).toBe(204);
  expect(answer.headers.get('x-request-id')).toBe(request?.spanId);
  const plugin = spans.find(
    ({ parentSpanId, name }) => parentSpanId === request?.spanId && name.startsWith('test.shop '),
  );
  expect(attribute(plugin, 'podlift.tenant')).toBe(tenant);
  const statements = spans.filter(({ parentSpanId }) => parentSpanId === plugin?.spanId);
  expect(statements.map((span) => attribute(span, 'db.query.text'))).toContain(
    'insert into orders (tenant_id, id, word) values ($1, $1, $2)',
  );
  for (const own of [named(/^deliver test.shop/), named(/^job test.shop\/later/)]) {
    expect(own).toMatchObject({ kind: 5 });
    expect(own?.traceId).not.toBe(request?.traceId);
  }
  // What people typed is in no span, and neither is the path.
  expect(JSON.stringify(spans)).not.toContain('secretword');
});

test('what fails is marked, without its message', async () => {
  const tenant = await host.tenant();
  expect((await host.request('/api/v1/orders/bad', { method: 'POST' }, { tenant })).status).toBe(500);
  await expect
    .poll(() => spans.filter(({ status }) => status.code === 2).map(({ name }) => name))
    .toEqual(expect.arrayContaining(['POST /api/v1/orders/{word}', expect.stringMatching(/^test.shop /)]));
  expect(JSON.stringify(spans)).not.toContain('word is bad');
});

test.each([
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' },
])('nothing is registered for %o', (env) => expect(registerTracing(env)).toBe(false));
