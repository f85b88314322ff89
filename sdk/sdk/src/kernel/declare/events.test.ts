import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, event } from '../../index.ts';
import { createSmallHost, envelope, MODES } from '../fixtures/small-host.ts';
import { target } from '../index.ts';

const base = { version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
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
