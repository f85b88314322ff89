import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { computeLastTouch } from './last-touch.ts';

const journeys = (...lengths: number[]) => {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, j) => (offsets[j + 1] = (offsets[j] ?? 0) + length));
  return { offsets, channels: Uint32Array.from({ length: offsets.at(-1) ?? 0 }, (_, touch) => touch % 7) };
};

describe('last touch', () => {
  test.each([
    ['three touches', [3], [0, 0, 1]],
    ['one touch', [1], [1]],
    ['no touch', [0], []],
    ['no journeys', [], []],
    ['an order without touch between two others', [2, 0, 2], [0, 1, 0, 1]],
  ])('%s, by hand', (_, lengths, credit) => {
    expect(Array.from(computeLastTouch(journeys(...lengths)))).toEqual(credit);
  });

  test('sums to one for each of 2,000 journeys of 0 to 40 touches, and is never NaN', () => {
    const many = journeys(...Array.from({ length: 2000 }, (_, j) => (j * 7919) % 41));
    const credit = computeLastTouch(many);
    expect(findCreditFault(many, credit, true)).toBeUndefined();
  });

  test('a journey’s credit does not depend on the other journeys', () => {
    const together = computeLastTouch(journeys(4, 2, 5));
    const alone = [4, 2, 5].flatMap((length) => Array.from(computeLastTouch(journeys(length))));
    expect(Array.from(together)).toEqual(alone);
  });

  test('touches of one instant keep the order in which the engine put them: the higher id is last', () => {
    expect(Array.from(computeLastTouch({ offsets: Uint32Array.of(0, 2), channels: Uint32Array.of(4, 4) }))).toEqual([
      0, 1,
    ]);
  });
});
