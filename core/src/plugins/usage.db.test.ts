import { createTestHost, type TestHost } from '@podlift/testkit';
import { definePlugin, job, method, service, type PodliftError } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const work = service('acme.counter.work@1', {
  seen: method(z.object({}), z.object({ fast: z.boolean(), layout: z.string() })),
  count: method(z.object({ rows: z.number(), tokens: z.number(), fail: z.boolean().default(false) }), z.object({})),
  emitAndCount: method(z.object({ rows: z.number() }), z.object({})),
  used: method(z.object({}), z.array(z.object({ meter: z.string(), amount: z.number() }))),
  wrong: method(z.object({ name: z.string(), amount: z.number() }), z.object({})),
});
const nightly = job('nightly', z.object({}));

const plugin = definePlugin(
  {
    id: 'acme.counter',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'MIT',
    capabilities: ['jobs:enqueue', 'usage:read'],
    provides: [work],
    flags: {
      fast: { type: 'boolean', description: 'Faster.' },
      layout: { type: 'variants', variants: ['old', 'new'], default: 'old', description: 'Look.', override: 'tenant' },
    },
    meters: {
      rows: { unit: 'rows', description: 'Rows that were read.', exact: true },
      tokens: { unit: 'tokens', description: 'Tokens of a model.' },
    },
  },
  (declare) => {
    declare.provide(work, {
      seen: async (_, ctx) => ({ fast: ctx.flags.enabled('fast'), layout: ctx.flags.variant('layout') }),
      async count({ rows, tokens, fail }, ctx) {
        await ctx.meter('rows', rows);
        await ctx.meter('tokens', tokens);
        if (fail) throw new Error('changed my mind');
        return {};
      },
      async emitAndCount({ rows }, ctx) {
        await ctx.enqueue(nightly, {});
        await ctx.meter('rows', rows);
        return {};
      },
      async used(_, ctx) {
        const all = await ctx.usage.read({ from: new Date(ctx.now().getTime() - 86_400_000) });
        return all.map(({ meter, amount }) => ({ meter, amount }));
      },
      async wrong({ name, amount }, ctx) {
        // A plugin without types can say anything.
        await ctx.meter(name as 'rows', amount);
        return {};
      },
    });
    declare.job(nightly, () => undefined);
  },
);

let host: TestHost;
let tenant: string;
let other: string;
beforeAll(async () => {
  host = await createTestHost({ plugins: [plugin] });
  [tenant, other] = [await host.tenant(), await host.tenant()];
});
afterAll(() => host.stop());

const call = (name: string, input: object = {}, of = tenant) =>
  host.call(['acme.counter.work@1', name], input, { tenant: of });
const used = async (of = tenant) =>
  Object.fromEntries(
    (await host.rooms.usage.read(of, { from: new Date(0), to: new Date(host.clock.now() + 1), by: 'month' })).map(
      ({ meter, amount }) => [meter, amount],
    ),
  );

describe('flags of a plugin', () => {
  test('are what it declares, then what operators and tenants say', async () => {
    expect(await call('seen')).toEqual({ fast: false, layout: 'old' });
    const { flags } = host.rooms;
    await flags.configure(
      'acme.counter',
      'fast',
      { rules: [{ when: [{ attribute: 'tenant.id', is: [tenant] }], value: true }] },
      { by: 'test' },
    );
    await flags.override(other, 'acme.counter', 'layout', 'new', { by: 'test', operator: false });
    expect(await call('seen')).toEqual({ fast: true, layout: 'old' });
    expect(await call('seen', {}, other)).toEqual({ fast: false, layout: 'new' });
  });

  test('may go by the role of who asks', async () => {
    const rules = [{ when: [{ attribute: 'actor.role', is: ['viewer'] }], value: true }];
    await host.rooms.flags.configure('acme.counter', 'fast', { rules }, { by: 'test' });
    const seen = (role: string) =>
      host.plugins.invoke({
        plugin: 'acme.counter',
        target: target.service('acme.counter.work@1', 'seen'),
        input: {},
        tenant,
        actor: { kind: 'user', id: 'ada' },
        role,
      });
    expect(await seen('viewer')).toMatchObject({ fast: true });
    expect(await seen('analyst')).toMatchObject({ fast: false });
  });
});

describe('meters of a plugin', () => {
  test('count what committed, and nothing of a call that failed', async () => {
    await call('count', { rows: 10, tokens: 0.5 });
    await call('count', { rows: 5, tokens: 1.5 });
    await expect(call('count', { rows: 100, tokens: 100, fail: true })).rejects.toThrow('changed my mind');
    await call('emitAndCount', { rows: 1 });
    expect(await used()).toMatchObject({ 'acme.counter/rows': 16, 'acme.counter/tokens': 2 });
    expect(await used(other)).not.toHaveProperty('acme.counter/rows');
  });

  test('are those that it declares, and amounts are amounts', async () => {
    for (const [name, amount] of [
      ['nothing', 1],
      ['constructor', 1],
      ['rows', -1],
      ['rows', 1.5],
      ['rows', Infinity],
      ['rows', NaN],
    ] as const)
      await expect(call('wrong', { name, amount })).rejects.toSatisfy((error: PodliftError) =>
        ['not_found', 'invalid_input'].includes(error.code),
      );
    expect((await used())['acme.counter/rows']).toBe(16);
  });

  test('stand beside what core counts, and can be read by a plugin that was granted it', async () => {
    await host.drain();
    expect(await used()).toMatchObject({ 'jobs.run': 1, 'plugin.calls': expect.any(Number) });
    expect(await call('used')).toContainEqual({ meter: 'acme.counter/rows', amount: 16 });
    expect(host.rooms.usage.meters().find(({ name }) => name === 'acme.counter/rows')).toMatchObject({
      unit: 'rows',
      exact: true,
    });
  });
});
