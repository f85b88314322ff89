import { expect, test } from 'vitest';
import { timeOfUuidv7, uuidv7 } from './uuidv7.ts';

test('is a UUID of version 7 and variant 1', () => {
  for (let i = 0; i < 1000; i++) {
    expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidv7(i)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('sorts in the order of creation, also within a millisecond and past its counter', () => {
  const ids = Array.from({ length: 50_000 }, () => uuidv7());
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('carries the time', () => {
  const before = Date.now();
  const time = timeOfUuidv7(uuidv7());
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThan(before + 5000);
});

test.each([0, 1, 1_700_000_000_123, 2 ** 48 - 1])('carries the given time %d', (ms) => {
  expect(timeOfUuidv7(uuidv7(ms))).toBe(ms);
  expect(uuidv7(ms)).not.toBe(uuidv7(ms));
});

test('a given time does not disturb the order of the others', () => {
  const first = uuidv7();
  uuidv7(Date.now() + 1e9);
  expect(uuidv7() > first).toBe(true);
  expect(timeOfUuidv7(uuidv7())).toBeLessThan(Date.now() + 5000);
});

test.each([-1, 2 ** 48, Number.NaN])('refuses %d', (ms) => expect(() => uuidv7(ms)).toThrow(RangeError));
