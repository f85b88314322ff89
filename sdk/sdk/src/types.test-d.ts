/** What must and what must not compile. Checked by `tsc -p tsconfig.check.json`; nothing here runs. */
import { z } from 'zod';
import {
  collection,
  defineManifest,
  definePlugin,
  event,
  extensionPoint,
  f64,
  ingestion,
  job,
  method,
  publishedView,
  service,
  text,
  token,
  type Context,
  type Item,
} from './index.ts';
import { classes, provide } from './di/index.ts';
import { json, openapi, route } from './http/index.ts';
import { tenantEntity } from './sql/index.ts';

/* oxlint-disable typescript/no-unnecessary-type-parameters -- how equality of types is asked */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): T | undefined => undefined;
/* oxlint-enable typescript/no-unnecessary-type-parameters */

const base = { id: 'acme.x', version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
const rates = service('currency.rates@1', {
  convert: method(z.object({ micros: z.bigint(), to: z.string() }), z.bigint()),
});
const models = extensionPoint('attribution.models@1', z.object({ label: z.string() }), {
  credit: method(z.object({ ages: f64() }), z.object({ credit: f64() })),
});
const recorded = event('conversion.recorded@1', z.object({ id: z.string(), value: z.number() }));
const other = event('other@1', z.object({}));
const pull = job('pull', z.object({ page: z.int() }), { cron: '* * * * *' });
const things = collection(z.object({ a: z.bigint(), name: z.string(), at: z.date().optional(), free: z.string() }), {
  indexes: ['a', ['name', 'at']],
  unique: ['name'],
  privacy: 'none',
});

definePlugin(
  {
    ...base,
    title: text({ en: 'X', de: 'X' }),
    capabilities: ['secrets:read', 'data:collections', 'jobs:enqueue'],
    secrets: ['KEY'],
    settings: z.object({ days: z.number().default(7) }),
    requires: { rates },
    optional: { maybe: rates },
    emits: [recorded],
    consumes: [recorded],
    opens: [models],
    collections: { things },
    permissions: { 'things:read': { title: 'Read things', roles: ['owner'] } },
  },
  (host) => {
    host.on(recorded, async ({ value }, ctx, envelope) => {
      yes<Same<typeof value, number>>();
      yes<Same<typeof ctx.settings, { days: number }>>();
      yes<Same<typeof envelope.time, Date>>();
      await ctx.secret('KEY');
      // @ts-expect-error not in the manifest's secrets
      await ctx.secret('OTHER');
      // @ts-expect-error no net:fetch in the manifest
      await ctx.fetch('https://x');
      // @ts-expect-error no files in the manifest
      await ctx.files.stat('x');
      // @ts-expect-error no data:sql in the manifest
      await ctx.db.query('select 1');
      // @ts-expect-error no data:ingest in the manifest
      await ctx.ingest(ingestion('x', {}), {});
      await ctx.enqueue(pull, { page: 1 }, { key: 'a' });
      // @ts-expect-error wrong data for the job
      await ctx.enqueue(pull, { page: 'x' });
      const micros = await ctx.services.rates.convert({ micros: 1n, to: 'EUR' });
      yes<Same<typeof micros, bigint>>();
      // @ts-expect-error an optional contract may be absent
      await ctx.services.maybe.convert({ micros: 1n, to: 'EUR' });
      // @ts-expect-error not required
      void ctx.services.others;
      await ctx.emit(recorded, { id: '1', value }, { key: 'k' });
      // @ts-expect-error wrong payload
      await ctx.emit(recorded, { id: 1, value });
      // @ts-expect-error not in emits
      await ctx.emit(other, {});
      for (const model of await ctx.entries(models)) {
        const { credit } = await model.credit({ ages: new Float64Array(1) });
        credit[0]?.toFixed();
        model.label.trim();
      }
      // @ts-expect-error not opened by this plugin
      await ctx.entries(extensionPoint('y@1', z.object({}), {}));
      // @ts-expect-error a context is read-only
      ctx.tenant = 'other';
    });
    host.onBatch(recorded, (items, ctx) => {
      for (const { payload, envelope } of items) ctx.log.info(payload.id, { at: envelope.time });
    });
    host.contribute(models, {
      id: 'a',
      label: 'A',
      credit({ ages }, ctx) {
        yes<Same<typeof ctx.settings.days, number>>();
        // @ts-expect-error a column is read-only
        ages[0] = 1;
        // @ts-expect-error a column is read-only
        ages.sort();
        return { credit: Float64Array.from(ages) };
      },
    });
    // @ts-expect-error a method is missing
    host.contribute(models, { id: 'a', label: 'A' });
    // @ts-expect-error a wrong result
    host.contribute(models, { id: 'a', label: 'A', credit: () => ({ credit: [1] }) });
    // @ts-expect-error data is missing
    host.contribute(models, { id: 'a', credit: () => ({ credit: new Float64Array() }) });
    host.job(pull, async ({ page }, ctx, run) => {
      run.progress(page, run.attempt);
      // @ts-expect-error no net:fetch in the manifest
      await ctx.fetch('https://x');
    });
    host.command(
      { name: 'x demo', description: 'x', options: z.object({ size: z.int().default(1) }) },
      (options, ctx, io) => {
        yes<Same<typeof options, { size: number }>>();
        io.table({ columns: ['a'], rows: [[ctx.tenant]] });
      },
    );
    host.health(async (ctx) => {
      const page = await ctx.collections.things.find({
        where: { a: { gte: 1n }, name: { in: ['x'] }, at: null },
        limit: 5,
      });
      yes<Same<(typeof page.items)[number], Item<(typeof things)['schema']>>>();
      const thing = await ctx.collections.things.get('1');
      yes<Same<NonNullable<typeof thing>['value']['a'], bigint>>();
      const id = await ctx.collections.things.insert({ a: 1n, name: 'x', free: '' });
      await ctx.collections.things.update(id, { a: 2n }, { version: 1 });
      // @ts-expect-error not an indexed field
      await ctx.collections.things.find({ where: { free: 'x' } });
      // @ts-expect-error an index of another type
      await ctx.collections.things.find({ where: { a: 'x' } });
      // @ts-expect-error no such collection
      void ctx.collections.others;
      // @ts-expect-error wrong record
      await ctx.collections.things.upsert('1', { a: 1, name: 'x', free: '' });
      // @ts-expect-error wrong patch
      await ctx.collections.things.update('1', { a: 1 });
      return { ok: true };
    });
  },
);

const bare = defineManifest(base);
definePlugin(bare, (host) => {
  host.health((ctx) => {
    ctx.settings satisfies object;
    ctx.log.info('x');
    ctx.now().getTime();
    return { ok: true };
  });
});
const handler = (ctx: Context<typeof bare>) => {
  ctx.tenant.trim();
  // @ts-expect-error no capability in the manifest
  return ctx.fetch;
};
definePlugin(bare, (host) => host.onTenant('purge', handler));

// @ts-expect-error a field that nobody knows
definePlugin({ ...base, capabilitys: ['net:fetch'] }, () => {});
// @ts-expect-error the same in a file of its own
defineManifest({ ...base, capabilitys: ['net:fetch'] });
// @ts-expect-error a field of limits that nobody knows
defineManifest({ ...base, limits: { handlerMS: 1 } });
// @ts-expect-error a field of data that nobody knows
defineManifest({ ...base, data: { publish: [] } });
// @ts-expect-error an unknown capability
definePlugin({ ...base, capabilities: ['net:everything'] }, () => {});
// @ts-expect-error a permission is <subject>:<action>
definePlugin({ ...base, permissions: { campaigns: { title: 'x', roles: [] } } }, () => {});
// @ts-expect-error a role that nobody has
definePlugin({ ...base, permissions: { 'a:read': { title: 'x', roles: ['king'] } } }, () => {});
// @ts-expect-error a contract id carries its major
service('currency.rates', {});
// @ts-expect-error every field says what it tells about people
collection(z.object({ a: z.string(), b: z.string() }), { privacy: { a: 'none' } });
// @ts-expect-error an index over a field that is not there
collection(z.object({ a: z.string() }), { indexes: ['b'], privacy: 'none' });
// @ts-expect-error an unknown column type
publishedView('tracking.touchpoints@1', { id: 'varchar' });
// @ts-expect-error English is always there
text({ de: 'Halbwertszeit' });

const optionals = extensionPoint('integrations.connectors@1', z.object({ label: z.string() }), {
  pull: method(z.object({ cursor: z.string() }), z.object({ next: z.string().nullable() })),
  push: method(z.object({ n: z.int() }), z.void(), { optional: true }),
});
definePlugin({ ...base, opens: [optionals], optionalCapabilities: ['net:fetch'] }, (host) => {
  host.contribute(optionals, { id: 'a', label: 'A', pull: () => ({ next: null }) });
  host.contribute(optionals, {
    id: 'b',
    label: 'B',
    pull: () => ({ next: null }),
    async push({ n }) {
      n.toFixed();
    },
  });
  // @ts-expect-error pull is not optional
  host.contribute(optionals, { id: 'c', label: 'C', async push() {} });
  host.health(async (ctx) => {
    const entry = (await ctx.entries(optionals))[0];
    await entry?.pull({ cursor: '' });
    await entry?.push?.({ n: 1 });
    // @ts-expect-error push may be absent
    await entry?.push({ n: 1 });
    await ctx.fetch('https://x');
    return { ok: true };
  });
});

const Hit = tenantEntity({
  name: 'Hit',
  tableName: 'hit',
  properties: (p) => ({ id: p.uuid().primary(), url: p.text(), count: p.bigint('bigint').nullable() }),
});
const hits = ingestion('hits', { id: 'uuid', at: 'timestamptz', tags: 'text[]' });
definePlugin(
  {
    ...base,
    capabilities: ['data:sql', 'data:ingest'],
    data: { ingest: [hits], entities: [Hit] },
  },
  (host) => {
    host.health(async (ctx) => {
      const rows = await ctx.db.query<{ n: number }>('select 1 as n where $1 = $1', [ctx.db.tenant]);
      yes<Same<typeof rows, { n: number }[]>>();
      const em = await ctx.db.em();
      const hit = await em.findOneOrFail(Hit, { url: 'x' });
      yes<Same<typeof hit.id, string>>();
      yes<Same<typeof hit.tenantId, string>>();
      // @ts-expect-error no such property
      await em.find(Hit, { nothing: 1 });
      em.create(Hit, { id: 'x', url: 'y' });
      const fresh = await ctx.ingest(hits, { id: ['x'], at: [new Date()], tags: [['a']] });
      yes<Same<typeof fresh, readonly boolean[]>>();
      // @ts-expect-error a column is missing
      await ctx.ingest(hits, { id: ['x'], at: [new Date()] });
      // @ts-expect-error a column of another type
      await ctx.ingest(hits, { id: [1], at: [new Date()], tags: [] });
      // @ts-expect-error not in the manifest
      await ctx.ingest(ingestion('others', {}), {});
      return { ok: true };
    });
  },
);

class Clock {
  now(): number {
    return 0;
  }
}
class Decay {
  readonly clock: Clock;
  constructor(clock: Clock) {
    this.clock = clock;
  }
}
const clock = token<Clock>('clock');
const decay = token<Decay>('decay');
const word = token<string>('word');
definePlugin(base, ({ use, health }) => {
  use(classes(provide(clock, Clock, []), provide(decay, Decay, [clock])));
  health((ctx) => {
    ctx.get(decay).clock.now().toFixed();
    return { ok: true };
  });
});
// @ts-expect-error the dependencies must match the constructor
provide(decay, Decay, [word]);
// @ts-expect-error a dependency is missing
provide(decay, Decay, []);
// @ts-expect-error the class is not what the token promises
provide(word, Decay, [clock]);

const params = z.object({ n: z.coerce.number() });
const responses = { 200: json(z.object({ n: z.number() }), 'the number') };
const read = route({ method: 'get', path: '/a/{n}', 'x-permission': 'x:read', request: { params }, responses });
definePlugin({ ...base, settings: z.object({ days: z.number() }) }, ({ routes }) => {
  routes(
    openapi((app) => {
      app.openapi(read, (c) => {
        yes<Same<typeof c.var.ctx.settings.days, number>>();
        // @ts-expect-error no net:fetch in the manifest
        void c.var.ctx.fetch;
        return c.json({ n: c.req.valid('param').n }, 200);
      });
      // @ts-expect-error the answer is not what the route says
      app.openapi(read, (c) => c.json({ n: 'x' }, 200));
    }),
  );
});
// @ts-expect-error a route says which permission it needs
route({ method: 'get', path: '/b', responses: {} });
// @ts-expect-error a permission is <subject>:<action>
route({ method: 'get', path: '/b', 'x-permission': 'read', responses: {} });
