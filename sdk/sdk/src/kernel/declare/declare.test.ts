import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, event, extensionPoint, job, method, service, type Declare, type Plugin } from '../../index.ts';
import { createKernel } from '../index.ts';

const base = { id: 'acme.x', version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
const nobody = { call: () => Promise.reject(new Error('nobody')) };
const start = (plugin: Plugin) => createKernel(plugin, nobody);
const things = service('acme.things@1', { get: method(z.void(), z.void()) });
const point = extensionPoint('acme.point@1', z.object({ label: z.string() }), { run: method(z.void(), z.void()) });
const happened = event('acme.happened@1', z.object({}));
const pull = job('pull', z.object({}));
const ok = () => ({ ok: true }) as const;
const done = (): void => undefined;

describe('setup is refused when it', () => {
  // Some of these do what the types forbid, as a plugin without types would.
  const untyped = (run: (declare: Declare<never>) => unknown): Plugin => ({
    manifest: base,
    setup: (declare) => run(declare) as undefined,
  });
  test.each<[string, Plugin, string]>([
    ['is asynchronous', untyped(async () => undefined), 'acme.x returns something from setup'],
    ['returns something', untyped(() => 1), 'acme.x returns something from setup'],
    [
      'declares a thing twice',
      definePlugin(base, ({ health }) => [health(ok), health(ok)]),
      'acme.x declared health twice',
    ],
    [
      'declares a job twice',
      definePlugin(base, (d) => [d.job(pull, done), d.job(pull, done)]),
      'acme.x declared job:pull twice',
    ],
    [
      'provides more than it says',
      definePlugin(base, ({ provide }) => provide(things, { get: done })),
      'acme.x provides acme.things@1 without saying so',
    ],
    [
      'provides less than it says',
      definePlugin({ ...base, provides: [things] }, done),
      'acme.x promises acme.things@1 but does not provide it',
    ],
    [
      'listens to more than it says',
      definePlugin(base, ({ on }) => on(happened, done)),
      'acme.x listens to acme.happened@1 without saying so',
    ],
    [
      'listens to less than it says',
      definePlugin({ ...base, consumes: [happened] }, done),
      'acme.x consumes acme.happened@1 but has no handler',
    ],
    [
      'contributes without a method',
      untyped((d) => Reflect.apply(d.contribute, d, [point, { id: 'a', label: 'A' }])),
      'acme.x has no run() for the entry a',
    ],
    [
      'contributes garbage',
      untyped((d) => Reflect.apply(d.contribute, d, [point, { id: 'a', run: done }])),
      'the entry a of acme.x in acme.point@1 is not valid at label',
    ],
    [
      'names an entry oddly',
      untyped((d) => Reflect.apply(d.contribute, d, [point, { id: 'a:b', label: 'A', run: done }])),
      'called "a:b"',
    ],
    ['names a job oddly', definePlugin(base, (d) => d.job(job('../x', z.object({})), done)), 'called "../x"'],
    [
      'names a command oddly',
      definePlugin(base, (d) => d.command({ name: '--x', description: '', options: z.object({}) }, done)),
      'called "--x"',
    ],
    [
      'throws',
      untyped(() => {
        throw new Error('boom');
      }),
      'boom',
    ],
  ])('%s', (_, plugin, message) => {
    expect(() => start(plugin)).toThrow(message);
  });

  test('takes more than one reply', () => {
    let later: (() => void) | undefined;
    start(definePlugin(base, ({ health }) => void (later = () => health(ok))));
    expect(() => later?.()).toThrow('acme.x declared health after setup had ended');
  });
});

test('an optional method may be left out', () => {
  const loose = service('acme.loose@1', {
    must: method(z.void(), z.void()),
    may: method(z.void(), z.void(), { optional: true, timeoutMs: 5 }),
  });
  const plugin = (more: object) =>
    definePlugin({ ...base, provides: [loose] }, ({ provide }) => provide(loose, { must: done, ...more }));
  expect(start(plugin({})).declaration.services).toEqual([{ id: loose.id, methods: { must: {} } }]);
  expect(start(plugin({ may: done })).declaration.services).toEqual([
    { id: loose.id, methods: { must: {}, may: { timeoutMs: 5 } } },
  ]);
});

test('a handler keeps its own this', async () => {
  class Impl {
    readonly #secret = 41;
    get() {
      return this.#secret + 1;
    }
  }
  const answer = service('acme.answer@1', { get: method(z.void(), z.number()) });
  const kernel = start(definePlugin({ ...base, provides: [answer] }, ({ provide }) => provide(answer, new Impl())));
  expect(kernel.declaration.services).toHaveLength(1);
});

test('classes are declared once', () => {
  const wiring = () => ({ resolve: done, dispose: async () => undefined });
  expect(() => start(definePlugin(base, ({ use }) => [use(wiring), use(wiring)]))).toThrow(
    'declared its classes twice',
  );
});
