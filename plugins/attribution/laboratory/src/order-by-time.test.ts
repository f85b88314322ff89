import { expect, test } from 'vitest';
import { orderByTime, reorder } from './order-by-time.ts';
import { Random } from './random.ts';

test.each([
  ['minutes', 3e5],
  ['a day', 864e5],
  ['a quarter', 91 * 864e5],
  ['a century', 36_525 * 864e5],
])('sorts like a comparison sort, ties as they came, over %s', (_, range) => {
  const random = new Random();
  random.seek(1, range % 1000);
  const times = Float64Array.from({ length: 5000 }, () => 1.7e12 + Math.floor(random.uniform() * range));
  times.copyWithin(4000, 0, 500);
  const expected = Array.from(times.keys()).toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  expect(Array.from(orderByTime(times))).toEqual(expected);
});

test('nothing and one', () => {
  expect(Array.from(orderByTime(new Float64Array()))).toEqual([]);
  expect(Array.from(orderByTime(Float64Array.of(5)))).toEqual([0]);
  expect(Array.from(reorder(Float64Array.of(7, 8), Uint32Array.of(1, 0), new Uint16Array(2)))).toEqual([8, 7]);
});
