import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  collection,
  definePlugin,
  event,
  extensionPoint,
  f64,
  job,
  method,
  PodliftError,
  service,
  type Context,
} from '../index.ts';
import { createSmallHost, envelope, MODES } from './fixtures/small-host.ts';
import { Cancel, target } from './index.ts';

const base = { version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
const probe = service('acme.probe@1', {
  parsed: method(z.object({ n: z.number(), d: z.number().default(5) }), z.object({ n: z.number() })),
  nothing: method(z.void(), z.void()),
  broken: method(z.void(), z.object({ n: z.number() })),
  who: method(z.void(), z.record(z.string(), z.unknown())),
  wait: method(z.void(), z.string()),
  fail: method(z.object({ how: z.string() }), z.void()),
});
const prober = definePlugin({ ...base, id: 'acme.prober', provides: [probe] }, ({ provide }) => {
  provide(probe, {
    // Whatever more a provider returns is dropped by the consumer.
    parsed: ({ n, d }) => Object.assign({ n: n + d }, { extra: 1 }),
    nothing: () => undefined,
    // Deliberately breaks its promise.
    broken: () => JSON.parse('{"n":"text"}'),
    who: (_, ctx) => ({
      tenant: ctx.tenant,
      actor: ctx.actor,
      trace: ctx.trace,
      deadline: ctx.deadline,
      now: ctx.now(),
      settings: ctx.settings,
    }),
    wait: (_, ctx) =>
      new Promise((_resolve, reject) => {
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
      }),
    fail({ how }) {
      if (how === 'own') throw new PodliftError('acme.own', 'mine', { kind: 'payment', details: { a: 1 } });
      if (how === 'string') throw 'a string';
      return JSON.parse(how).x.y;
    },
  });
});
const ask = service('acme.ask@1', { ask: method(z.object({ what: z.string() }), z.unknown()) });
const asker = definePlugin(
  { ...base, id: 'acme.asker', provides: [ask], requires: { probe }, optional: { more: probe } },
  ({ provide }) => {
    provide(ask, {
      async ask({ what }, ctx) {
        const { services } = ctx;
        if (what === 'parsed') return await services.probe.parsed({ n: 1 });
        if (what === 'nothing') return (await services.probe.nothing()) === undefined;
        if (what === 'optional') return services.more === undefined;
        if (what === 'broken') return await services.probe.broken();
        return await services.probe.fail({ how: what });
      },
    });
  },
);

describe.each(MODES)('a call, %s', (mode) => {
  const host = createSmallHost([prober, asker], mode);
  const call = (method: string, input?: unknown) => host.invoke('acme.prober', target.service(probe.id, method), input);
  const calling = (what: string) => host.invoke('acme.asker', target.service(ask.id, 'ask'), { what });

  test('is parsed at both ends', async () => {
    expect(await calling('parsed')).toEqual({ n: 6 });
    await expect(call('parsed', { n: 'x' })).rejects.toMatchObject({ code: 'invalid_input', kind: 'invalid' });
    await expect(calling('broken')).rejects.toMatchObject({
      code: 'contract_violated',
      message: 'acme.probe@1 does not keep service:acme.probe@1:broken',
    });
  });

  test('needs neither input nor output', async () => {
    expect(await calling('nothing')).toBe(true);
  });

  test('knows tenant, actor, trace, deadline and the host clock', async () => {
    expect(await call('who')).toEqual({
      tenant: '0190b0c0-0000-7000-8000-000000000001',
      actor: { kind: 'user', id: 'ann' },
      trace: 'trace-1',
      deadline: 2_000_000_000_000,
      now: new Date(1_700_000_000_000),
      settings: {},
    });
  });

  test('finds an optional contract absent', async () => expect(await calling('optional')).toBe(true));

  test('keeps errors across two borders', async () => {
    await expect(calling('own')).rejects.toMatchObject({ code: 'acme.own', kind: 'payment', details: { a: 1 } });
    await expect(calling('string')).rejects.toMatchObject({ code: 'plugin_failed', message: 'a string' });
    await expect(calling('{}')).rejects.toMatchObject({ code: 'plugin_failed' });
  });

  test('ends at once when it is cancelled, and its signal says why', async () => {
    const cancel = new Cancel();
    const waiting = host.invoke('acme.prober', target.service(probe.id, 'wait'), undefined, { cancel });
    const reason = PodliftError.deadline('the probe', 5);
    cancel.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test('to something that is not there is not_found', async () => {
    for (const name of ['service:acme.probe@1:other', 'constructor', 'route', '']) {
      await expect(host.invoke('acme.prober', name, {})).rejects.toMatchObject({ code: 'not_found', kind: 'missing' });
    }
  });
});

describe.each(MODES)('entries, %s', (mode) => {
  const run = method(z.object({ a: z.number() }), z.object({ b: z.number() }));
  const v1 = extensionPoint('acme.things@1', z.object({ label: z.string() }), { run });
  const v12 = extensionPoint('acme.things@1', z.object({ label: z.string(), rank: z.number().default(5) }), {
    run,
    more: method(z.object({}), z.object({}), { optional: true }),
  });
  const odd = extensionPoint('acme.things@1', z.object({ label: z.number() }), { run });
  const list = service('acme.list@1', { list: method(z.void(), z.array(z.unknown())) });
  const plugins = [
    definePlugin({ ...base, id: 'acme.opener', opens: [v12], provides: [list] }, ({ provide }) => {
      provide(list, {
        list: async (_, ctx) =>
          await Promise.all(
            (await ctx.entries(v12)).map(async ({ id, plugin, label, rank, more, run }) => [
              id,
              plugin,
              label,
              rank,
              typeof more,
              await run({ a: 1 }),
            ]),
          ),
      });
    }),
    definePlugin({ ...base, id: 'acme.old' }, ({ contribute }) => {
      contribute(v1, { id: 'old', label: 'Old', run: ({ a }) => ({ b: a }) });
    }),
    definePlugin({ ...base, id: 'acme.odd' }, ({ contribute }) => {
      contribute(odd, { id: 'odd', label: 7, run: () => ({ b: 1 }) });
    }),
  ];

  test('of an older minor get defaults; one that does not fit is left out with a warning', async () => {
    const host = createSmallHost(plugins, mode);
    expect(await host.invoke('acme.opener', target.service(list.id, 'list'), undefined)).toEqual([
      ['old', 'acme.old', 'Old', 5, 'undefined', { b: 1 }],
    ]);
    expect(host.asked).toContainEqual({
      plugin: 'acme.opener',
      name: 'log',
      input: { level: 'warn', message: 'left out odd of acme.odd: it does not fit acme.things@1' },
    });
  });
});

describe.each(MODES)('events, %s', (mode) => {
  const Ended = z.object({ id: z.string(), micros: z.bigint() });
  const ended = event('acme.ended@3', Ended, {
    upcast: {
      1: (old) => ({ id: z.object({ name: z.string() }).parse(old).name }),
      2: (old) => ({ ...z.object({ id: z.string() }).parse(old), micros: 0n }),
    },
  });
  const seen: unknown[] = [];
  const listener = definePlugin({ ...base, id: 'acme.listener', consumes: [ended] }, ({ on, onBatch }) => {
    on(ended, (payload, _ctx, { type, attempt }) => void seen.push([payload, type, attempt]));
    onBatch(ended, (items) => void seen.push(...items.map(({ payload, envelope: { type } }) => [payload, type])));
  });
  const host = createSmallHost([listener], mode);
  const payloads = { 1: { name: 'a' }, 2: { id: 'a' }, 3: { id: 'a', micros: 7n } } as const;

  test.each([
    [1, 0n],
    [2, 0n],
    [3, 7n],
  ] as const)('of major %d are read as the newest', async (major, micros) => {
    seen.length = 0;
    const type = `acme.ended@${major}` as const;
    const facts = envelope(type, { attempt: 2 });
    await host.invoke('acme.listener', target.event(ended.id), payloads[major], { extra: facts });
    await host.invoke('acme.listener', target.batch(ended.id), [{ payload: payloads[major], envelope: facts }]);
    expect(seen).toEqual([
      [{ id: 'a', micros }, type, 2],
      [{ id: 'a', micros }, type],
    ]);
  });

  test('that do not fit are refused', async () => {
    const bad = host.invoke('acme.listener', target.event(ended.id), { id: 1 }, { extra: envelope(ended.id) });
    await expect(bad).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('say which majors they accept', () => {
    const { declaration } = [...host.running.values()][0] ?? {};
    expect(declaration?.events[0]).toEqual({
      id: 'acme.ended@3',
      mode: 'each',
      accepts: ['acme.ended@3', 'acme.ended@1', 'acme.ended@2'],
    });
  });
});

const things = collection(z.object({ name: z.string(), micros: z.bigint().default(3n), at: z.date().optional() }), {
  indexes: ['name'],
  privacy: 'none',
});
const pull = job('pull', z.object({ page: z.int().default(1) }));
const worker = definePlugin(
  {
    ...base,
    id: 'acme.worker',
    capabilities: ['data:collections', 'jobs:enqueue', 'net:fetch', 'secrets:read', 'files', 'data:sql'],
    hosts: ['api.test'],
    secrets: ['KEY'],
    collections: { things },
  },
  (declare) => {
    declare.job(pull, async ({ page }, ctx, run) => {
      run.progress(page, run.attempt);
      await ctx.enqueue(pull, { page: page + 1 }, { key: run.id });
    });
    declare.command(
      { name: 'acme fill', description: 'x', options: z.object({ n: z.int().default(2) }) },
      (options, _ctx, io) => {
        io.line(`fills ${options.n}`);
        io.progress('rows', 1, options.n);
        io.table({ columns: ['n'], rows: [[options.n]] });
      },
    );
    declare.health(async ({ collections, ...ctx }) => {
      void ctx;
      const id = await collections.things.insert({ name: 'a' });
      await collections.things.update(id, { name: 'b', at: undefined }, { version: 1 });
      const ids = await collections.things.batch([
        { op: 'upsert', id: 'x', value: { name: 'c', at: new Date(0) } },
        { op: 'delete', id: 'y' },
      ]);
      return { ok: false, reason: ids.join() };
    });
  },
);

describe.each(MODES)('what a context asks for, %s', (mode) => {
  test('jobs get their facts, tell progress and enqueue typed data', async () => {
    const host = createSmallHost([worker], mode);
    await host.invoke('acme.worker', target.job('pull'), {}, { extra: { id: 'j1', attempt: 3 } });
    expect(host.asked.map(({ name, input }) => [name, input])).toEqual([
      ['progress', { done: 1, total: 3 }],
      ['enqueue', { job: 'pull', data: { page: 2 }, key: 'j1' }],
    ]);
  });

  test('commands show lines, progress and tables in order', async () => {
    const host = createSmallHost([worker], mode);
    await host.invoke('acme.worker', target.command('acme fill'), {});
    expect(host.asked.map(({ input }) => input)).toEqual([
      { kind: 'line', text: 'fills 2' },
      { kind: 'progress', label: 'rows', done: 1, total: 2 },
      { kind: 'table', table: { columns: ['n'], rows: [[2]] } },
    ]);
  });

  test('writes are parsed, with defaults for new records and none for changes', async () => {
    const host = createSmallHost([worker], mode);
    expect(await host.invoke('acme.worker', target.health, null)).toEqual({ ok: false, reason: 'x,y' });
    const id: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(host.asked.map(({ input }) => input['writes'])).toEqual([
      [{ op: 'insert', id, value: { name: 'a', micros: 3n } }],
      [{ op: 'update', id, patch: { name: 'b' }, version: 1 }],
      [
        { op: 'upsert', id: 'x', value: { name: 'c', micros: 3n, at: new Date(0) } },
        { op: 'delete', id: 'y' },
      ],
    ]);
  });
});

/** A plugin whose health check does one thing. */
const doing = (run: (ctx: Context<Manifest>) => unknown) =>
  createSmallHost(
    [definePlugin(manifest, ({ health }) => health(async (ctx) => (await run(ctx), { ok: true })))],
    'strict',
  );
const manifest = {
  ...base,
  id: 'acme.doer',
  capabilities: ['data:collections', 'data:sql', 'net:fetch'],
  hosts: ['api.test'],
  collections: { things },
} as const;
type Manifest = typeof manifest;
const healthOf = (host: ReturnType<typeof createSmallHost>, local?: { db: object }) =>
  host.invoke('acme.doer', target.health, null, local && { local });

describe('a patch', () => {
  test('names every wrong field', async () => {
    // A caller without types.
    const patch: object = { name: 1, nothing: 2 };
    await expect(healthOf(doing((ctx) => ctx.collections.things.update('a', patch)))).rejects.toMatchObject({
      code: 'invalid_input',
      details: [{ path: ['name'] }, { path: ['nothing'], message: 'there is no such field' }],
    });
  });
});

describe('the transaction of a call', () => {
  const db = { tenant: 't', query: vi.fn<() => Promise<object[]>>(async () => [{ n: 1 }]), em: async () => ({}) };
  test('is what the host put beside the call', async () => {
    await healthOf(
      doing((ctx) => ctx.db.query('select $1', [1])),
      { db },
    );
    expect(db.query).toHaveBeenCalledExactlyOnceWith('select $1', [1]);
  });
  test('is denied where there is none', async () => {
    await expect(healthOf(doing((ctx) => ctx.db.query('select 1')))).rejects.toMatchObject({
      code: 'capability_denied',
    });
  });
  test('is awaited', async () => {
    const slow = { ...db, query: () => new Promise((resolve) => void setTimeout(resolve, 10, [])) };
    await expect(
      healthOf(
        doing((ctx) => void ctx.db.query('select 1')),
        { db: slow },
      ),
    ).rejects.toMatchObject({
      code: 'not_awaited',
    });
  });
});

describe('strict', () => {
  const columns = service('acme.columns@1', {
    touch: method(z.object({ x: f64(), list: z.array(z.number()) }), z.object({ list: z.array(z.number()) })),
    relay: method(z.void(), z.boolean()),
  });
  const touching = (touch: (input: { x: unknown; list: unknown }) => void) =>
    definePlugin({ ...base, id: 'acme.toucher', provides: [columns], optional: { columns } }, ({ provide }) => {
      provide(columns, {
        touch(input) {
          touch(input);
          return { list: [1] };
        },
        relay: async (_, ctx) =>
          Object.isFrozen(await ctx.services.columns?.touch({ x: new Float64Array(1), list: [] })),
      });
    });
  const start = (mode: 'fast' | 'strict', touch: Parameters<typeof touching>[0]) =>
    createSmallHost([touching(touch)], mode, { optional: ['columns'] });
  const touch = (host: ReturnType<typeof createSmallHost>, x = Float64Array.of(1)) =>
    host.invoke('acme.toucher', target.service(columns.id, 'touch'), { x, list: [1] });
  const writeColumn = ({ x }: { x: unknown }): void => {
    if (x instanceof Float64Array) x[0] = 99;
  };
  const writeList = ({ list }: { list: unknown }): void => {
    if (Array.isArray(list)) list.push(2);
  };

  test('notices a column that was written to, and the sender keeps its own', async () => {
    const x = Float64Array.of(1);
    await expect(touch(start('strict', writeColumn), x)).rejects.toMatchObject({ code: 'input_mutated' });
    expect(x[0]).toBe(1);
  });
  test('freezes inputs', async () => {
    await expect(touch(start('strict', writeList))).rejects.toThrow('not extensible');
    await expect(touch(start('fast', writeList))).resolves.toEqual({ list: [1] });
  });
  test('freezes results', async () => {
    const relay = target.service(columns.id, 'relay');
    expect(await start('strict', () => undefined).invoke('acme.toucher', relay, undefined)).toBe(true);
    expect(await start('fast', () => undefined).invoke('acme.toucher', relay, undefined)).toBe(false);
  });
  test('notices a request that nobody awaited', async () => {
    await expect(healthOf(doing((ctx) => void ctx.collections.things.delete('a')))).rejects.toMatchObject({
      code: 'not_awaited',
      message: 'acme.doer health (trace-1) ended while 1 of its requests to the host were still open; await them',
    });
  });
  test('lets logs go unawaited', async () => {
    await expect(healthOf(doing((ctx) => ctx.log.info('x')))).resolves.toEqual({ ok: true });
  });
});

test('a context has what its manifest grants, and nothing of the kernel in sight', async () => {
  let keys: string[] = [];
  await healthOf(
    doing((ctx) => {
      for (const key in ctx) keys.push(key);
      keys = keys.concat(Object.keys(ctx));
      expect('fetch' in ctx).toBe(true);
      expect('enqueue' in ctx).toBe(false);
      expect(() => Object.assign(ctx, { tenant: 'other' })).toThrow('only a getter');
    }),
  );
  expect(keys).toEqual([]);
});

test('settings are parsed once per version and frozen', async () => {
  const seen: unknown[] = [];
  const plugin = definePlugin(
    { ...base, id: 'acme.doer', settings: z.object({ days: z.number().default(7) }) },
    ({ health }) => health((ctx) => (seen.push(ctx.settings), { ok: true })),
  );
  const host = createSmallHost([plugin], 'fast');
  await healthOf(host);
  await healthOf(host);
  expect(seen[0]).toBe(seen[1]);
  expect(seen[0]).toEqual({ days: 7 });
  expect(Object.isFrozen(seen[0])).toBe(true);
  const wrong = createSmallHost([plugin], 'fast', { settings: { version: 2, value: { days: 'x' } } });
  await expect(healthOf(wrong)).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: ['days'] }] });
});

test('the clock goes on during a call unless it is frozen', async () => {
  const times: number[] = [];
  const plugin = definePlugin({ ...base, id: 'acme.doer' }, ({ health }) =>
    health(async (ctx) => {
      times.push(ctx.now().getTime());
      await new Promise((resolve) => void setTimeout(resolve, 15));
      times.push(ctx.now().getTime());
      return { ok: true };
    }),
  );
  await healthOf(createSmallHost([plugin], 'fast', { frozenClock: false }));
  await healthOf(createSmallHost([plugin], 'fast'));
  const [a = 0, b = 0, c, d] = times;
  expect(b - a).toBeGreaterThanOrEqual(10);
  expect(c).toBe(d);
});
