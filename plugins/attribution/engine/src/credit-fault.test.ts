import { expect, test } from 'vitest';
import { findCreditFault } from './credit-fault.ts';

const journeys = { offsets: Uint32Array.of(0, 2, 2, 3), channels: Uint32Array.of(0, 1, 0) };

test.each([
  [[0.5, 0.5, 1], true],
  [[1, 0, 1], true],
  [[1, 1, 1], false],
  [[1 / 3, 2 / 3, 1], true],
])('%j is credit (unit sum: %s)', (credit, unitSum) => {
  expect(findCreditFault(journeys, credit, unitSum)).toBeUndefined();
});

test.each([
  [[1, 0], true, 'it returned 2 shares for 3 touches'],
  [[1, 0, 1, 0], true, 'it returned 4 shares for 3 touches'],
  [[1, NaN, 1], false, 'touch 2 of journey 1 got NaN'],
  [[1, Infinity, 1], false, 'touch 2 of journey 1 got Infinity'],
  [[1.5, -0.5, 1], true, 'touch 2 of journey 1 got -0.5'],
  [[1, 1, 1], true, 'the shares of journey 1 sum to 2, not to one'],
  [[0, 1, 0.999], true, 'the shares of journey 3 sum to 0.999, not to one'],
])('%j is not (unit sum: %s): %s', (credit, unitSum, fault) => {
  expect(findCreditFault(journeys, credit, unitSum)).toBe(fault);
});
