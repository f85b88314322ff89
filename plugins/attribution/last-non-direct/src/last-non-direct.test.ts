import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { computeLastNonDirect } from './last-non-direct.ts';

/** Journeys as words: a letter a touch, `d` for a direct one. */
function journeys(...words: string[]) {
  const offsets = new Uint32Array(words.length + 1);
  words.forEach((word, j) => (offsets[j + 1] = (offsets[j] ?? 0) + word.length));
  const touches = words.join('').split('');
  const channels = Uint32Array.from(touches, (touch) => (touch === 'd' ? 0 : 1));
  return { offsets, channels, direct: Uint8Array.from(touches, (touch) => (touch === 'd' ? 1 : 0)) };
}

describe('last non-direct touch', () => {
  test.each([
    ['nothing direct: the last', ['aaa'], [0, 0, 1]],
    ['the last is direct', ['aad'], [0, 1, 0]],
    ['all but the first are direct', ['addd'], [1, 0, 0, 0]],
    ['direct in between', ['ada'], [0, 0, 1]],
    ['all direct: the last of them', ['ddd'], [0, 0, 1]],
    ['one touch', ['a'], [1]],
    ['one direct touch', ['d'], [1]],
    ['no touch', [''], []],
    ['no journeys', [], []],
    ['a journey does not reach into the one before', ['aa', 'dd', '', 'ad'], [0, 1, 0, 1, 1, 0]],
  ])('%s, by hand', (_, words, credit) => {
    expect(Array.from(computeLastNonDirect(journeys(...words)))).toEqual(credit);
  });

  test('without a column of direct touches, the last of all', () => {
    const { offsets, channels } = journeys('ad', 'dd');
    expect(Array.from(computeLastNonDirect({ offsets, channels }))).toEqual([0, 1, 0, 1]);
  });

  test('touches of one instant keep the order in which the engine put them: the higher id is last', () => {
    expect(Array.from(computeLastNonDirect(journeys('aa')))).toEqual([0, 1]);
  });

  const words = Array.from({ length: 2000 }, (_, j) =>
    Array.from({ length: (j * 7919) % 41 }, (__, t) => ((j * 31 + t * 17) % 3 === 0 ? 'a' : 'd')).join(''),
  );

  test('sums to one for each of 2,000 journeys of 0 to 40 touches, and is what its definition says', () => {
    const many = journeys(...words);
    const credit = computeLastNonDirect(many);
    expect(findCreditFault(many, credit, true)).toBeUndefined();
    const expected = words.flatMap((word) => {
      const found = word.lastIndexOf('a');
      return word.split('').map((_, i) => (i === (found < 0 ? word.length - 1 : found) ? 1 : 0));
    });
    expect(Array.from(credit)).toEqual(expected);
  });

  test('journeys in another order have the same credit each', () => {
    const alone = words.toReversed().flatMap((word) => Array.from(computeLastNonDirect(journeys(word))));
    expect(Array.from(computeLastNonDirect(journeys(...words.toReversed())))).toEqual(alone);
  });
});
