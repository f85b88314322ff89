import {
  collection,
  definePlugin,
  event,
  extensionPoint,
  homePanels,
  job,
  method,
  PodliftError,
  service,
} from '@podlift/sdk';
import { openapi, route } from '@podlift/sdk/http';
import { z } from '@hono/zod-openapi';

/** Contracts of the example plugins that the tests of the host run. */
export const Code = z.object({
  code: z.string(),
  uses: z.int(),
  price: z.bigint().optional(),
  at: z.date().optional(),
});
export const codes = service('shop.codes@1', {
  add: method(Code, z.object({ id: z.string() })),
  get: method(z.object({ id: z.string() }), z.object({ version: z.number(), value: Code }).nullable()),
  find: method(
    z.object({
      uses: z.object({ gte: z.int() }).optional(),
      limit: z.int().optional(),
      after: z.string().optional(),
      by: z.enum(['uses', 'createdAt']).optional(),
      down: z.boolean().optional(),
    }),
    z.object({ codes: z.array(z.string()), next: z.string().optional() }),
  ),
  change: method(
    z.object({
      id: z.string(),
      uses: z.int(),
      version: z.int().optional(),
      after: z.enum(['throw', 'add-twice']).optional(),
    }),
    z.object({}),
  ),
  remove: method(z.object({ id: z.string(), version: z.int().optional() }), z.object({})),
  many: method(z.object({ count: z.int() }), z.object({ ids: z.array(z.string()) })),
});
export const used = event('shop.used@1', z.object({ id: z.string(), price: z.bigint(), at: z.date() }));
export const rules = extensionPoint('shop.rules@1', z.object({ label: z.string() }), {
  allow: method(Code, z.object({ ok: z.boolean() })),
});
const count = job('count', z.object({ at: z.date() }));
const nothing = {};

/** Keeps codes in a collection, emits, enqueues, opens a point and serves a route. */
export const shop = definePlugin(
  {
    id: 'test.shop',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['data:collections', 'jobs:enqueue'],
    provides: [codes],
    opens: [rules],
    emits: [used],
    permissions: {
      'codes:read': { title: 'See codes', roles: ['viewer'] },
      'codes:write': { title: 'Change codes', roles: ['admin'] },
    },
    settings: z.object({ most: z.int().default(100) }),
    collections: {
      codes: collection(Code, { indexes: ['uses'], unique: ['code'], privacy: 'none' }),
      counts: collection(z.object({ at: z.date() }), { privacy: 'none' }),
    },
  },
  ({ provide, job: work, routes, contribute }) => {
    provide(codes, {
      async add(value, ctx) {
        for (const rule of await ctx.entries(rules)) {
          const { ok } = await rule.allow(value);
          if (!ok) throw new PodliftError('shop.refused', `${rule.label} refuses ${value.code}`, { kind: 'invalid' });
        }
        if (value.uses > ctx.settings.most)
          throw new PodliftError('shop.most', `at most ${ctx.settings.most}`, { kind: 'limit' });
        return { id: await ctx.collections.codes.insert(value) };
      },
      async get({ id }, ctx) {
        const found = await ctx.collections.codes.get(id);
        return found ? { version: found.version, value: found.value } : null;
      },
      async find({ uses, limit, after, by, down }, ctx) {
        const page = await ctx.collections.codes.find({
          ...(uses && { where: { uses } }),
          ...(limit && { limit }),
          ...(after && { after }),
          ...(by && { orderBy: { field: by, ...(down && { direction: 'desc' as const }) } }),
        });
        return { codes: page.items.map(({ value }) => value.code), ...(page.next && { next: page.next }) };
      },
      async change({ id, uses, version, after }, ctx) {
        await ctx.collections.codes.update(id, { uses }, version === undefined ? {} : { version });
        await ctx.emit(used, { id, price: 10n, at: ctx.now() }, { key: id });
        await ctx.enqueue(count, { at: ctx.now() });
        if (after === 'throw') throw new PodliftError('shop.changed_mind', 'no', { kind: 'conflict' });
        if (after === 'add-twice')
          await ctx.collections.codes.batch([
            { op: 'insert', value: { code: 'twice', uses } },
            { op: 'insert', value: { code: 'twice', uses } },
          ]);
        return nothing;
      },
      async remove({ id, version }, ctx) {
        await ctx.collections.codes.delete(id, version === undefined ? {} : { version });
        return nothing;
      },
      async many({ count: many }, ctx) {
        const ids = await ctx.collections.codes.batch(
          Array.from({ length: many }, (_, i) => ({ op: 'insert' as const, value: { code: `c${i}`, uses: i % 10 } })),
        );
        return { ids: [...ids] };
      },
    });
    work(count, async ({ at }, ctx, run) => {
      run.progress(1, 2);
      await ctx.collections.counts.insert({ at });
    });
    contribute(homePanels, {
      id: 'shop',
      async panel(_, ctx) {
        const { items } = await ctx.collections.codes.find({ limit: 5 });
        return {
          title: 'Codes',
          text: 'The first five',
          columns: ['code', 'uses'],
          rows: items.map(({ value }) => [value.code, value.uses]),
        };
      },
    });
    routes(
      openapi((app) => {
        app.openapi(
          route({
            method: 'get',
            path: '/codes/{id}',
            'x-permission': 'codes:read',
            request: { params: z.object({ id: z.string() }) },
            responses: {
              200: {
                description: 'A code',
                content: { 'application/json': { schema: z.object({ code: z.string(), tenant: z.string() }) } },
              },
            },
          }),
          async (c) => {
            const { ctx } = c.var;
            const found = await ctx.collections.codes.get(c.req.valid('param').id);
            if (!found) throw PodliftError.notFound('such code');
            return c.json({ code: found.value.code, tenant: ctx.tenant }, 200);
          },
        );
        app.openapi(
          route({
            method: 'post',
            path: '/codes',
            'x-permission': 'codes:write',
            request: {
              body: {
                required: true,
                content: {
                  'application/json': { schema: z.object({ code: z.string().min(2), refuse: z.boolean().optional() }) },
                },
              },
            },
            responses: {
              201: { description: 'Made', content: { 'application/json': { schema: z.object({ id: z.string() }) } } },
            },
          }),
          async (c) => {
            const { code, refuse } = c.req.valid('json');
            const id = await c.var.ctx.collections.codes.insert({ code, uses: 0 });
            if (refuse) throw new PodliftError('shop.refused', 'not this one', { kind: 'conflict' });
            return c.json({ id }, 201);
          },
        );
        app.openapi(
          route({
            method: 'get',
            path: '/lines/{count}',
            'x-permission': 'codes:read',
            request: { params: z.object({ count: z.coerce.number().int() }) },
            responses: { 200: { description: 'Lines' } },
          }),
          (c) => {
            const { count: lines } = c.req.valid('param');
            const { ctx } = c.var;
            let line = 0;
            return c.body(
              new ReadableStream<Uint8Array>({
                async pull(controller) {
                  if (line === lines) return controller.close();
                  const { items } = await ctx.collections.codes.find({ limit: 1 });
                  await new Promise((resolve) => setTimeout(resolve, 1));
                  controller.enqueue(new TextEncoder().encode(`${line++},${items[0]?.value.code ?? '-'}\n`));
                },
              }),
              200,
              { 'content-type': 'text/csv' },
            );
          },
        );
      }),
    );
  },
);
