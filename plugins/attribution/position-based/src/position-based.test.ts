import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { manifest } from './manifest.ts';
import { computePositionBased } from './position-based.ts';
import { SHAPES, type Weights } from './shapes.ts';

function journeys(...lengths: number[]) {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, j) => (offsets[j + 1] = (offsets[j] ?? 0) + length));
  return { offsets, channels: new Uint32Array(offsets.at(-1) ?? 0) };
}
const credit = (weights: Weights, ...lengths: number[]) =>
  Array.from(computePositionBased(journeys(...lengths), weights));
/** Shares as they are but for the last bits. */
const near = (shares: readonly number[]) => shares.map((share): unknown => expect.closeTo(share, 14));
const { u, j, 'inverse-j': inverseJ } = SHAPES;

describe('position based', () => {
  test.each<[string, Weights, number[], number[]]>([
    ['U, five touches', u, [5], [0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.4]],
    ['U, three', u, [3], [0.4, 0.2, 0.4]],
    ['U, two', u, [2], [0.5, 0.5]],
    ['J, four', j, [4], [0.2, 0.1, 0.1, 0.6]],
    ['J, two: 25 to 75', j, [2], [0.25, 0.75]],
    ['inverse J, four', inverseJ, [4], [0.6, 0.1, 0.1, 0.2]],
    ['inverse J, two: 75 to 25', inverseJ, [2], [0.75, 0.25]],
    [
      'weights of one’s own, by their ratio',
      { first: 1, middle: 2, last: 5 },
      [4, 2],
      [1 / 8, 1 / 8, 1 / 8, 5 / 8, 1 / 6, 5 / 6],
    ],
    [
      'only the middle weighs: of two touches each half',
      { first: 0, middle: 9, last: 0 },
      [4, 2],
      [0, 0.5, 0.5, 0, 0.5, 0.5],
    ],
    ['only the last weighs: last touch', { first: 0, middle: 0, last: 3 }, [3, 2, 1], [0, 0, 1, 0, 1, 1]],
    ['one touch has all', { first: 0, middle: 1, last: 0 }, [1], [1]],
    ['no touch', u, [0], []],
    ['no journeys', u, [], []],
    ['an order without touch between two others', u, [2, 0, 1], [0.5, 0.5, 1]],
  ])('%s, by hand', (_, weights, lengths, shares) => {
    expect(credit(weights, ...lengths)).toEqual(near(shares));
  });

  const lengths = Array.from({ length: 2000 }, (_, place) => (place * 7919) % 41);

  test('sums to one for each of 2,000 journeys of 0 to 40 touches, whatever the weights', () => {
    for (const weights of [u, j, inverseJ, { first: 0, middle: 1, last: 0 }, { first: 0.001, middle: 100, last: 33 }]) {
      const many = journeys(...lengths);
      expect(findCreditFault(many, computePositionBased(many, weights), true)).toBeUndefined();
    }
  });

  test('journeys in another order have the same credit each', () => {
    const alone = lengths.toReversed().flatMap((length) => credit(u, length));
    expect(credit(u, ...lengths.toReversed())).toEqual(alone);
  });

  test('inverse J read backwards is J, and U reads the same both ways', () => {
    expect(credit(inverseJ, 7).toReversed()).toEqual(near(credit(j, 7)));
    expect(credit(u, 7).toReversed()).toEqual(near(credit(u, 7)));
  });

  test('touches of one instant keep their places: always 40/20/40', () => {
    expect(credit(u, 3)).toEqual([0.4, 0.2, 0.4]);
  });
});

describe('its settings', () => {
  test('are U unless the tenant says otherwise', () => {
    expect(manifest.settings.parse({})).toEqual({ shape: 'u', weights: { first: 40, middle: 20, last: 40 } });
  });

  test.each([
    [{ shape: 'w' }, [['shape']]],
    [{ weights: { first: 0, middle: 0, last: 0 } }, [['weights']]],
    [
      { weights: { first: -1, middle: 0, last: NaN } },
      [
        ['weights', 'first'],
        ['weights', 'last'],
      ],
    ],
    [{ weights: { first: 101, middle: 1, last: 1 } }, [['weights', 'first']]],
    [{ weights: { first: 1, last: 1 } }, [['weights', 'middle']]],
    [{ weights: { first: 1, middle: 1, last: 1, next: 1 } }, [['weights']]],
  ])('%j is refused at %j', (settings, paths) => {
    expect(manifest.settings.safeParse(settings).error?.issues.map(({ path }) => path)).toEqual(paths);
  });

  test('weights that sum to zero are refused with a sentence', () => {
    const { error } = manifest.settings.safeParse({ weights: { first: 0, middle: 0, last: 0 } });
    expect(error?.issues[0]?.message).toBe('at least one of first, middle and last is above zero');
  });
});
