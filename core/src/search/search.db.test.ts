import { definePlugin, method, searchSource, service, type SearchEntry } from '@podlift/sdk';
import { silentLog } from '../telemetry/index.ts';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSearchRoom, type SearchRoom } from './index.ts';

const base = { version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0' } as const;
const Entries = z.array(z.object({ id: z.string(), title: z.string(), text: z.string().optional() }));
const api = service('shelf.api@1', {
  put: method(z.object({ kind: z.custom<'book'>(), entries: Entries, fail: z.boolean() }), z.object({})),
  remove: method(z.object({ ids: z.array(z.string()) }), z.object({})),
});
/** What the plugin says it has, by tenant. */
const shelves = new Map<string, SearchEntry[]>();
/** Runs while a page is listed. */
let during: () => Promise<unknown> = () => Promise.resolve();

const shelf = definePlugin(
  {
    ...base,
    id: 'test.shelf',
    provides: [api],
    permissions: { 'books:read': { title: 'See books', roles: ['owner', 'viewer'] } },
    search: { book: { title: { en: 'Book', de: 'Buch' }, permission: 'books:read', page: '/books/{id}' } },
  },
  (declare) => {
    declare.provide(api, {
      put: async ({ entries, fail, kind }, ctx) => {
        await ctx.search.put(kind, entries);
        if (fail) throw new Error('thought better of it');
        return {};
      },
      remove: async ({ ids }, ctx) => {
        await ctx.search.remove('book', ids);
        return {};
      },
    });
    declare.contribute(searchSource, {
      id: 'book',
      list: async ({ after = '0', limit }, ctx) => {
        const all = shelves.get(ctx.tenant) ?? [];
        const from = Number(after);
        const entries = all.slice(from, from + limit);
        await during();
        return { entries, ...(from + limit < all.length && { next: String(from + limit) }) };
      },
    });
  },
);

let host: TestHost;
let search: SearchRoom;
beforeAll(async () => {
  host = await createTestHost({ plugins: [shelf] });
  const { database, jobs } = host.rooms;
  search = createSearchRoom({ database, jobs, clock: host.clock, plugins: host.plugins, log: silentLog });
  await search.start();
});
afterAll(() => host.stop());

const put = (tenant: string, entries: readonly SearchEntry[], { kind = 'book', fail = false } = {}): Promise<unknown> =>
  host.call(['shelf.api@1', 'put'], { kind, entries, fail }, { tenant });
const remove = (tenant: string, ...ids: string[]): Promise<unknown> =>
  host.call(['shelf.api@1', 'remove'], { ids }, { tenant });
const find = async (tenant: string, question: string, limit = 10): Promise<string[]> =>
  (await search.find(tenant, { question, kinds: ['test.shelf/book'], limit })).map(({ title }) => title);

describe('what was told of', () => {
  test('is found by parts of its words, in any order and case, with or without accents', async () => {
    const tenant = await host.tenant();
    await put(tenant, [
      { id: '1', title: 'Österreich im Frühling', text: 'Straßen, CODE-17' },
      { id: '2', title: 'Spring in Austria' },
    ]);
    for (const question of ['oster', 'FRUHLING öster', 'strassen', 'code 17', 'ling'])
      expect({ question, found: await find(tenant, question) }).toEqual({
        question,
        found: ['Österreich im Frühling'],
      });
    expect(await find(tenant, 'in')).toHaveLength(2);
    for (const question of ['', '  ', '%', '_', "'; drop table", 'oster spring'])
      expect({ question, found: await find(tenant, question) }).toEqual({ question, found: [] });
  });

  test('comes in the order of how well it fits, and forgives a wrong letter', async () => {
    const tenant = await host.tenant();
    await put(
      tenant,
      ['Coffee house news', 'The coffee', 'Coffee', 'Uncoffeed', 'Tea'].map((title) => ({ id: title, title })),
    );
    expect(await find(tenant, 'coffee')).toEqual(['Coffee', 'Coffee house news', 'The coffee', 'Uncoffeed']);
    expect(await find(tenant, 'coffee', 2)).toEqual(['Coffee', 'Coffee house news']);
    expect(await find(tenant, 'cofee')).toContain('Coffee');
  });

  test('changes, goes, and never shows to another tenant', async () => {
    const [one, two] = [await host.tenant(), await host.tenant()];
    await put(one, [{ id: '1', title: 'Harvest' }]);
    await put(two, [{ id: '1', title: 'Harvest of others' }]);
    await put(one, [
      { id: '1', title: 'Sowing' },
      { id: '1', title: 'Reaping' },
    ]);
    expect([await find(one, 'harvest'), await find(one, 'sowing'), await find(one, 'reaping')]).toEqual([
      [],
      [],
      ['Reaping'],
    ]);
    await remove(one, '1', 'never there');
    expect([await find(one, 'reaping'), await find(two, 'harvest')]).toEqual([[], ['Harvest of others']]);
  });

  test('is as it was when the call fails', async () => {
    const tenant = await host.tenant();
    await expect(put(tenant, [{ id: '1', title: 'Regret' }], { fail: true })).rejects.toThrow('better');
    expect(await find(tenant, 'regret')).toEqual([]);
    await expect(put(tenant, [{ id: '1', title: 'Odd' }], { kind: 'shelf' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a rebuild', () => {
  const many = (count: number): SearchEntry[] =>
    Array.from({ length: count }, (_, n) => ({ id: `n${n}`, title: `Volume ${n}` }));

  test('finds what nobody told of, page by page, and forgets what is not there', async () => {
    const tenant = await host.tenant();
    shelves.set(tenant, many(1201));
    await put(tenant, [{ id: 'lost', title: 'Lost volume' }]);
    host.clock.advance(1000);
    expect(await search.rebuild(tenant)).toBe(1201);
    expect([await find(tenant, 'volume 1200'), await find(tenant, 'lost')]).toEqual([['Volume 1200'], []]);
  });

  test('changes nothing that was changed while it ran', async () => {
    const tenant = await host.tenant();
    shelves.set(tenant, many(3));
    await put(tenant, many(3));
    host.clock.advance(1000);
    during = async () => {
      host.clock.advance(1000);
      await remove(tenant, 'n0');
      await put(tenant, [
        { id: 'n1', title: 'Renamed' },
        { id: 'new', title: 'Brand new' },
      ]);
    };
    await search.rebuild(tenant);
    during = () => Promise.resolve();
    expect((await Promise.all(['volume', 'renamed', 'brand'].map((word) => find(tenant, word)))).flat()).toEqual([
      'Volume 2',
      'Renamed',
      'Brand new',
    ]);
  });

  test('happens by itself when somebody looks and a kind was never listed', async () => {
    const tenant = await host.tenant();
    shelves.set(tenant, many(2));
    expect(await find(tenant, 'volume')).toEqual([]);
    await expect
      .poll(async () => {
        await host.drain();
        return find(tenant, 'volume');
      })
      .toEqual(['Volume 0', 'Volume 1']);
  });
});
