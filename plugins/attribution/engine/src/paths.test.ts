import { expect, test } from 'vitest';
import { computeTopPaths } from './paths.ts';

const build = (ways: readonly (readonly number[])[], values: readonly number[]) => {
  const offsets = new Uint32Array(ways.length + 1);
  ways.forEach((way, j) => (offsets[j + 1] = (offsets[j] ?? 0) + way.length));
  const channels = Uint32Array.from(ways.flat());
  return { offsets, channels, ages: new Float64Array(channels.length), values: Float64Array.from(values) };
};

test('repeats collapse, returns do not, and each channel gets its most frequent paths', () => {
  const paths = computeTopPaths(build([[1, 1, 2], [1, 2, 2], [2, 1, 2], [], [3]], [10, 20, 5, 7, 1]), 10);
  expect(paths.get(1)).toEqual([
    { channels: [1, 2], conversions: 2, value: 30, touches: 3 },
    { channels: [2, 1, 2], conversions: 1, value: 5, touches: 3 },
  ]);
  expect(paths.get(3)).toEqual([{ channels: [3], conversions: 1, value: 1, touches: 1 }]);
  expect(paths.get(4)).toBeUndefined();
});

test('the answer does not depend on the order of the journeys', () => {
  const ways = Array.from({ length: 300 }, (_, j) => Array.from({ length: j % 5 }, (_, t) => (j * 31 + t * 17) % 4));
  const values = ways.map((_, j) => j % 3);
  const turned = ways.toReversed();
  expect(computeTopPaths(build(turned, values.toReversed()), 5)).toEqual(computeTopPaths(build(ways, values), 5));
});

test('no more than asked for', () => {
  const ways = Array.from({ length: 50 }, (_, j) => [0, j + 1]);
  expect(
    computeTopPaths(
      build(
        ways,
        ways.map(() => 1),
      ),
      3,
    ).get(0),
  ).toHaveLength(3);
});
