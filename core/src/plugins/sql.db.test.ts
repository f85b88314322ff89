import {
  collection,
  definePlugin,
  event,
  ingestion,
  method,
  publishedView,
  service,
  uuidv7,
  viewName,
} from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const base = { version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0' } as const;
const NONE = { id: 'none', kind: 'none' } as const;
const hits = publishedView('test.owner.hits@1', { tenant_id: 'uuid', kind: 'text' });
const landing = ingestion('hits', { ids: 'uuid', kinds: 'text' });
const landed = event('owner.landed@1', z.object({ count: z.int() }));
const owner = service('owner.api@1', {
  land: method(z.object({ ids: z.array(z.string()) }), z.object({ fresh: z.array(z.boolean()) })),
  say: method(z.object({ counts: z.array(z.int()) }), z.object({})),
});
const reader = service('reader.api@1', {
  count: method(z.object({}), z.object({ hits: z.int() })),
  batches: method(z.object({}), z.object({ sizes: z.array(z.int()) })),
  peek: method(z.object({}), z.object({})),
});

const m0001 = migration('0001_hit', (schema) => {
  schema.tenantTable({
    name: 'hit',
    columns: { id: 'uuid', kind: 'text not null', secret: 'text' },
    privacy: { ...NONE, secret: 'none' },
  });
  schema.view(hits, 'select tenant_id, kind from hit');
  schema.ingestFunction(landing, {
    into: ['hit'],
    body: `with given as (select * from unnest(tenants, ids, kinds) with ordinality as g(tenant_id, id, kind, n)),
      fresh as (insert into hit (tenant_id, id, kind) select tenant_id, id, kind from given on conflict do nothing returning tenant_id, id)
      select g.n::int, f.id is not null from given g left join fresh f using (tenant_id, id) order by g.n`,
  });
});

const publisher = definePlugin(
  {
    ...base,
    id: 'test.owner',
    capabilities: ['data:sql', 'data:ingest'],
    provides: [owner],
    emits: [landed],
    data: { migrations: [m0001], publishes: [hits], ingest: [landing] },
  },
  ({ provide }) => {
    provide(owner, {
      land: async ({ ids }, ctx) => ({
        fresh: [...(await ctx.ingest(landing, { ids, kinds: ids.map(() => 'page') }))],
      }),
      async say({ counts }, ctx) {
        for (const count of counts) await ctx.emit(landed, { count });
        return {};
      },
    });
  },
);

const consumer = definePlugin(
  {
    ...base,
    id: 'test.reader',
    capabilities: ['data:sql', 'data:collections'],
    provides: [reader],
    consumes: [landed],
    data: { reads: [hits] },
    collections: { batches: collection(z.object({ size: z.int(), sum: z.int() }), { privacy: 'none' }) },
  },
  ({ provide, onBatch }) => {
    onBatch(landed, async (items, ctx) => {
      await ctx.collections.batches.insert({
        size: items.length,
        sum: items.reduce((sum, { payload }) => sum + payload.count, 0),
      });
    });
    provide(reader, {
      async count(_, ctx) {
        const [row] = await ctx.db.query<{ n: number }>(
          `select count(*)::int as n from ${viewName(hits)} where tenant_id = $1`,
          [ctx.tenant],
        );
        return { hits: row?.n ?? -1 };
      },
      async batches(_, ctx) {
        const { items } = await ctx.collections.batches.find();
        return { sizes: items.map(({ value }) => value.sum) };
      },
      async peek(_, ctx) {
        await ctx.db.query('select secret from p_test_owner.hit where tenant_id = $1', [ctx.tenant]);
        return {};
      },
    });
  },
);

describe('plugins with SQL', () => {
  let host: TestHost;
  let tenant: string;
  beforeAll(async () => {
    // Given in the wrong order: the graph knows better.
    host = await createTestHost({ plugins: [consumer, publisher], jobs: false });
    tenant = await host.tenant();
  });
  afterAll(() => host.stop());
  const call = (id: string, name: string, input: unknown, as = tenant) => host.call([id, name], input, { tenant: as });

  test('both run', () =>
    expect(host.plugins.list().map(({ state, reason }) => reason ?? state)).toEqual(['active', 'active']));

  test('rows land once, and a published view shows them to its reader only', async () => {
    const ids = [uuidv7(), uuidv7()];
    expect(await call(owner.id, 'land', { ids })).toEqual({ fresh: [true, true] });
    expect(await call(owner.id, 'land', { ids })).toEqual({ fresh: [false, false] });
    expect(await call(reader.id, 'count', {})).toEqual({ hits: 2 });
    expect(await call(reader.id, 'count', {}, await host.tenant())).toEqual({ hits: 0 });
  });

  test('what the view does not use stays closed', async () => {
    await expect(call(reader.id, 'peek', {})).rejects.toThrow('permission denied');
  });

  test('events of a tenant arrive together and once', async () => {
    const fresh = await host.tenant();
    await call(owner.id, 'say', { counts: [1, 2, 3] }, fresh);
    await host.drain();
    await call(owner.id, 'say', { counts: [4] }, fresh);
    await host.drain();
    const { sizes } = (await call(reader.id, 'batches', {}, fresh)) as { sizes: number[] };
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10);
  });

  test('the graph shows who gives what to whom', () => {
    expect(host.plugins.graph().edges).toEqual([
      { from: 'test.owner', to: 'test.reader', kind: 'reads', contract: hits.id },
      { from: 'test.owner', to: 'test.reader', kind: 'consumes', contract: landed.id },
    ]);
  });
});

