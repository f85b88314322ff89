import { expect, it } from 'vitest';
import { slotOf } from './event.ts';
import { SLOTS } from './limits.ts';
import { backoff } from './subscriber.ts';

it('doubles the pause and stops at five minutes', () => {
  const pauses = [1, 2, 3, 4, 20, 500].map((failures) => backoff({}, failures));
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 300_000, 300_000]);
  expect(backoff({ backoffMs: 0 }, 7)).toBe(0);
});

it('spreads tenants over all slots', () => {
  const slots = new Set(Array.from({ length: 2000 }, () => slotOf(crypto.randomUUID())));
  expect(slots.size).toBe(SLOTS);
  expect(Math.max(...slots)).toBe(SLOTS - 1);
});
