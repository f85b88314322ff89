import { expect, test } from 'vitest';
import { backoff, tryRetryAfter } from './retry.ts';

test('waits grow, with jitter, up to a longest', () => {
  expect([1, 2, 3, 20].map((attempt) => backoff(attempt, () => 1))).toEqual([200, 400, 800, 10_000]);
  expect([1, 2, 3, 20].map((attempt) => backoff(attempt, () => 0))).toEqual([0, 0, 0, 0]);
});

test.each([
  [null, undefined],
  ['3', 3000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After %j', (header, expected) => {
  expect(tryRetryAfter(header, 1000)).toBe(expected);
});
