import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, extensionPoint, method, service } from '../../index.ts';
import { createSmallHost, MODES } from '../fixtures/small-host.ts';
import { target } from '../index.ts';

const base = { version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
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
