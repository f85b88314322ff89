import { describe, expect, test } from 'vitest';
import { attribution, decay, finished, runs } from './fixtures/attribution.ts';
import { createSmallHost, MODES } from './fixtures/small-host.ts';
import { target } from './index.ts';

const journeys = () => ({ offsets: Int32Array.of(0, 2, 3), ages: Float64Array.of(7, 0, 3) });
const run = target.service(runs.id, 'run');

describe.each(MODES)('a plugin that opens a point, and one that contributes, %s', (mode) => {
  const start = () => createSmallHost([attribution, decay], mode);

  test('compute credit through the point', async () => {
    const host = start();
    const result = await host.invoke('acme.attribution', run, { model: 'decay', journeys: journeys() });
    expect(result).toEqual({ plugin: 'acme.decay', credit: Float64Array.of(1 / 3, 2 / 3, 1) });
    await host.stop();
  });

  test('emit bigint and Date as they are', async () => {
    const host = start();
    await host.invoke('acme.attribution', run, { model: 'decay', journeys: journeys() });
    expect(host.asked.at(-1)).toEqual({
      plugin: 'acme.attribution',
      name: 'emit',
      input: {
        type: finished.id,
        key: 'decay',
        payload: { model: 'decay', micros: 2_000_000n, at: new Date(1_700_000_000_000) },
      },
    });
  });

  test('keep code, kind, message and details of their errors', async () => {
    await expect(
      start().invoke('acme.attribution', run, { model: 'none', journeys: journeys() }),
    ).rejects.toMatchObject({
      code: 'attribution.no_model',
      kind: 'missing',
      message: 'there is no attribution model none',
      details: { id: 'none' },
    });
  });

  test('refuse wrong input with the path', async () => {
    const input = { model: 'decay', journeys: { ...journeys(), ages: [1] } };
    await expect(start().invoke('acme.attribution', run, input)).rejects.toMatchObject({
      code: 'invalid_input',
      kind: 'invalid',
      details: [{ path: ['journeys', 'ages'], message: 'expected a f64 column' }],
    });
  });
});
