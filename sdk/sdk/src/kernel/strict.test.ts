import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, f64, method, service } from '../index.ts';
import { doing, healthOf } from './fixtures/doer.ts';
import { createSmallHost } from './fixtures/small-host.ts';
import { target } from './index.ts';

const base = { version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
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
