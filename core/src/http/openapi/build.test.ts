import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createTestApp } from '../testing/app.ts';
import { coreRoute, json, jsonBody, type PluginDocument } from '../index.ts';
import { prefixComponents } from './components.ts';
import { isObject, type OpenApiDocument } from './document.ts';
import { exampleOf } from './example.ts';

const shop: PluginDocument = {
  plugin: 'acme.shop',
  title: 'Shop',
  version: '1.0.0',
  description: 'Sells.',
  document: {
    paths: {
      '/api/v1/x/acme/shop/items': {
        get: {
          'x-permission': 'items:read',
          summary: 'List items',
          parameters: [{ name: 'podlift-tenant', in: 'header' }],
          responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Item' } } } } },
        },
      },
    },
    components: {
      schemas: {
        Item: {
          type: 'object',
          properties: { next: { $ref: '#/components/schemas/Item' }, owner: { $ref: '#/components/schemas/Owner' } },
          example: { $ref: '#/components/schemas/Item' },
        },
        Owner: {
          discriminator: { propertyName: 'kind', mapping: { a: '#/components/schemas/Item' } },
          oneOf: [{ $ref: '#/components/schemas/Item' }],
        },
      },
      securitySchemes: { theirs: { type: 'http', scheme: 'basic' } },
    },
  },
};
const Item = z.object({ id: z.uuid(), size: z.number().int() }).meta({ id: 'Item' });

async function documentOf(plugins: readonly PluginDocument[] = [shop]): Promise<OpenApiDocument> {
  const app = createTestApp({
    plugins: {
      routes: () => ({ match: () => undefined, methods: () => [] }),
      isEnabled: () => true,
      serve: async () => new Response(),
      documents: () => plugins,
    },
    routes: [
      coreRoute(
        {
          method: 'post',
          path: '/api/v1/things',
          permission: 'things:write',
          summary: 'Make a thing',
          request: { body: jsonBody(z.object({ name: z.string() })) },
          responses: { 201: json(Item, 'Made.') },
          examples: { body: { name: 'first' }, response: { id: 'x', size: 2 } },
        },
        (c) => c.json({ id: 'x', size: 2 }, 201),
      ),
      coreRoute(
        {
          method: 'get',
          path: '/api/v1/system/nodes',
          permission: 'operator',
          summary: 'List nodes',
          responses: { 200: json(Item, 'x') },
        },
        (c) => c.json({ id: 'x', size: 2 }, 200),
      ),
    ],
  });
  return (await (await app.request('/openapi.json')).json()) as OpenApiDocument;
}

function referencesIn(value: unknown, key = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => referencesIn(one));
  if (isObject(value))
    return key === 'example' ? [] : Object.entries(value).flatMap(([name, one]) => referencesIn(one, name));
  return key === '$ref' ? [String(value)] : [];
}

describe('the document', () => {
  test('holds the routes of core and of plugins, each with its rules', async () => {
    const { paths = {}, openapi } = await documentOf();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual(['/api/v1/system/nodes', '/api/v1/things', '/api/v1/x/acme/shop/items']);
    expect(paths['/api/v1/things']?.['post']).toMatchObject({
      'x-permission': 'things:write',
      tags: ['Things'],
      security: [{ session: [] }, { key: [] }],
      parameters: [{ $ref: '#/components/parameters/Tenant' }, { $ref: '#/components/parameters/IdempotencyKey' }],
      requestBody: { content: { 'application/json': { example: { name: 'first' } } } },
      responses: {
        201: { content: { 'application/json': { example: { size: 2 } } } },
        default: { $ref: '#/components/responses/Problem' },
      },
    });
    expect(paths['/api/v1/system/nodes']?.['get']).toMatchObject({ tags: ['System'], parameters: [] });
    expect(paths['/api/v1/x/acme/shop/items']?.['get']).toMatchObject({
      tags: ['Shop'],
      'x-plugin': 'acme.shop',
      parameters: [{ $ref: '#/components/parameters/Tenant' }],
    });
  });

  test('keeps the parts of each owner apart, and every reference leads somewhere', async () => {
    const document = await documentOf();
    expect(Object.keys(document.components?.['schemas'] ?? {}).sort()).toEqual([
      'Item',
      'Problem',
      'acme.shop.Item',
      'acme.shop.Owner',
    ]);
    expect(Object.keys(document.components?.['securitySchemes'] ?? {})).toEqual(['session', 'key']);
    const references = referencesIn(document);
    expect(references).toContain('#/components/schemas/acme.shop.Item');
    const dangling = references.filter((reference) => {
      const found = reference
        .replace('#/', '')
        .split('/')
        .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), document);
      return found === undefined;
    });
    expect(dangling).toEqual([]);
  });

  test('lists no page, health or metrics', async () => {
    const { paths = {} } = await documentOf([]);
    expect(Object.keys(paths).some((path) => /health|metrics|reference|openapi/.test(path))).toBe(false);
  });

  test('is answered with 304 to who has it', async () => {
    const app = createTestApp();
    const etag = (await app.request('/openapi.json')).headers.get('etag') ?? '';
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect((await app.request('/openapi.json', { headers: { 'if-none-match': given } })).status).toBe(304);
    expect((await app.request('/openapi.json', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });
});

test('references in examples are data', () => {
  const { components } = prefixComponents(shop.document, 'p');
  expect(components?.['schemas']?.['p.Item']).toMatchObject({
    properties: { next: { $ref: '#/components/schemas/p.Item' } },
    example: { $ref: '#/components/schemas/Item' },
  });
  expect(components?.['schemas']?.['p.Owner']).toMatchObject({
    discriminator: { mapping: { a: '#/components/schemas/p.Item' } },
  });
});

test.each([
  [{ type: 'string', format: 'uuid' }, expect.stringMatching(/^[\da-f-]{36}$/)],
  [{ type: 'string', enum: ['b', 'a'] }, 'b'],
  [{ type: ['integer', 'null'], minimum: 5 }, 5],
  [{ type: 'array', items: { type: 'boolean' } }, [true]],
  [{ anyOf: [{ const: 3 }, { type: 'string' }] }, 3],
  [{ allOf: [{ properties: { a: { default: 1 } } }, { properties: { b: { example: 2 } } }] }, { a: 1, b: 2 }],
  [{ $ref: '#/components/schemas/Loop' }, expect.objectContaining({ loop: expect.anything() })],
  [{}, null],
])('%j has an example', (schema, expected) => {
  const document = {
    components: { schemas: { Loop: { properties: { loop: { $ref: '#/components/schemas/Loop' } } } } },
  };
  expect(exampleOf(document, schema)).toEqual(expected);
});
