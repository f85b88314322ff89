import { expect, test } from 'vitest';
import { ingestion, publishedView } from '../index.ts';
import { migration, tenantEntity } from './index.ts';

test('a migration is plain data, in order', () => {
  const view = publishedView('acme.shop.orders@2', { id: 'uuid' });
  const hits = ingestion('hits', { id: 'uuid', at: 'timestamptz' });
  const table = { name: 'order', columns: { id: 'uuid' }, privacy: { id: 'none' } } as const;
  const made = migration('0001_orders', (schema) => {
    schema.tenantTable(table);
    schema.directoryTable({ ...table, name: 'kind' });
    schema.sql('create index on "order" (id)');
    schema.view(view, 'select tenant_id, id from "order"');
    schema.ingestFunction(hits, { into: ['order'], body: 'insert …' });
    schema.privacy('order', { word: 'none' });
  });
  expect(JSON.parse(JSON.stringify(made))).toEqual({
    name: '0001_orders',
    operations: [
      { kind: 'tenantTable', table },
      { kind: 'directoryTable', table: { ...table, name: 'kind' } },
      { kind: 'sql', sql: 'create index on "order" (id)' },
      { kind: 'view', view: { name: 'orders_v2', sql: 'select tenant_id, id from "order"' } },
      {
        kind: 'ingestFunction',
        function: { name: 'hits', columns: { id: 'uuid', at: 'timestamptz' }, into: ['order'], body: 'insert …' },
      },
      { kind: 'privacy', table: 'order', columns: { word: 'none' } },
    ],
  });
});

test('a tenant entity has the tenant first in its key, and a filter by tenant', () => {
  const Code = tenantEntity({
    name: 'Code',
    tableName: 'code',
    properties: (p) => ({ id: p.uuid().primary(), word: p.text(), uses: p.integer().default(0) }),
  });
  const meta = Code.init().meta;
  expect(meta.tableName).toBe('code');
  expect(meta.primaryKeys).toEqual(['tenantId', 'id']);
  expect(Object.keys(meta.properties)).toEqual(['tenantId', 'id', 'word', 'uses']);
  expect(meta.filters['tenant']).toMatchObject({ default: true });
});
