import { expect, test } from 'vitest';
import { toDecimal, tryMicros } from './money.ts';

test.each([
  [59.9, 59_900_000n],
  ['59.90', 59_900_000n],
  ['59,90', 59_900_000n],
  [' 10 ', 10_000_000n],
  [0, 0n],
  [-5, -5_000_000n],
  ['+5', 5_000_000n],
  [0.1 + 0.2, 300_000n],
  [30.000000000000004, 30_000_000n],
  [1.1 * 3, 3_300_000n],
  ['0.0000005', 1n],
  ['0.0000004', 0n],
  [1e-7, 0n],
  [-0.0000005, -1n],
  ['999999999999.999999', 999_999_999_999_999_999n],
  [9007199254740991, undefined],
])('tryMicros(%j) is %s', (amount, micros) => expect(tryMicros(amount)).toBe(micros));

test.each(['', 'free', '1.2.3', '1,234.50', '1e5', '$5', Number.NaN, Infinity, 1e21, null, undefined, {}, [], true])(
  'tryMicros(%j) is nothing',
  (amount) => expect(tryMicros(amount)).toBeUndefined(),
);

test.each([
  [59_900_000n, '59.90'],
  [0n, '0.00'],
  [1n, '0.000001'],
  [-1_500_000n, '-1.50'],
  [1_234_567_000n, '1234.567'],
])('toDecimal(%s) is %s', (micros, text) => {
  expect(toDecimal(micros)).toBe(text);
  expect(tryMicros(text)).toBe(micros);
});
