import { describe, expect, test } from 'vitest';
import { createBook, type BookRules, type Sheet } from './book.ts';
import { tryDay } from './day.ts';
import { toDecimal } from './decimal.ts';

const day = (date: string): number => tryDay(date) ?? Number.NaN;
const rules: BookRules = { order: ['own', 'ecb'], maxAge: { own: 31, ecb: 7 }, pivots: ['EUR', 'USD'] };
const ecb = (date: string, rates: Record<string, string>): Sheet => ({
  source: 'ecb',
  base: 'EUR',
  day: day(date),
  rates,
});
const own = (date: string, base: string, rates: Record<string, string>): Sheet => ({
  source: 'own',
  base,
  day: day(date),
  rates,
});
const ask = (sheets: Sheet[], from: string, to: string, date: string, more: Partial<BookRules> = {}) =>
  createBook(sheets, { ...rules, ...more }).find(from, to, day(date));

// 2026-02-27 is a Friday.
const friday = ecb('2026-02-27', { USD: '1.1792', GBP: '0.8754', JPY: '184.11' });

describe('the rate of the day or the last one before', () => {
  test.each([
    ['2026-02-27', 0],
    ['2026-02-28', 1],
    ['2026-03-01', 2],
    ['2026-03-06', 7],
  ])('on %s it is %i days old', (date, age) => {
    expect(ask([friday], 'EUR', 'USD', date)).toMatchObject({ age, date: '2026-02-27', asked: date, source: 'ecb' });
  });
  test.each(['2026-03-07', '2026-02-26'])('on %s there is none, and none is made up', (date) => {
    expect(ask([friday], 'EUR', 'USD', date)).toBeUndefined();
  });
  test('goes over a leap day and the end of a year', () => {
    expect(ask([ecb('2024-02-28', { USD: '1.1' })], 'EUR', 'USD', '2024-03-01')?.age).toBe(2);
    expect(ask([ecb('2024-02-29', { USD: '1.1' })], 'EUR', 'USD', '2024-03-01')?.age).toBe(1);
    expect(ask([ecb('2025-12-31', { USD: '1.1' })], 'EUR', 'USD', '2026-01-02')?.age).toBe(2);
  });
  test('is one of another day when a currency is missing on a day', () => {
    const thursday = ecb('2026-02-26', { USD: '1.18', SEK: '10.9' });
    expect(ask([thursday, friday], 'EUR', 'SEK', '2026-02-27')?.date).toBe('2026-02-26');
    expect(ask([thursday, friday], 'EUR', 'USD', '2026-02-27')?.date).toBe('2026-02-27');
    // Both legs of one day: never a rate of Thursday against one of Friday.
    expect(ask([thursday, friday], 'USD', 'SEK', '2026-02-27')).toMatchObject({ date: '2026-02-26' });
  });
});

describe('triangulation', () => {
  test('over the base is exact, and says what it was made of', () => {
    const found = ask([friday], 'USD', 'JPY', '2026-02-27');
    expect(found).toMatchObject({ numerator: 460_275n, denominator: 2948n });
    expect(found && toDecimal(found)).toBe('156.131275440977');
    expect(found?.quotes).toEqual([
      { source: 'ecb', date: '2026-02-27', base: 'EUR', currency: 'USD', rate: '1.1792' },
      { source: 'ecb', date: '2026-02-27', base: 'EUR', currency: 'JPY', rate: '184.11' },
    ]);
  });
  test('there and back is exactly one, and a way over a third currency is the same', () => {
    const codes = ['EUR', 'USD', 'GBP', 'JPY'];
    const find = (from: string, to: string) =>
      ask([friday], from, to, '2026-02-27') ?? { numerator: 0n, denominator: 1n };
    for (const a of codes)
      for (const b of codes)
        for (const c of codes) {
          const [ab, bc, ac] = [find(a, b), find(b, c), find(a, c)];
          expect(ab.numerator * bc.numerator * ac.denominator).toBe(ab.denominator * bc.denominator * ac.numerator);
        }
  });
  test('joins sources when none knows the pair, and says so', () => {
    const pesos = own('2026-02-20', 'USD', { ARS: '1425.5' });
    expect(ask([friday, pesos], 'ARS', 'EUR', '2026-03-01')).toMatchObject({
      source: 'mixed',
      date: '2026-02-20',
      age: 9,
    });
    expect(ask([friday, pesos], 'ARS', 'EUR', '2026-03-01', { pivots: [] })).toBeUndefined();
  });
});

describe('of two sources', () => {
  const mine = own('2026-02-01', 'USD', { EUR: '0.85' });
  test('the first that knows the pair wins, even with an older rate', () => {
    expect(ask([friday, mine], 'USD', 'EUR', '2026-02-27')).toMatchObject({ source: 'own', age: 26 });
    expect(ask([friday, mine], 'USD', 'EUR', '2026-02-27', { order: ['ecb', 'own'] })).toMatchObject({ source: 'ecb' });
    expect(ask([friday, mine], 'USD', 'EUR', '2026-02-27', { order: ['ecb'] })).toMatchObject({ source: 'ecb' });
    expect(ask([friday, mine], 'USD', 'GBP', '2026-02-27')).toMatchObject({ source: 'ecb' });
  });
  test('one whose rate is too old does not count', () => {
    expect(ask([friday, mine], 'USD', 'EUR', '2026-03-05')).toMatchObject({ source: 'ecb' });
  });
  test('a stated rate counts before an inverse one, and that before a third base', () => {
    const sheets = [
      own('2026-02-27', 'AUD', { USD: '2', EUR: '4' }),
      own('2026-02-27', 'EUR', { USD: '1.25' }),
      own('2026-02-27', 'USD', { EUR: '0.85' }),
    ];
    const rate = (list: Sheet[]) => {
      const found = ask(list, 'USD', 'EUR', '2026-02-27');
      return found && toDecimal(found);
    };
    expect([rate(sheets), rate(sheets.slice(0, 2)), rate(sheets.slice(0, 1))]).toEqual(['0.85', '0.8', '2']);
  });
});

test('a currency in itself is one, and says that it is the same', () => {
  expect(ask([], 'XAF', 'XAF', '2026-01-01')).toMatchObject({
    source: 'same',
    numerator: 1n,
    denominator: 1n,
    quotes: [],
  });
});

test('a sheet that names what every object has is not taken in', () => {
  expect(ask([ecb('2026-02-27', JSON.parse('{"__proto__":"2"}'))], 'EUR', 'toString', '2026-02-27')).toBeUndefined();
});
