import { describe, expect, test } from 'vitest';
import { DEFAULTS } from './preferences.ts';
import { departureOf, endOfQuiet, minuteOfDay, nextTime } from './schedule.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (time: number): string => new Date(time).toISOString().slice(0, 16);
const NIGHT = { from: 22 * 60, to: 7 * 60 };

test.each([
  ['2026-11-24T06:00:00Z', 'Europe/Berlin', 8, '2026-11-24T07:00'],
  ['2026-11-24T07:00:00Z', 'Europe/Berlin', 8, '2026-11-25T07:00'],
  ['2026-11-24T07:00:30Z', 'Asia/Kolkata', 8, '2026-11-25T02:30'],
  ['2026-11-24T23:59:59Z', 'UTC', 0, '2026-11-25T00:00'],
  // The night in which clocks go forward, and the one in which they go back.
  ['2026-03-28T12:00:00Z', 'Europe/Berlin', 8, '2026-03-29T06:00'],
  ['2026-10-24T12:00:00Z', 'Europe/Berlin', 8, '2026-10-25T07:00'],
  ['2026-03-08T05:00:00Z', 'America/New_York', 9, '2026-03-08T13:00'],
])('after %s in %s the clock shows %i at %s', (now, zone, hour, expected) => {
  expect(iso(nextTime(at(now), hour * 60, zone))).toBe(expected);
});

test('an hour that the clock skips is none that never comes', () => {
  // 02:30 does not exist that night in Berlin.
  const next = nextTime(at('2026-03-28T23:30:00Z'), 2 * 60 + 30, 'Europe/Berlin');
  expect(next).toBeGreaterThan(at('2026-03-28T23:30:00Z'));
  expect(next).toBeLessThan(at('2026-03-29T03:00:00Z'));
});

test('the next time is later than now and shows the hour, in every zone and at every hour of a year', () => {
  for (const zone of [
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'America/St_Johns',
  ])
    for (let now = at('2026-01-01T00:17:00Z'); now < at('2027-01-01T00:00:00Z'); now += 5 * 3_600_000 + 420_000) {
      const next = nextTime(now, 8 * 60, zone);
      expect(next).toBeGreaterThan(now);
      expect(next - now).toBeLessThanOrEqual(25 * 3_600_000);
      expect(minuteOfDay(next, zone)).toBe(8 * 60);
    }
});

test.each([
  ['2026-11-24T21:30:00Z', NIGHT, '2026-11-25T06:00'],
  ['2026-11-25T05:59:59Z', NIGHT, '2026-11-25T06:00'],
  ['2026-11-25T06:00:00Z', NIGHT, '2026-11-25T06:00'],
  ['2026-11-24T12:30:00Z', { from: 13 * 60, to: 14 * 60 }, '2026-11-24T13:00'],
  ['2026-11-24T12:30:00Z', { from: 600, to: 600 }, '2026-11-24T12:30'],
])('quiet hours at %s end at %s', (now, quiet, expected) => {
  expect(iso(endOfQuiet(at(now), quiet, 'Europe/Berlin'))).toBe(expected);
});

describe('a mail', () => {
  const now = at('2026-11-24T22:30:00Z');
  const quiet = { ...DEFAULTS, quiet: NIGHT };
  test.each([
    ['info', 'results', { ...DEFAULTS, digest: true }, 'digest'],
    ['info', 'results', { ...DEFAULTS, digest: false }, 'alone'],
    ['warning', 'problems', DEFAULTS, 'alone'],
    ['critical', 'problems', quiet, 'alone'],
    ['info', 'security', quiet, 'alone'],
  ] as const)('of severity %s and category %s leaves %#', (severity, category, profile, how) => {
    expect(departureOf({ severity, category }, profile, 'UTC', now).how).toBe(how);
  });
  test('that is critical or about security leaves at once', () => {
    for (const one of [
      { severity: 'critical', category: 'problems' },
      { severity: 'warning', category: 'security' },
    ] as const)
      expect(departureOf(one, quiet, 'UTC', now).at).toBe(now);
    expect(departureOf({ severity: 'warning', category: 'problems' }, quiet, 'UTC', now).at).toBeGreaterThan(now);
  });
});
