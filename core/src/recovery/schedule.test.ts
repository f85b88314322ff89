import { describe, expect, test } from 'vitest';
import { computeKept } from './backup/retention.ts';
import { parsePoint } from './restore/point.ts';
import { parseHistory, timelineAt } from './restore/timelines.ts';
import { createSchedule, dueBefore } from './schedule.ts';
import { isNewer } from './version.ts';
import { formatLsn, parseLsn, parseSegment, segmentName } from './wal/segments.ts';

const at = (text: string): number => Date.parse(text);

describe('the schedule', () => {
  let now = at('2026-03-10T12:00:00Z');
  const schedule = () => createSchedule({ clock: { now: () => now }, at: '03:30' });

  test('makes one a day, and makes up for a night when the installation was off', () => {
    now = at('2026-03-10T12:00:00Z');
    expect(schedule().isDue(undefined)).toBe(true);
    expect(schedule().isDue(at('2026-03-10T03:31:00Z'))).toBe(false);
    expect(schedule().isDue(at('2026-03-09T23:00:00Z'))).toBe(true);
    now = at('2026-03-11T03:29:00Z');
    expect(schedule().isDue(at('2026-03-10T03:31:00Z'))).toBe(false);
    now = at('2026-03-11T03:30:00Z');
    expect(schedule().isDue(at('2026-03-10T03:31:00Z'))).toBe(true);
    expect(new Date(schedule().next()).toISOString()).toBe('2026-03-12T03:30:00.000Z');
  });

  test('waits after a failure, and survives clocks that jump', () => {
    now = at('2026-03-10T12:00:00Z');
    const one = schedule();
    one.failed();
    expect(one.isDue(undefined)).toBe(false);
    now += 16 * 60_000;
    expect(one.isDue(undefined)).toBe(true);
    // The clock was years ahead when the last one was made, and was corrected.
    expect(one.isDue(at('2031-01-01T00:00:00Z'))).toBe(true);
    // It jumps back within the day: the backup of an hour ago is still good.
    now = at('2026-03-10T11:00:00Z');
    expect(one.isDue(at('2026-03-10T12:00:00Z'))).toBe(false);
  });

  test('knows the last time of day before now', () => {
    expect(new Date(dueBefore(at('2026-01-01T00:00:00Z'), '03:30')).toISOString()).toBe('2025-12-31T03:30:00.000Z');
  });
});

describe('what is kept', () => {
  const backups = Array.from({ length: 800 }, (_, day) => ({
    at: new Date(at('2024-01-01T03:30:00Z') + day * 86_400_000),
  }));

  test('are seven days, four weeks and twelve months', () => {
    const { kept, daily } = computeKept(backups, { daily: 7, weekly: 4, monthly: 12 });
    expect(daily.size).toBe(7);
    const days = [...kept].map((one) => one.at.toISOString().slice(0, 10)).toSorted();
    expect(days.at(-1)).toBe(backups.at(-1)?.at.toISOString().slice(0, 10));
    expect(kept.size).toBeGreaterThanOrEqual(7 + 3 + 10);
    expect(kept.size).toBeLessThanOrEqual(7 + 4 + 12);
    expect(new Set(days.map((day) => day.slice(0, 7))).size).toBe(12);
  });

  test('is the newest at least, whatever was asked for', () => {
    expect([...computeKept(backups, { daily: 0, weekly: 0, monthly: 0 }).kept]).toEqual([backups.at(-1)]);
    expect(computeKept([], { daily: 7, weekly: 4, monthly: 12 }).kept.size).toBe(0);
  });
});

describe('a point in time', () => {
  test('says its zone', () => {
    expect(parsePoint(undefined)).toBe('end');
    expect(parsePoint('latest')).toBe('latest');
    expect(parsePoint('2026-11-24T11:15:00+01:00')).toEqual(new Date('2026-11-24T10:15:00Z'));
    expect(parsePoint('2026-11-24 10:15Z')).toEqual(new Date('2026-11-24T10:15:00Z'));
    for (const text of ['2026-11-24T10:15:00', 'yesterday', '10:15', '2026-13-24T10:15:00Z', ''])
      expect(() => parsePoint(text)).toThrow('with its zone');
  });
});

describe('the log', () => {
  test('has names that count', () => {
    const bytes = 16 * 1024 * 1024;
    expect(segmentName(1, parseLsn('1/FF000000') / BigInt(bytes), bytes)).toBe('0000000100000001000000FF');
    expect(parseSegment('0000000100000001000000FF', bytes)).toEqual({ timeline: 1, number: 511n });
    expect(parseSegment('00000002.history', bytes)).toBeUndefined();
    expect(formatLsn(parseLsn('A/1F0000A8'))).toBe('A/1F0000A8');
  });

  test('has histories, of which the one that was live is taken', () => {
    const second = parseHistory(2, '1\t0/5000000\tno recovery target specified\n', 1000);
    const third = parseHistory(3, '1\t0/5000000\tx\n2\t0/7000000\ty\n', 2000);
    const stray = parseHistory(4, '1\t0/1000000\tx\n', 3000);
    const backup = { timeline: 1, stopLsn: '0/4000000' };
    const all = [second, third, stray];
    expect(timelineAt(backup, all, 500)).toBe(1);
    expect(timelineAt(backup, all, 1500)).toBe(2);
    expect(timelineAt(backup, all, 'latest')).toBe(3);
    expect(timelineAt({ timeline: 2, stopLsn: '0/6000000' }, all, 'latest')).toBe(3);
  });
});

test('versions are compared by their numbers', () => {
  expect(isNewer('0.10.0', '0.9.9')).toBe(true);
  expect(isNewer('1.0.0', '1.0.0')).toBe(false);
  expect(isNewer('1.0.0-beta.1', '1.0.0')).toBe(false);
});
