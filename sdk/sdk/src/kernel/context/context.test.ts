import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { definePlugin, ingestion, job } from '../../index.ts';
import { migration } from '../../sql/index.ts';
import { doing, healthOf, things } from '../fixtures/doer.ts';
import { createSmallHost, MODES } from '../fixtures/small-host.ts';
import { target } from '../index.ts';

const base = { version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
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

const hits = ingestion('hits', { id: 'uuid', at: 'timestamptz' });
const land = migration('0001_hit', (schema) => schema.ingestFunction(hits, { into: ['hit'], body: 'select 1, true' }));
const reacher = definePlugin(
  {
    ...base,
    id: 'acme.reacher',
    capabilities: ['net:fetch', 'secrets:read', 'files', 'data:sql', 'data:ingest'],
    hosts: ['api.test'],
    secrets: ['KEY'],
    files: { note: { privacy: 'none' } },
    data: { migrations: [land], ingest: [hits] },
  },
  ({ health }) => {
    health(async (ctx) => {
      const url = new URL('https://api.test/a');
      const response = await ctx.fetch(url, { method: 'POST', body: 'x', auth: { secret: 'KEY' }, signal: ctx.signal });
      const file = await ctx.files.put('note', Uint8Array.of(1, 2), { mediaType: 'text/plain', name: 'a.txt' });
      const answers = [
        response.status,
        response.headers.get('x-url'),
        await response.text(),
        await ctx.secret('KEY'),
        file.id,
        (await ctx.files.read(file)).length,
        (await ctx.files.stat(file.id)) === undefined,
        await ctx.ingest(hits, { id: ['a', 'b'], at: [new Date(0), null] }),
      ];
      return { ok: false, reason: JSON.stringify(answers) };
    });
  },
);

test.each(MODES)('network, secrets, files and ingestion go through the host, %s', async (mode) => {
  const host = createSmallHost([reacher], mode);
  expect(await host.invoke('acme.reacher', target.health, null)).toEqual({
    ok: false,
    reason: '[203,"https://api.test/a","fetched","secret KEY","d1",2,true,[true,false]]',
  });
  expect(host.asked.map(({ name, input }) => [name, input])).toEqual([
    ['fetch', { url: 'https://api.test/a', method: 'POST', body: 'x', auth: { secret: 'KEY' } }],
    ['file.put', { kind: 'note', content: Uint8Array.of(1, 2), mediaType: 'text/plain', name: 'a.txt' }],
    ['secret', { name: 'KEY' }],
    ['file.read', { id: 'd1' }],
    ['file.stat', { id: 'd1' }],
    ['ingest', { name: 'hits', columns: { id: ['a', 'b'], at: [new Date(0), null] } }],
  ]);
});

test('a fetch that is given up ends at once', async () => {
  const gone = AbortSignal.abort();
  await expect(healthOf(doing((ctx) => ctx.fetch('https://api.test', { signal: gone })))).rejects.toMatchObject({
    code: 'aborted',
  });
});

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
