import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { manifest } from './manifest.ts';
import { computeTimeDecay } from './time-decay.ts';

const DAY = 86_400;

/** Journeys by the ages of their touches in days, the earliest touch first. */
function journeys(...days: (readonly number[])[]) {
  const offsets = new Uint32Array(days.length + 1);
  days.forEach(({ length }, j) => (offsets[j + 1] = (offsets[j] ?? 0) + length));
  const ages = Float64Array.from(days.flat(), (age) => age * DAY);
  return { offsets, channels: new Uint32Array(ages.length), ages };
}
const credit = (halfLife: number, ...days: (readonly number[])[]) =>
  Array.from(computeTimeDecay(journeys(...days), halfLife));

/** Shares as they are but for the last bits. */
const near = (shares: readonly number[]) => shares.map((share): unknown => expect.closeTo(share, 14));

/** 2,000 journeys of 0 to 40 touches within 90 days. */
const many = Array.from({ length: 2000 }, (_, j) =>
  Array.from({ length: (j * 7919) % 41 }, (__, t) => ((j * 31 + t * 17) % 900) / 10).toSorted((a, b) => b - a),
);

describe('time decay', () => {
  test.each([
    ['a half-life apart: 1 to 2', [[7, 0]], [1 / 3, 2 / 3]],
    ['two and one half-lives: 1 to 2 to 4', [[14, 7, 0]], [1 / 7, 2 / 7, 4 / 7]],
    ['half a half-life', [[3.5, 0]], [1 / (1 + Math.SQRT2), Math.SQRT2 / (1 + Math.SQRT2)]],
    ['one touch, however long ago', [[89]], [1]],
    ['equal instants share', [[5, 5, 5, 5]], [0.25, 0.25, 0.25, 0.25]],
    ['two of one instant, a half-life before a third', [[7, 7, 0]], [0.25, 0.25, 0.5]],
    ['no touch', [[]], []],
    ['no journeys', [], []],
    ['an order without touch between two others', [[7, 0], [], [0]], [1 / 3, 2 / 3, 1]],
  ])('%s, by hand', (_, days, shares) => {
    expect(credit(7, ...days)).toEqual(near(shares));
  });

  test('only the distance between touches counts, not how long they all are ago', () => {
    expect(credit(7, [7, 0])).toEqual(near(credit(7, [107, 100])));
    // 2^(-age / half-life) of each alone would be 0 here, and its share 0 / 0.
    expect(credit(0.1, [4007.1, 4007])).toEqual(near([1 / 3, 2 / 3]));
  });

  test('a touch of very long ago gets nothing, and never NaN', () => {
    const [distant = 0, last] = credit(0.1, [90, 0]);
    expect([distant / 2 ** -900, last]).toEqual([expect.closeTo(1, 12), 1]);
    expect(credit(0.1, [4000, 0])).toEqual([0, 1]);
  });

  test('sums to one for each of 2,000 journeys, and is never NaN', () => {
    for (const halfLife of [0.1, 1, 7, 365]) {
      const all = journeys(...many);
      expect(findCreditFault(all, computeTimeDecay(all, halfLife), true)).toBeUndefined();
    }
  });

  test('a later touch never gets less than an earlier one', () => {
    for (const days of many) {
      const shares = credit(3, days);
      shares.forEach((share, i) => expect(share).toBeGreaterThanOrEqual(shares[i - 1] ?? 0));
    }
  });

  test('twice the half-life and twice the ages are the same; a long half-life is linear, a short one the last touch', () => {
    for (const days of many.slice(0, 200)) {
      const doubled = days.map((age) => age * 2);
      expect(credit(14, doubled)).toEqual(near(credit(7, days)));
    }
    credit(1e9, [80, 40, 3]).forEach((share) => expect(share).toBeCloseTo(1 / 3, 6));
    expect(credit(0.001, [80, 40, 3])).toEqual(near([0, 0, 1]));
  });

  test('journeys in another order have the same credit each', () => {
    const alone = many.toReversed().flatMap((days) => credit(7, days));
    expect(credit(7, ...many.toReversed())).toEqual(alone);
  });
});

describe('its setting', () => {
  test('is a half-life of 7 days unless the tenant says otherwise', () => {
    expect(manifest.settings.parse({})).toEqual({ halfLifeDays: 7 });
  });

  test.each([0, -7, 0.09, 366, NaN, Infinity, '7'])('%s is refused and named', (halfLifeDays) => {
    const { error } = manifest.settings.safeParse({ halfLifeDays });
    expect(error?.issues.map(({ path }) => path)).toEqual([['halfLifeDays']]);
  });
});
