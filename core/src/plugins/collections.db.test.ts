import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codes, shop } from './testing/shop.ts';

describe.each([
  ['strict', true],
  ['fast', false],
])('collections, %s', (_, strict) => {
  let host: TestHost;
  let tenant: string;
  let other: string;
  beforeAll(async () => {
    host = await createTestHost({ plugins: [shop], strict, clock: '2026-03-01T00:00:00Z' });
    tenant = await host.tenant();
    other = await host.tenant();
  });
  afterAll(() => host.stop());
  const call = (method: keyof (typeof codes)['methods'], input: unknown, as = tenant) =>
    host.call([codes.id, method], input, { tenant: as });
  const add = async (code: string, uses = 0, as = tenant) =>
    ((await call('add', { code, uses }, as)) as { id: string }).id;

  test('the plugin runs', () => expect(host.plugins.list()).toMatchObject([{ id: 'test.shop', state: 'active' }]));

  test('keep dates and bigints', async () => {
    const value = { code: 'dates', uses: 1, price: 9_007_199_254_740_993n, at: new Date('2026-01-02') };
    const { id } = (await call('add', value)) as { id: string };
    expect(await call('get', { id })).toEqual({ version: 1, value });
  });

  test('a taken unique value is the error of the call', async () => {
    await add('unique');
    await expect(add('unique')).rejects.toMatchObject({
      code: 'conflict',
      kind: 'conflict',
      details: { collection: 'codes', fields: ['code'] },
      message: expect.stringContaining('code is taken by another record'),
    });
    await expect(add('unique', 0, other)).resolves.toBeDefined();
  });

  test('a version that somebody else has changed is a conflict that names the record', async () => {
    const id = await add('versions');
    await call('change', { id, uses: 2, version: 1 });
    await expect(call('change', { id, uses: 3, version: 1 })).rejects.toMatchObject({
      code: 'conflict',
      message: `codes ${id} was changed meanwhile: version 1 was seen, 2 is there`,
    });
    await expect(call('remove', { id, version: 1 })).rejects.toMatchObject({ code: 'conflict' });
    await call('remove', { id, version: 2 });
    expect(await call('get', { id })).toBeNull();
    await call('remove', { id });
  });

  test('an update of what is not there is not found', async () => {
    await expect(call('change', { id: 'nobody', uses: 1 })).rejects.toMatchObject({
      code: 'not_found',
      kind: 'missing',
    });
  });

  test('another tenant sees nothing and changes nothing', async () => {
    const id = await add('mine');
    expect(await call('get', { id }, other)).toBeNull();
    await expect(call('change', { id, uses: 9 }, other)).rejects.toMatchObject({ code: 'not_found' });
    await call('remove', { id }, other);
    expect(await call('get', { id })).toMatchObject({ value: { uses: 0 } });
  });

  test('pages meet every record once, in any order', async () => {
    const fresh = await host.tenant();
    await call('many', { count: 25 }, fresh);
    for (const order of [{}, { by: 'uses' }, { by: 'uses', down: true }, { by: 'createdAt', down: true }]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = (await call('find', { limit: 4, ...order, ...(after && { after }) }, fresh)) as {
          codes: string[];
          next?: string;
        };
        seen.push(...page.codes);
        after = page.next;
      } while (after);
      expect(seen).toHaveLength(25);
      expect(new Set(seen).size).toBe(25);
      const uses = seen.map((code) => Number(code.slice(1)) % 10);
      const sorted = uses.toSorted((a, b) => ('down' in order ? b - a : a - b));
      expect(uses).toEqual('by' in order && order.by === 'uses' ? sorted : uses);
    }
    expect(await call('find', { uses: { gte: 8 }, limit: 100 }, fresh)).toMatchObject({
      codes: expect.toSatisfy((all: string[]) => all.length === 4),
    });
  });

  test('ten thousand records in one batch are one statement per thousand', async () => {
    const fresh = await host.tenant();
    const { ids } = (await call('many', { count: 10_000 }, fresh)) as { ids: string[] };
    expect(new Set(ids).size).toBe(10_000);
  });
});
