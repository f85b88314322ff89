import { expect, test } from 'vitest';
import { z } from 'zod';
import { collection, definePlugin, event, f64, homePanels, job, method, service, text } from '../index.ts';
import { json, openapi, route } from '../http/index.ts';
import { migration } from '../sql/index.ts';
import { fingerprint, recordPlugin, stableJson } from './index.ts';

const sums = service('acme.sums@1', { sum: method(z.object({ x: f64() }), z.bigint(), { timeoutMs: 9 }) });
const happened = event('acme.happened@1', z.object({ at: z.date() }));
const things = collection(z.object({ n: z.bigint(), at: z.iso.datetime(), name: z.string() }), {
  indexes: ['n'],
  unique: [['name', 'at']],
  privacy: {
    n: 'none',
    at: 'none',
    name: { category: 'personal', subject: 'user', purpose: 'greet', erasure: 'clear' },
  },
});
const m0001 = migration('0001_code', (schema) => {
  schema.tenantTable({ name: 'code', columns: { id: 'uuid' }, privacy: { id: 'none' } });
  schema.directoryTable({ name: 'kind', columns: { id: 'text' }, privacy: { id: 'none' } });
  schema.sql('alter table code add column word text');
  schema.privacy('code', { word: 'secret' });
});
const plugin = definePlugin(
  {
    id: 'acme.full',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'MIT',
    title: text({ en: 'Full', de: 'Voll' }),
    capabilities: ['data:collections', 'data:sql'],
    settings: z.object({ z: z.number().default(1), a: z.string().meta({ title: 'A' }) }),
    requires: { sums },
    emits: [happened],
    collections: { things },
    data: { migrations: [m0001] },
  },
  (declare) => {
    declare.job(job('pull', z.object({ id: z.string() }), { cron: '7 * * * *', queue: 'bulk' }), () => undefined);
    declare.command(
      { name: 'full', description: 'Does it', options: z.object({}), onFirstStart: true },
      () => undefined,
    );
    declare.contribute(homePanels, { id: 'full', panel: () => ({ title: '', text: '', columns: [], rows: [] }) });
    declare.onTenant('purge', () => undefined);
    const list = route({
      method: 'get',
      path: '/full',
      'x-permission': 'full:read',
      responses: { 200: json(z.object({}), 'x') },
    });
    declare.routes(openapi((app) => void app.openapi(list, (c) => c.json({}, 200))));
  },
);

test('says everything that can be shown without running the plugin', () => {
  const described = recordPlugin(plugin);
  expect(described).toMatchObject({
    id: 'acme.full',
    title: { en: 'Full', de: 'Voll' },
    runtimes: ['inline'],
    capabilities: ['data:collections', 'data:sql'],
    settings: { type: 'object', properties: { a: { type: 'string', title: 'A' }, z: { default: 1 } } },
    requires: { sums: 'acme.sums@1' },
    emits: [{ id: 'acme.happened@1', schema: { properties: { at: { format: 'date-time', 'x-podlift': 'date' } } } }],
    collections: {
      things: {
        schema: { properties: { n: { type: 'string', format: 'int64', 'x-podlift': 'bigint' } } },
        indexes: [['n']],
        unique: [['name', 'at']],
        privacy: { n: 'none', name: { category: 'personal' } },
      },
    },
    data: {
      migrations: ['0001_code'],
      tables: {
        code: { scope: 'tenant', privacy: { id: 'none', word: 'secret' } },
        kind: { scope: 'directory', privacy: { id: 'none' } },
      },
    },
    declares: {
      contributions: [{ point: 'podlift.home@1', id: 'full', data: {}, methods: { panel: {} } }],
      jobs: [{ name: 'pull', cron: '7 * * * *', queue: 'bulk', schema: { type: 'object' } }],
      commands: [{ name: 'full', description: 'Does it', onFirstStart: true }],
      document: { paths: { '/full': { get: { 'x-permission': 'full:read' } } } },
      health: false,
      tenant: ['purge'],
    },
  });
});

test('a time as text is not taken for a Date', () => {
  expect(JSON.stringify(recordPlugin(plugin).collections['things']?.schema)).toContain(
    '"at":{"type":"string","format":"date-time","pattern"',
  );
});

test('is plain JSON and the same every time', () => {
  const described = recordPlugin(plugin);
  expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  expect(stableJson(recordPlugin(plugin), 2)).toBe(stableJson(described, 2));
});

test('a plugin without inline-only capabilities runs in both runtimes', () => {
  const small = recordPlugin(
    definePlugin({ id: 'acme.a', version: '1.0.0', sdk: '^0.1', license: 'MIT' }, () => undefined),
  );
  expect(small.runtimes).toEqual(['inline', 'isolated']);
  expect(small.title).toBe('acme.a');
});

test('stable JSON sorts keys, but keeps the order of a form', () => {
  expect(stableJson({ b: 1, a: [{ d: 1, c: undefined }], properties: { z: { b: 1, a: 2 }, y: 1 } })).toBe(
    '{"a":[{"d":1}],"b":1,"properties":{"z":{"a":2,"b":1},"y":1}}',
  );
});

test('a fingerprint tells content apart, not the order of keys', () => {
  expect(fingerprint({ a: 1, b: [1, 2] })).toBe(fingerprint({ b: [1, 2], a: 1 }));
  expect(fingerprint({ a: 1, b: [1, 2] })).not.toBe(fingerprint({ a: 1, b: [2, 1] }));
  expect(fingerprint({})).toMatch(/^[0-9a-f]{16}$/);
});
