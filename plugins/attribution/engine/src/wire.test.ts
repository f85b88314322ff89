import { describe, expect, test } from 'vitest';
import { AskBody, toDecimal, toQuestion } from './wire.ts';

test.each([
  [59_900_000n, '59.90'],
  [-59_900_000n, '-59.90'],
  [1n, '0.000001'],
  [0n, '0.00'],
  [-1_250_000n, '-1.25'],
  [123_456_789_000_000n, '123456789.00'],
])('%i micros are %s', (micros, text) => {
  expect(toDecimal(micros)).toBe(text);
});

describe('a question', () => {
  const whole = { from: '2026-01-01', to: '2026-02-01T12:00:00+02:00' };

  test('takes instants with any offset, and dates as their first instant in UTC', () => {
    const { from, to, dimension } = toQuestion(AskBody.parse(whole), new Date());
    expect([from.toISOString(), to.toISOString()]).toEqual(['2026-01-01T00:00:00.000Z', '2026-02-01T10:00:00.000Z']);
    expect(dimension).toBe('campaign');
  });

  test('is over the last 91 days when it names no range, and over 91 days when it names one end', () => {
    const now = new Date('2026-04-02T00:00:00Z');
    const { from, to } = toQuestion(AskBody.parse({}), now);
    expect([from.toISOString(), to]).toEqual(['2026-01-01T00:00:00.000Z', now]);
    expect(toQuestion(AskBody.parse({ to: '2026-03-02' }), now).from.toISOString()).toBe('2025-12-01T00:00:00.000Z');
  });

  test.each([
    [{ ...whole, from: 'yesterday' }, 'from'],
    [{ ...whole, to: '2026-13-01' }, 'to'],
    [{ from: '2026-01-01', to: '2026-01-01' }, 'to'],
    [{ from: '2026-02-01', to: '2026-01-01' }, 'to'],
    [{ ...whole, windowDays: 0 }, 'windowDays'],
    [{ ...whole, windowDays: 91 }, 'windowDays'],
    [{ ...whole, dimension: 'creative' }, 'dimension'],
    [{ ...whole, models: [] }, 'models'],
  ])('%j is wrong at %s', (body, field) => {
    expect(AskBody.safeParse(body).error?.issues.map(({ path }) => path[0])).toEqual([field]);
  });
});
