import type { MigrationOwner } from '../index.ts';

const NONE = { id: 'none', name: 'none' } as const;

/** A small plugin for tests: customers, their orders, an event table, a view, an ingest function. */
export const shop: MigrationOwner = {
  owner: 'test.shop',
  schema: 'p_test_shop',
  role: 'p_test_shop',
  migrations: [
    {
      name: '0001_shop',
      up(schema) {
        schema.tenantTable({
          name: 'customer',
          columns: { id: 'uuid', name: 'text not null' },
          unique: [['name']],
          privacy: NONE,
        });
        schema.tenantTable({
          name: 'purchase',
          columns: { id: 'uuid', customer_id: 'uuid', micros: 'bigint not null' },
          foreignKeys: [{ columns: ['customer_id'], references: 'customer', onDelete: 'cascade' }],
          indexes: [['customer_id']],
          privacy: { id: 'none', customer_id: 'none', micros: 'none' },
        });
        schema.directoryTable({ name: 'country', columns: { id: 'text', name: 'text not null' }, privacy: NONE });
        schema.tenantTable({
          name: 'hit',
          columns: { id: 'uuid', kind: 'text not null', note: 'text' },
          partition: 'month',
          retentionDays: 90,
          indexes: [['kind', 'id']],
          privacy: { id: 'none', kind: 'none', note: 'none' },
        });
        schema.view({
          name: 'spending_v1',
          sql: 'select tenant_id, customer_id, sum(micros) as micros from purchase group by tenant_id, customer_id',
        });
        schema.ingestFunction({
          name: 'hits',
          columns: { ids: 'uuid', kinds: 'text', notes: 'text' },
          into: ['hit'],
          body: `
            with given as (select * from unnest(tenants, ids, kinds, notes) with ordinality as g(tenant_id, id, kind, note, n)),
            fresh as (insert into hit (tenant_id, id, kind, note) select tenant_id, id, kind, note from given on conflict do nothing returning tenant_id, id)
            select g.n::int, f.id is not null and row_number() over (partition by g.tenant_id, g.id order by g.n) = 1
            from given g left join fresh f on f.tenant_id = g.tenant_id and f.id = g.id order by g.n`,
        });
      },
    },
  ],
};
