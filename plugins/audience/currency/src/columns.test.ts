import { describe, expect, test } from 'vitest';
import { convertColumn, convertFloats, NO_RATE, type ColumnRate } from './columns.ts';
import { convertMicros, multiply, tryRate } from './decimal.ts';
import { createDice } from './testing/eurofxref.ts';

const of = (text: string, unit = 1n): ColumnRate => ({
  ...(tryRate(text) ?? { numerator: 0n, denominator: 1n }),
  unit,
});
const same = (length: number, slot = 0): Uint32Array => new Uint32Array(length).fill(slot);

function wrongRows(amounts: BigInt64Array, slots: Uint32Array, rates: readonly ColumnRate[]): number {
  const out = new BigInt64Array(amounts.length);
  if (convertColumn(amounts, slots, rates, out) !== -1) return -1;
  let wrong = 0;
  for (let i = 0; i < amounts.length; i++) {
    const rate = rates[slots[i] ?? 0];
    if (!rate || out[i] !== convertMicros(amounts[i] ?? 0n, rate, rate.unit)) wrong++;
  }
  return wrong;
}

describe('a column is what its rows are one by one', () => {
  test.each([1e3, 1e6, 1e9, 1e12, 1e15, 9e18])('for amounts up to %d micros, with all kinds of rates', (most) => {
    const dice = createDice(most % 1e6);
    const rates = ['1.0845', '0.0000612', '157.33', '15620.5', '1', '0.999999999999'].flatMap((text) =>
      [1n, 100n, 10_000n, 1_000_000n].map((unit) => of(text, unit)),
    );
    const cross = multiply(of('157.33'), { numerator: 10_000n, denominator: 10_845n });
    rates.push({ ...cross, unit: 1n }, { ...cross, unit: 1_000_000n });
    const small = most > 1e14 ? rates.filter((_, at) => [0, 3, 16, 17, 20].includes(at)) : rates;
    const kept = most > 1e17 ? small.filter(({ numerator, denominator }) => numerator <= denominator) : small;
    const length = 20_000;
    const amounts = BigInt64Array.from({ length }, () => BigInt(Math.round((dice() * 2 - 1) * most)));
    const slots = Uint32Array.from({ length }, () => Math.floor(dice() * kept.length));
    expect(wrongRows(amounts, slots, kept)).toBe(0);
  });

  test('at halves, where floating point alone would err', () => {
    const amounts = BigInt64Array.from({ length: 4001 }, (_, n) => BigInt(n - 2000));
    for (const text of ['0.5', '1.5', '0.25', '0.125', '2.5', '0.0005'])
      for (const unit of [1n, 10_000n]) expect(wrongRows(amounts, same(amounts.length), [of(text, unit)])).toBe(0);
    const out = new BigInt64Array(5);
    convertColumn(BigInt64Array.of(1n, 3n, 5n, -1n, -3n), same(5), [of('0.5')], out);
    expect([...out]).toEqual([0n, 2n, 2n, 0n, -2n]);
  });

  test('one micro beside a half, for large amounts', () => {
    const rate = of('0.5');
    for (const power of [48n, 49n, 50n, 51n, 52n, 53n, 54n, 62n])
      for (const sign of [1n, -1n])
        for (const text of ['0.5', '0.25', '0.999999999999', '1', '0.000000000001']) {
          const amounts = BigInt64Array.from({ length: 200 }, (_, n) => sign * (2n ** power - 100n + BigInt(n)));
          expect([power, text, wrongRows(amounts, same(200), [of(text), rate])]).toEqual([power, text, 0]);
        }
    expect(wrongRows(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n) + 1n), same(2), [rate])).toBe(0);
  });

  test('without drift over a million rows', () => {
    const dice = createDice(7);
    const length = 1_000_000;
    const rate = of('1.0845');
    const amounts = BigInt64Array.from({ length }, () => BigInt(Math.floor(dice() * 1e9)));
    const out = new BigInt64Array(length);
    convertColumn(amounts, same(length), [rate], out);
    const sum = amounts.reduce((a, b) => a + b, 0n);
    const whole = convertMicros(sum, rate) ?? 0n;
    const drift = out.reduce((a, b) => a + b, 0n) - whole;
    // A million roundings, each of at most half a micro and as often up as down: far below a cent in a thousand million.
    expect(drift < 2000n && drift > -2000n).toBe(true);
  });
});

test('rows without a rate are nothing, and are not one to one', () => {
  const out = new BigInt64Array(3).fill(9n);
  expect(convertColumn(BigInt64Array.of(5n, 6n, 7n), Uint32Array.of(0, NO_RATE, 0), [of('2')], out)).toBe(-1);
  expect([...out]).toEqual([10n, 0n, 14n]);
  expect([...convertFloats(Float64Array.of(5, 6), Uint32Array.of(NO_RATE, 0), [of('2')])]).toEqual([Number.NaN, 12]);
});

test('a row that does not fit is named', () => {
  expect(convertColumn(BigInt64Array.of(1n, 2n ** 62n), same(2), [of('3')], new BigInt64Array(2))).toBe(1);
});

test('a column that begins anywhere in its memory is read right', () => {
  const memory = BigInt64Array.of(1n, -2n, 3_000_000_000_000n);
  const out = new BigInt64Array(2);
  convertColumn(memory.subarray(1), same(2), [of('2')], out);
  expect([...out]).toEqual([-4n, 6_000_000_000_000n]);
});
