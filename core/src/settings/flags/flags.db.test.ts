import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrations } from '../migrations.ts';
import { createFlags, type FlagDefinition, type Flags } from './index.ts';

const OWNER = 'acme.x';
const FLAGS: Readonly<Record<string, FlagDefinition>> = {
  fast: { type: 'boolean', default: false, description: 'Faster.', override: 'operator' },
  layout: { type: 'variants', variants: ['a', 'b'], default: 'a', description: 'Look.', override: 'tenant' },
};
const by = 'user:operator';
const clock = { now: () => Date.now() };

let database: TestDatabase;
let nodes: readonly [Flags, Flags];
let tenant: string;
let other: string;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  [tenant, other] = [await database.newTenant(), await database.newTenant()];
  const attributesOf = async (id: string) => {
    if (![tenant, other].includes(id)) throw new Error('no such tenant');
    return { 'tenant.plan': id === tenant ? 'pro' : 'free' };
  };
  const node = () => {
    const flags = createFlags({ database, clock, attributesOf, mostMs: 200 });
    flags.declare(OWNER, FLAGS);
    return flags;
  };
  nodes = [node(), node()];
});
afterAll(() => database.close());

const values = async (node: 0 | 1, of = tenant) => nodes[node].values(OWNER, { tenant: of });

describe('flags', () => {
  test('are what was declared until somebody says otherwise', async () => {
    expect(await values(0)).toEqual({ fast: false, layout: 'a' });
    expect(await nodes[0].get(OWNER, 'fast')).toMatchObject({ version: 0, config: { killed: false, rules: [] } });
  });

  test('go by rules here at once, and on another node within the bound', async () => {
    await values(1);
    const rules = [{ when: [{ attribute: 'tenant.plan', is: ['pro'] }], value: true }];
    await nodes[0].configure(OWNER, 'fast', { rules }, { by, expected: 0 });
    expect(await values(0)).toMatchObject({ fast: true });
    expect(await values(0, other)).toMatchObject({ fast: false });
    await expect.poll(() => values(1), { timeout: 1000 }).toMatchObject({ fast: true });
  });

  test('are not overwritten by somebody who saw an older version, nor by one of two at once', async () => {
    await expect(nodes[0].configure(OWNER, 'fast', {}, { by, expected: 0 })).rejects.toMatchObject({
      code: 'flags.changed',
    });
    const tries = [0, 1, 2, 3].map(() => nodes[1].configure(OWNER, 'fast', { value: true }, { by, expected: 1 }));
    const done = await Promise.allSettled(tries);
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await nodes[0].history(OWNER, 'fast')).map(({ version }) => version)).toEqual([2, 1]);
  });

  test('name every wrong field', async () => {
    const said = nodes[0].configure(OWNER, 'layout', { value: 'z', rules: [{ weights: { q: 1 } }] }, { by });
    await expect(said).rejects.toMatchObject({
      code: 'flags.invalid',
      details: [{ path: ['value'] }, { path: ['rules', '0', 'weights', 'q'] }],
    });
    await expect(nodes[0].configure(OWNER, 'nothing', {}, { by })).rejects.toMatchObject({ kind: 'missing' });
    await expect(nodes[0].get(OWNER, 'constructor')).rejects.toMatchObject({ kind: 'missing' });
  });

  test('may be decided by a workspace only when they say so, and never against a kill', async () => {
    const mine = { by: 'user:admin', operator: false };
    await expect(nodes[0].override(tenant, OWNER, 'fast', true, mine)).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await nodes[0].override(tenant, OWNER, 'layout', 'b', { ...mine, expected: 0 })).toBe(1);
    expect(await values(0)).toMatchObject({ layout: 'b' });
    expect(await values(0, other)).toMatchObject({ layout: 'a' });
    await expect(nodes[0].override(tenant, OWNER, 'layout', 'z', mine)).rejects.toMatchObject({
      details: [{ path: ['value'] }],
    });
    await nodes[0].kill(OWNER, 'layout', true, { by });
    expect(await nodes[0].explain(OWNER, 'layout', { tenant })).toMatchObject({ value: 'a', reason: 'killed' });
    await nodes[0].kill(OWNER, 'layout', false, { by });
    expect(await nodes[0].explain(OWNER, 'layout', { tenant })).toMatchObject({
      value: 'b',
      reason: 'override',
      override: { version: 1 },
    });
    expect(await nodes[0].override(tenant, OWNER, 'layout', null, { ...mine, expected: 1 })).toBe(2);
    expect(await values(0)).toMatchObject({ layout: 'a' });
    expect(await nodes[0].overrideHistory(tenant, OWNER, 'layout')).toMatchObject([{ value: null }, { value: 'b' }]);
    expect(await nodes[0].overrideHistory(other, OWNER, 'layout')).toEqual([]);
  });

  test('keep nothing when the row of the audit fails, or for nobody', async () => {
    const within = () => Promise.reject(new Error('no audit'));
    const before = await nodes[0].get(OWNER, 'fast');
    await expect(nodes[0].configure(OWNER, 'fast', {}, { by, within })).rejects.toThrow('no audit');
    await expect(nodes[0].override(tenant, OWNER, 'layout', 'b', { by, within, operator: true })).rejects.toThrow(
      'no audit',
    );
    expect(await nodes[0].get(OWNER, 'fast')).toEqual(before);
    expect(await values(0)).toMatchObject({ layout: 'a' });
    const nobody = '019a5f2e-7c1a-7d33-9a51-000000000000';
    await expect(nodes[0].override(nobody, OWNER, 'layout', 'b', { by, operator: true })).rejects.toThrow(
      'no such tenant',
    );
  });

  test('forget what was said of a variant that is gone, and keep the rest', async () => {
    const rules = [{ value: 'b' }, { percent: 100, value: 'a' }];
    await nodes[0].configure(OWNER, 'layout', { rules }, { by });
    nodes[0].declare(OWNER, {
      layout: {
        ...FLAGS['layout'],
        type: 'variants',
        variants: ['a', 'c'],
        default: 'c',
        description: '',
        override: 'operator',
      },
    });
    expect((await nodes[0].explain(OWNER, 'layout', { tenant })).value).toBe('a');
    nodes[0].withdraw(OWNER);
    expect(await values(0)).toEqual({});
  });

  test('cost a call about nothing when they are known', async () => {
    await nodes[1].values(OWNER, { tenant });
    const start = performance.now();
    let waited = 0;
    for (let n = 0; n < 10_000; n++) if (nodes[1].values(OWNER, { tenant }) instanceof Promise) waited++;
    const micros = ((performance.now() - start) * 1000) / 10_000;
    expect(waited).toBeLessThan(10);
    expect(micros).toBeLessThan(50);
  });
});
