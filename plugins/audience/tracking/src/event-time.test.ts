import { describe, expect, test } from 'vitest';
import { computeEventTime, tryTime } from './event-time.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const day = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();

test.each([
  ['2026-03-01T12:00:00.000Z', now],
  ['2026-03-01T12:00:00Z', now],
  ['2026-03-01T13:00:00+01:00', now],
  ['2026-03-01T13:00:00+0100', now],
  ['2026-03-01 12:00:00', now],
  ['2026-03-01T12:00', now],
  ['2026-03-01', now - day / 2],
])('tryTime(%j)', (text, ms) => expect(tryTime(text)).toBe(ms));

test.each([
  '',
  'now',
  '1772366400000',
  1772366400000,
  '2026-13-01T00:00:00Z',
  '2026-3-1',
  null,
  {},
  'Sun, 01 Mar 2026 12:00:00 GMT',
])('tryTime(%j) is nothing', (value) => expect(tryTime(value)).toBeUndefined());

describe('computeEventTime', () => {
  const time = (timestamp: unknown, original?: unknown, sentAt?: number) =>
    computeEventTime(now, 400 * day, timestamp, original, sentAt);

  test('is now when nothing is said', () => expect(time(undefined)).toBe(now));
  test('is what is said when the clock is right', () => expect(time(iso(now - 5000), undefined, now)).toBe(now - 5000));
  test('moves with a clock that is behind or ahead', () => {
    const behind = now - 3 * day;
    expect(time(iso(behind - 5000), undefined, behind)).toBe(now - 5000);
    const ahead = now + 3 * day;
    expect(time(iso(ahead - 5000), undefined, ahead)).toBe(now - 5000);
  });
  test('prefers what the device said over what a relay made of it', () =>
    expect(time(iso(now), iso(now - 7000), now)).toBe(now - 7000));
  test('does not believe a nonsensical sentAt', () => expect(time(iso(now - 5000), undefined, -1e14)).toBe(now - 5000));

  test.each([
    ['yesterday', 'timestamp_invalid'],
    [42, 'timestamp_invalid'],
    [iso(now - 401 * day), 'too_old'],
    [iso(now + 2 * 3_600_000), 'in_future'],
  ])('%j is %s', (timestamp, problem) => expect(time(timestamp)).toBe(problem));
  test('takes the oldest that is allowed, and a clock a little ahead', () => {
    expect(time(iso(now - 400 * day))).toBe(now - 400 * day);
    expect(time(iso(now + 60_000))).toBe(now + 60_000);
  });
});
