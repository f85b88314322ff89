import { timeOfUuidv7, uuidv7 } from '@podlift/sdk';
import { describe, expect, test } from 'vitest';
import { lowestId, monthOf } from './partitions.ts';

describe('monthOf', () => {
  test.each([
    ['2026-11-24T20:00:00Z', 0, 'y2026m11', '2026-11-01', '2026-12-01'],
    ['2026-12-31T23:59:59.999Z', 0, 'y2026m12', '2026-12-01', '2027-01-01'],
    ['2027-01-01T00:00:00Z', 0, 'y2027m01', '2027-01-01', '2027-02-01'],
    ['2026-11-24T20:00:00Z', 2, 'y2027m01', '2027-01-01', '2027-02-01'],
    ['2026-01-15T00:00:00Z', -1, 'y2025m12', '2025-12-01', '2026-01-01'],
    ['2024-02-29T12:00:00Z', 0, 'y2024m02', '2024-02-01', '2024-03-01'],
  ])('%s %i months on is %s', (at, offset, suffix, from, to) => {
    expect(monthOf(Date.parse(at), offset)).toEqual({ suffix, from: Date.parse(from), to: Date.parse(to) });
  });
});

test('ids of a month lie between its bounds', () => {
  const month = monthOf(Date.parse('2026-11-24T20:00:00Z'));
  for (const ms of [month.from, month.from + 1, month.to - 1]) {
    const id = uuidv7(ms);
    expect(id >= lowestId(month.from) && id < lowestId(month.to)).toBe(true);
    expect(timeOfUuidv7(id)).toBe(ms);
  }
  expect(uuidv7(month.to) >= lowestId(month.to)).toBe(true);
});
