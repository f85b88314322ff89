import { describe, expect, test } from 'vitest';
import { roundToSum, sumCredit, sumExactly } from './aggregate.ts';

test('credit and value per channel, by hand', () => {
  const journeys = {
    offsets: Uint32Array.of(0, 2, 2, 5),
    channels: Uint32Array.of(0, 1, 1, 1, 2),
    ages: new Float64Array(5),
    values: Float64Array.of(10, 99, 30),
  };
  const { conversions, value } = sumCredit(journeys, [0.25, 0.75, 0.5, 0, 0.5], 4);
  expect(Array.from(conversions)).toEqual([0.25, 1.25, 0.5, 0]);
  expect(Array.from(value)).toEqual([2.5, 22.5, 15, 0]);
});

test('a million journeys of three thirds sum to a million within 1e-9', () => {
  const count = 1_000_000;
  const journeys = {
    offsets: Uint32Array.from({ length: count + 1 }, (_, j) => j * 3),
    channels: Uint32Array.from({ length: count * 3 }, (_, touch) => touch % 7),
    ages: new Float64Array(count * 3),
    values: new Float64Array(count).fill(0.1),
  };
  const { conversions, value } = sumCredit(journeys, new Float64Array(count * 3).fill(1 / 3), 7);
  expect(Math.abs(sumExactly(conversions) - count)).toBeLessThan(1e-9);
  expect(Math.abs(sumExactly(value) - count * 0.1)).toBeLessThan(1e-9);
});

describe('roundToSum', () => {
  test.each([
    [
      [0.5, 0.5],
      [1n, 0n],
    ],
    [
      [1 / 3, 1 / 3, 1 / 3],
      [1n, 0n, 0n],
    ],
    [
      [10.2, 20.7, 30.1],
      [10n, 21n, 30n],
    ],
    [[], []],
    [
      [0, 0],
      [0n, 0n],
    ],
    [
      [-1.5, 2.5],
      [-1n, 2n],
    ],
  ])('%j', (amounts, rounded) => {
    expect(roundToSum(amounts)).toEqual(rounded);
  });

  test('keeps the sum of a thousand amounts', () => {
    const amounts = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) + i / 1000);
    const sum = roundToSum(amounts).reduce((total, part) => total + part, 0n);
    expect(sum).toBe(BigInt(Math.round(sumExactly(amounts))));
  });
});
