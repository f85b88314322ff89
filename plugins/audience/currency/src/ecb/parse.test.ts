import { describe, expect, test } from 'vitest';
import { tryDay } from '../day.ts';
import { eurofxref } from '../testing/eurofxref.ts';
import { isPublishingDay, publishingDaysBetween } from './calendar.ts';
import { chooseFile } from './fetch.ts';
import { parseReferenceRates } from './parse.ts';

const day = (date: string): number => tryDay(date) ?? Number.NaN;
const TODAY = day('2026-03-02');
const parse = (xml: string) => parseReferenceRates(xml, TODAY);
const codeOf = (xml: string): unknown => {
  try {
    parse(xml);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};
const two = eurofxref([
  { time: '2026-02-27', rates: { USD: '1.1792', JPY: '184.11', IDR: '19801.42' } },
  { time: '2026-02-26', rates: { USD: '1.1801', JPY: '184.02' } },
]);

describe('a file of reference rates', () => {
  test('is read to the last digit, oldest day first', () => {
    expect(parse(two)).toEqual({
      days: [
        { day: day('2026-02-26'), rates: { USD: '1.1801', JPY: '184.02' } },
        { day: day('2026-02-27'), rates: { USD: '1.1792', JPY: '184.11', IDR: '19801.42' } },
      ],
      warnings: [],
    });
  });
  test('may use single quotes, as the daily one does, and may begin with a byte order mark', () => {
    const daily = eurofxref([{ time: '2026-02-27', rates: { USD: '1.1792' } }], "'");
    expect(parse(`\uFEFF${daily}`).days).toEqual([{ day: day('2026-02-27'), rates: { USD: '1.1792' } }]);
  });
  test('may name currencies of the past, new ones, and ones that nobody knows', () => {
    const file = eurofxref([
      { time: '2026-02-27', rates: { USD: '1.1', XCG: '2.1', QQQ: '3' } },
      { time: '2026-02-26', rates: { BGN: '1.9558' } },
    ]);
    expect(parse(file)).toMatchObject({
      days: [{ rates: { BGN: '1.9558' } }, { rates: { USD: '1.1', XCG: '2.1' } }],
      warnings: ['QQQ is not known and was left out'],
    });
  });

  test('gives nothing when it ends anywhere before its end', () => {
    const end = two.lastIndexOf('>');
    for (let at = two.indexOf('<gesmes') + 20; at < end; at += 7)
      expect([at, codeOf(two.slice(0, at))]).toEqual([at, 'currency.feed_truncated']);
  });
  test.each([
    ['', 'currency.not_a_feed'],
    ['<html><body>Sorry</body></html>', 'currency.not_a_feed'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><gesmes:Envelope></gesmes:Envelope>', 'currency.not_a_feed'],
    ['{"error":"none"}', 'currency.not_a_feed'],
    [eurofxref([]), 'currency.not_a_feed'],
    [eurofxref([{ time: '2026-02-27', rates: {} }]), 'currency.not_a_feed'],
    [`${two}<more/>`, 'currency.not_a_feed'],
    [two.replace('1.1792', '-1'), 'currency.not_a_feed'],
    [two.replace('1.1792', '0'), 'currency.not_a_feed'],
    [two.replace('1.1792', 'N/A'), 'currency.not_a_feed'],
    [two.replace('1.1792', '1e3'), 'currency.not_a_feed'],
    [two.replace('"JPY"', '"USD"'), 'currency.not_a_feed'],
    [two.replace('"JPY"', '"Yen"'), 'currency.not_a_feed'],
    [two.replace('</Cube>\n</gesmes', '</Cub>\n</gesmes'), 'currency.not_a_feed'],
    [two.replace('2026-02-27', '2026-02-30'), 'currency.feed_date'],
    [two.replace('2026-02-27', '2026-02-26'), 'currency.feed_date'],
    [two.replace('2026-02-27', '2026-03-05'), 'currency.feed_date'],
    [two.replace('2026-02-27', '1998-12-31'), 'currency.feed_date'],
    [two.replace('time="2026-02-27"', ''), 'currency.feed_date'],
    [two.replace('<gesmes:subject>', '<x>'.repeat(20)), 'currency.not_a_feed'],
  ])('%.60j is refused', (xml, code) => expect(codeOf(xml)).toBe(code));

  test('of all days since 1999 is read in a moment, and nonsense of that size too', () => {
    const rates = Object.fromEntries(
      'USD JPY BGN CZK DKK GBP HUF PLN RON SEK CHF ISK NOK TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR'
        .split(' ')
        .map((code) => [code, '12.3456']),
    );
    const days = Array.from({ length: 6900 }, (_, n) => new Date(Date.UTC(1999, 0, 4 + n)).toISOString().slice(0, 10));
    const xml = eurofxref(days.map((time) => ({ time, rates })));
    const began = performance.now();
    expect(parse(xml).days).toHaveLength(6900);
    expect(codeOf(`${two.slice(0, 400)}${'<Cube a="'.repeat(300_000)}`)).toBeDefined();
    expect(codeOf(`<gesmes:Envelope ${'a="b" '.repeat(300_000)}`)).toBeDefined();
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('the bank’s calendar', () => {
  test.each([
    ['2026-02-27', true],
    ['2026-02-28', false],
    ['2026-03-01', false],
    ['2026-01-01', false],
    ['2026-04-03', false],
    ['2026-04-06', false],
    ['2026-04-07', true],
    ['2026-05-01', false],
    ['2026-12-24', true],
    ['2026-12-25', false],
    ['2024-02-29', true],
    ['2025-04-18', false],
    ['2025-04-21', false],
  ])('%s: %s', (date, expected) => expect(isPublishingDay(day(date))).toBe(expected));
  test('has gaps at weekends and holidays', () => {
    expect(publishingDaysBetween(day('2026-04-02'), day('2026-04-07'))).toBe(0);
    expect(publishingDaysBetween(day('2025-12-24'), day('2025-12-29'))).toBe(0);
    expect(publishingDaysBetween(day('2026-02-26'), day('2026-03-02'))).toBe(1);
  });
  test.each([
    [undefined, 'new', '90-days'],
    ['2026-02-27', 'new', 'daily'],
    ['2026-03-02', 'new', 'daily'],
    ['2026-02-26', 'new', '90-days'],
    ['2025-12-01', 'new', 'all'],
    ['2026-02-27', 'all', 'all'],
    ['2026-02-27', '90-days', '90-days'],
  ] as const)('after %s, asked for %s, the file is %s', (last, wanted, file) =>
    expect(chooseFile(last === undefined ? undefined : day(last), TODAY, wanted)).toBe(file),
  );
});
