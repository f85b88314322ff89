import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, method, PodliftError, service } from '../index.ts';
import { createSmallHost, MODES } from './fixtures/small-host.ts';
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
