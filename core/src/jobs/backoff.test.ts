import { expect, it } from 'vitest';
import { backoff } from './backoff.ts';

it('doubles, up to an hour', () => {
  expect([1, 2, 3, 40].map((failures) => backoff({}, failures, 0))).toEqual([2000, 4000, 8000, 3_600_000]);
});

it('lengthens each pause by a random share', () => {
  expect(backoff({}, 1, 1)).toBe(2400);
  expect(backoff({ backoffJitter: 1 }, 1, 0.5)).toBe(3000);
  expect(backoff({ backoffJitter: 0 }, 1, 1)).toBe(2000);
});

it('grows as the job says', () => {
  const options = { backoffMs: 100, backoffFactor: 3, backoffMaxMs: 1000 };
  expect([1, 2, 3, 4].map((failures) => backoff(options, failures, 0))).toEqual([100, 300, 900, 1000]);
  expect(backoff({ backoffMs: 50, backoffFactor: 1 }, 9, 0)).toBe(50);
});
