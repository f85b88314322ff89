import { describe, expect, test } from 'vitest';
import { parseRateFile } from './csv.ts';
import { tryDay } from './day.ts';

const HEAD = 'date,base,currency,rate';

describe('a file of rates', () => {
  test.each([
    [`${HEAD}\n2026-03-01,USD,EUR,0.8512\n`],
    [`\uFEFF${HEAD}\r\n2026-03-01,usd,eur,0.8512`],
    ['Rate;Date;Base;Currency;Note\n0,8512;2026-03-01;USD;EUR;"bank; ""A"""\n\n'],
    ['date\tbase\tcurrency\trate\n2026-03-01\tUSD\tEUR\t0.8512'],
    [`${HEAD}\n"2026-03-01","USD", "EUR" ,"0.8512"`],
  ])('%j has one rate', (text) => {
    const rate = { day: tryDay('2026-03-01'), base: 'USD', currency: 'EUR', rate: '0.8512' };
    expect(parseRateFile(text)).toEqual({ rows: 1, rates: [rate], problems: [], failed: 0 });
  });
  test.each([
    ['2026-02-30,USD,EUR,1', ['date']],
    ['2026-3-1,USD,EUR,1', ['date']],
    ['2026-03-01,DOL,EUR,1', ['base']],
    ['2026-03-01,USD,,1', ['currency']],
    ['2026-03-01,USD,USD,1', ['currency']],
    ['2026-03-01,USD,EUR,0', ['rate']],
    ['2026-03-01,USD,EUR,-1', ['rate']],
    ['2026-03-01,USD,EUR,1e3', ['rate']],
    ['2026-03-01,USD,EUR,', ['rate']],
    ['2026-03-01,USD,EUR,0,85', ['row']],
    ['2026-03-01,USD,EUR', ['row']],
    ['2026-03-01,USD,"EUR,1', ['row']],
    ['x,y,z,w', ['date', 'base', 'currency', 'rate']],
  ])('%j names its wrong fields', (line, fields) => {
    const { rates, problems, failed } = parseRateFile(`${HEAD}\n2026-03-02,USD,EUR,1\n${line}`);
    expect([rates.length, failed]).toEqual([1, 1]);
    expect(problems.map(({ row, field }) => [row, field])).toEqual(fields.map((field) => [3, field]));
  });
  test('with the same rate twice says which row was first', () => {
    const { problems, rates } = parseRateFile(`${HEAD}\n2026-03-02,USD,EUR,1\n\n2026-03-02,USD,EUR,2`);
    expect([rates.length, problems]).toEqual([
      1,
      [{ row: 4, field: 'row', value: '2', message: 'Row 2 has the same day, base and currency.' }],
    ]);
  });
  test.each(['', 'date,base,rate', 'date,date,base,currency,rate', '<html>'])('%j is none', (text) =>
    expect(() => parseRateFile(text)).toThrow(/not a file of rates/),
  );
  test('with many wrong rows tells a hundred and counts all', () => {
    const { problems, failed } = parseRateFile(`${HEAD}\n${'x,USD,EUR,1\n'.repeat(5000)}`);
    expect([problems.length, failed]).toEqual([100, 5000]);
  });
});
