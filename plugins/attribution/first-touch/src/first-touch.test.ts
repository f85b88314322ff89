import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { computeFirstTouch } from './first-touch.ts';

const journeys = (...lengths: number[]) => {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, j) => (offsets[j + 1] = (offsets[j] ?? 0) + length));
  return { offsets, channels: Uint32Array.from({ length: offsets.at(-1) ?? 0 }, (_, touch) => touch % 7) };
};

describe('first touch', () => {
  test.each([
    ['three touches', [3], [1, 0, 0]],
    ['one touch', [1], [1]],
    ['no touch', [0], []],
    ['no journeys', [], []],
    ['an order without touch between two others', [2, 0, 2], [1, 0, 1, 0]],
  ])('%s, by hand', (_, lengths, credit) => {
    expect(Array.from(computeFirstTouch(journeys(...lengths)))).toEqual(credit);
  });

  test('sums to one for each of 2,000 journeys of 0 to 40 touches, and is never NaN', () => {
    const many = journeys(...Array.from({ length: 2000 }, (_, j) => (j * 7919) % 41));
    const credit = computeFirstTouch(many);
    expect(findCreditFault(many, credit, true)).toBeUndefined();
  });

  test('a journey’s credit does not depend on the other journeys', () => {
    const together = computeFirstTouch(journeys(4, 2, 5));
    const alone = [4, 2, 5].flatMap((length) => Array.from(computeFirstTouch(journeys(length))));
    expect(Array.from(together)).toEqual(alone);
  });

  test('touches of one instant keep the order in which the engine put them: the lower id is first', () => {
    expect(Array.from(computeFirstTouch({ offsets: Uint32Array.of(0, 2), channels: Uint32Array.of(4, 4) }))).toEqual([
      1, 0,
    ]);
  });
});
