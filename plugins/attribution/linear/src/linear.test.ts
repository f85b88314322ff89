import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { computeLinear } from './linear.ts';

const journeys = (...lengths: number[]) => {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, j) => (offsets[j + 1] = (offsets[j] ?? 0) + length));
  return { offsets, channels: Uint32Array.from({ length: offsets.at(-1) ?? 0 }, (_, touch) => touch % 7) };
};

describe('linear', () => {
  test.each([
    ['three touches', [3], [1 / 3, 1 / 3, 1 / 3]],
    ['one touch', [1], [1]],
    ['no touch', [0], []],
    ['no journeys', [], []],
    ['an order without touch between two others', [2, 0, 2], [0.5, 0.5, 0.5, 0.5]],
  ])('%s, by hand', (_, lengths, credit) => {
    expect(Array.from(computeLinear(journeys(...lengths)))).toEqual(credit);
  });

  test('sums to one for each of 2,000 journeys of 0 to 40 touches, and is never NaN', () => {
    const many = journeys(...Array.from({ length: 2000 }, (_, j) => (j * 7919) % 41));
    const credit = computeLinear(many);
    expect(findCreditFault(many, credit, true)).toBeUndefined();
  });

  test('a journey’s credit does not depend on the other journeys', () => {
    const together = computeLinear(journeys(4, 2, 5));
    const alone = [4, 2, 5].flatMap((length) => Array.from(computeLinear(journeys(length))));
    expect(Array.from(together)).toEqual(alone);
  });

  test('touches of one instant share like all others', () => {
    expect(Array.from(computeLinear({ offsets: Uint32Array.of(0, 2), channels: Uint32Array.of(4, 4) }))).toEqual([
      0.5, 0.5,
    ]);
  });

  test('permuting the touches of a journey changes no channel’s sum', () => {
    const offsets = Uint32Array.of(0, 5);
    const perChannel = (channels: number[]) => {
      const credit = computeLinear({ offsets, channels: Uint32Array.from(channels) });
      return [1, 2, 3].map((wanted) =>
        channels.reduce((sum, channel, i) => sum + (channel === wanted ? (credit[i] ?? 0) : 0), 0),
      );
    };
    expect(perChannel([1, 2, 1, 3, 1])).toEqual(perChannel([3, 1, 1, 1, 2]));
  });
});
