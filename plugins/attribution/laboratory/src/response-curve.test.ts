import { expect, test } from 'vitest';
import { Random } from './random.ts';
import { computeResponseShare, drawResponseDelay, RESPONSE_CURVE } from './response-curve.ts';

const DAY = 86_400_000;

test.each(RESPONSE_CURVE)('the curve gives $share within $days days', ({ days, share }) => {
  expect(computeResponseShare(days * DAY)).toBeCloseTo(share, 9);
});

test('the curve starts at nothing, ends at everything and never falls', () => {
  expect(computeResponseShare(0)).toBe(0);
  expect(computeResponseShare(60 * DAY)).toBeCloseTo(1, 12);
  expect(computeResponseShare(400 * DAY)).toBeCloseTo(1, 12);
  for (let day = 0; day < 60; day++)
    expect(computeResponseShare((day + 1) * DAY)).toBeGreaterThan(computeResponseShare(day * DAY));
});

test('drawn delays follow the curve at every day (Kolmogorov-Smirnov)', () => {
  const random = new Random();
  random.seek(5, 0);
  const draws = 100_000;
  const byDay = new Float64Array(61);
  for (let i = 0; i < draws; i++) {
    const day = Math.floor(drawResponseDelay(random) / DAY);
    byDay[day] = (byDay[day] ?? 0) + 1;
  }
  expect(byDay[60]).toBe(0);
  let running = 0;
  for (let day = 0; day < 60; day++) {
    running += byDay[day] ?? 0;
    expect(Math.abs(running / draws - computeResponseShare((day + 1) * DAY))).toBeLessThan(1.95 / Math.sqrt(draws));
  }
});
