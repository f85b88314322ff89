import { describe, expect, test } from 'vitest';
import {
  convertMicros,
  divideHalfEven,
  formatMicros,
  microsOfUnit,
  multiply,
  invert,
  toDecimal,
  tryMicros,
  tryRate,
} from './decimal.ts';
import { minorUnits } from './iso4217.ts';
import { createDice } from './testing/eurofxref.ts';

const rate = (text: string) => tryRate(text) ?? { numerator: 0n, denominator: 1n };

describe('halves go to the even neighbour', () => {
  test.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [1n, 2n, 0n],
    [-1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 3n, 2n],
    [-5n, 3n, -2n],
    [4n, 3n, 1n],
    [0n, 7n, 0n],
    [10n ** 30n + 1n, 2n, 5n * 10n ** 29n],
  ])('%d / %d is %d', (numerator, denominator, result) => {
    expect(divideHalfEven(numerator, denominator)).toBe(result);
  });
});

describe('rates', () => {
  test.each([
    '0',
    '0.000',
    '-1',
    '+1',
    '1e3',
    '1,5',
    '',
    ' 1',
    '.5',
    '1.',
    'NaN',
    'Infinity',
    '0x10',
    '1'.repeat(13),
    `1.${'1'.repeat(13)}`,
  ])('%j is none', (text) => expect(tryRate(text)).toBeUndefined());
  test.each([
    ['1.0845', 10845n, 10_000n],
    ['15620.50', 156205n, 10n],
    ['7', 7n, 1n],
    ['0.000000000001', 1n, 10n ** 12n],
  ])('%s is exact', (text, numerator, denominator) => expect(tryRate(text)).toEqual({ numerator, denominator }));
  test.each([
    ['1.0845', '1.0845'],
    ['7', '7'],
    ['0.000000000001', '0.000000000001'],
    ['999999999999.123456789012', '999999999999.123'],
  ])('%s is shown as %s', (text, shown) => expect(toDecimal(rate(text))).toBe(shown));
  test('that never end are rounded at 15 digits that count', () => {
    expect(toDecimal(invert(rate('3')))).toBe('0.333333333333333');
    expect(toDecimal(multiply(invert(rate('7000')), rate('2')))).toBe('0.000285714285714286');
  });
});

describe('amounts', () => {
  test.each([
    ['12.5', 12_500_000n],
    ['-0.000001', -1n],
    ['0', 0n],
    ['999999999999.999999', 999_999_999_999_999_999n],
  ])('%s is %d micros', (text, micros) => expect(tryMicros(text)).toBe(micros));
  test.each(['', '1.1234567', '1,5', '1e3', '--1', '.5', '1'.repeat(13)])('%j is none', (text) =>
    expect(tryMicros(text)).toBeUndefined(),
  );
  test.each([
    [12_500_000n, 2, '12.50'],
    [-1n, 2, '-0.000001'],
    [5_000_000n, 0, '5'],
    [1_234_000n, 3, '1.234'],
  ])('%d micros with %d decimals are %s', (micros, decimals, text) =>
    expect(formatMicros(micros, decimals)).toBe(text),
  );
  test.each([
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['CLF', 4],
  ])('of %s have %d decimals', (code, decimals) => expect(minorUnits(code)).toBe(decimals));
  test('are rounded to the smallest amount of their currency, once', () => {
    expect(convertMicros(1_005_000n, rate('1'), microsOfUnit(2))).toBe(1_000_000n);
    expect(convertMicros(1_015_000n, rate('1'), microsOfUnit(2))).toBe(1_020_000n);
    expect(convertMicros(-1_015_000n, rate('1'), microsOfUnit(2))).toBe(-1_020_000n);
    expect(convertMicros(2_500_000n, rate('1'), microsOfUnit(0))).toBe(2_000_000n);
    // Rounding first to micros and then to cents would give 0.02.
    expect(convertMicros(1n, rate('14999.9999'), microsOfUnit(2))).toBe(10_000n);
  });
  test('that do not fit 64 bits are none', () => {
    expect(convertMicros(2n ** 62n, rate('2'))).toBeUndefined();
    expect(convertMicros(-(2n ** 62n), rate('2'))).toBeUndefined();
  });
});

test('a round trip comes back within one unit of the coarser currency', () => {
  const dice = createDice(1);
  for (let n = 0; n < 20_000; n++) {
    const there = rate((dice() * 3 + 0.3).toFixed(4));
    const micros = BigInt(Math.round((dice() - 0.5) * 1e12));
    const back = convertMicros(convertMicros(micros, there) ?? 0n, invert(there)) ?? 0n;
    const off = back > micros ? back - micros : micros - back;
    // Half a micro there, times at most 1/0.3 on the way back, and half a micro there.
    expect(off).toBeLessThanOrEqual(there.numerator >= there.denominator ? 1n : 2n);
  }
});
