import { expect, test } from 'vitest';
import { toDecimal, tryAmount } from './money.ts';

test.each([
  ['0', 0n, '0.00'],
  ['1500', 1_500_000_000n, '1500.00'],
  ['59.9', 59_900_000n, '59.90'],
  ['0.000001', 1n, '0.000001'],
  ['999999999999.999999', 999_999_999_999_999_999n, '999999999999.999999'],
])('%s is %s micros, written %s', (text, micros, written) => {
  expect(tryAmount(text)).toBe(micros);
  expect(toDecimal(micros)).toBe(written);
});

test.each(['', '-1', '1,5', '1.0000001', '1e3', ' 1', '1000000000000'])('%j is no amount', (text) =>
  expect(tryAmount(text)).toBeUndefined(),
);
test('less than nothing', () => expect(toDecimal(-1_500_000n)).toBe('-1.50'));