describe('a new version', () => {
  const api = service('grow.api@1', {
    add: method(z.object({ name: z.string(), rank: z.int() }), z.object({})),
    top: method(z.object({}), z.object({ names: z.array(z.string()) })),
  });
  const Thing = z.object({ name: z.string(), rank: z.int() });
  const first = definePlugin(
    {
      ...base,
      id: 'test.grow',
      capabilities: ['data:collections'],
      provides: [api],
      collections: { things: collection(Thing, { privacy: 'none' }) },
    },
    ({ provide }) => {
      provide(api, {
        async add(thing, ctx) {
          await ctx.collections.things.insert(thing);
          return {};
        },
        top: () => ({ names: [] }),
      });
    },
  );
  const second = definePlugin(
    {
      ...base,
      id: 'test.grow',
      version: '1.1.0',
      capabilities: ['data:collections'],
      provides: [api],
      collections: { things: collection(Thing, { indexes: ['rank'], unique: ['name'], privacy: 'none' }) },
    },
    ({ provide }) => {
      provide(api, {
        async add(thing, ctx) {
          await ctx.collections.things.insert(thing);
          return {};
        },
        async top(_, ctx) {
          const { items } = await ctx.collections.things.find({
            where: { rank: { gte: 2 } },
            orderBy: { field: 'rank', direction: 'desc' },
          });
          return { names: items.map(({ value }) => value.name) };
        },
      });
    },
  );

  test('adds the indexes it declares to what is there', async () => {
    const old = await createTestHost({ plugins: [first], jobs: false });
    try {
      const tenant = await old.tenant();
      for (const [i, name] of ['a', 'b', 'c'].entries())
        await old.call([api.id, 'add'], { name, rank: i + 1 }, { tenant });
      const young = await createTestHost({ plugins: [second], jobs: false, besides: old });
      expect(young.plugins.list()).toMatchObject([{ version: '1.1.0', state: 'active' }]);
      expect(await young.call([api.id, 'top'], {}, { tenant })).toEqual({ names: ['c', 'b'] });
      await expect(young.call([api.id, 'add'], { name: 'a', rank: 9 }, { tenant })).rejects.toMatchObject({
        code: 'conflict',
      });
      const active = { target: 'plugin:test.grow', action: 'plugin.active' };
      expect(await old.rooms.audit.listOperator(active)).toMatchObject([
        { action: 'plugin.active', details: { version: '1.1.0' } },
        { action: 'plugin.active', details: { version: '1.0.0' } },
      ]);
      await young.stop();
    } finally {
      await old.stop();
    }
  });
});
