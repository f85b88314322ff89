import { expect, test } from 'vitest';
import { tryChart, tryNumber } from './panel.ts';

test.each([
  ['1,234', 1234],
  ['+12 %', 12],
  ['−4', -4],
  ['0.612', 0.612],
  [7, 7],
  ['', undefined],
  ['Lab Notes −270', undefined],
  [Number.NaN, undefined],
  [undefined, undefined],
])('%j is %j', (cell, expected) => expect(tryNumber(cell)).toBe(expected));

const about = { title: 't', text: 'x' };

test('a column named truth gives groups of bars', () => {
  const rows = [
    ['a', '10', '12', '9'],
    ['b', '5', 'n/a', '7'],
    ['c', '1', '2', '3'],
  ];
  expect(tryChart({ ...about, columns: ['campaign', 'truth', 'linear', 'last'], rows })).toEqual({
    series: ['linear', 'last'],
    places: [
      { label: 'a', truth: 10, values: [12, 9] },
      { label: 'c', truth: 1, values: [2, 3] },
    ],
  });
});

test('a row named truth gives one bar per row', () => {
  const rows = [
    ['the truth', '6,310', ''],
    ['Linear', '14,110', '+124 %'],
  ];
  expect(tryChart({ ...about, columns: ['model', 'credited', 'too much'], rows })).toEqual({
    series: ['credited'],
    places: [{ label: 'Linear', truth: 6310, values: [14_110] }],
  });
});

test.each([
  [{ columns: [], rows: [] }],
  [{ columns: ['a', 'b'], rows: [['x', 'y']] }],
  [{ columns: ['truth'], rows: [['1']] }],
  [{ columns: ['a', 'truth'], rows: [['x', '1']] }],
  [{ columns: ['a', 'b'], rows: [['the truth', 'unknown']] }],
])('%j stays a table', (panel) => expect(tryChart({ ...about, ...panel })).toBeUndefined());
