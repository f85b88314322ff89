import { expect, test } from 'vitest';
import { compareWithTruth, rankCorrelation } from './compare.ts';

test('the truth compared with itself, or with a multiple of itself', () => {
  expect(compareWithTruth([1, 2, 3], [1, 2, 3])).toEqual({ shareError: 0, rankCorrelation: 1, overCredit: 0 });
  const doubled = compareWithTruth([2, 4, 6], [1, 2, 3]);
  expect(doubled.shareError).toBeCloseTo(0, 12);
  expect(doubled.overCredit).toBe(1);
});

test('all credit to a key that brought nothing is the worst there is', () => {
  expect(compareWithTruth([10, 0], [0, 10])).toEqual({ shareError: 2, rankCorrelation: -1, overCredit: 0 });
});

test('no credit and no truth have defined answers', () => {
  expect(compareWithTruth([0, 0], [1, 2])).toEqual({ shareError: 1, rankCorrelation: 0, overCredit: -1 });
  expect(compareWithTruth([1, 2], [0, 0])).toEqual({ shareError: 1, rankCorrelation: 0, overCredit: 0 });
  expect(compareWithTruth([], [])).toEqual({ shareError: 1, rankCorrelation: 0, overCredit: 0 });
});

test('ties share their ranks (worked by hand: ranks 1.5 1.5 3 against 1 2 3 give 1.5 / sqrt(1.5 x 2))', () => {
  expect(rankCorrelation([5, 5, 9], [1, 2, 3])).toBeCloseTo(1.5 / Math.sqrt(3), 12);
});
