import { describe, expect, it } from 'vitest';
import { createFlight, createLimiter } from './limiter.ts';

const tick = (): Promise<void> => new Promise((go) => setTimeout(go, 1));

describe('createLimiter', () => {
  it('runs so many at a time, in the order of the calls, and goes on after a failure', async () => {
    const limiter = createLimiter(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.allSettled(
      [0, 1, 2, 3, 4].map((n) =>
        limiter.run(async () => {
          order.push(n);
          most = Math.max(most, ++running);
          await tick();
          running--;
          if (n === 1) throw new Error('one');
          return n;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});

describe('createFlight', () => {
  it('takes along what arrives while a call is under way', async () => {
    const flights: (readonly number[])[] = [];
    const flight = createFlight<number>(async (items) => {
      flights.push(items);
      await tick();
    });
    await Promise.all([flight(1), tick().then(() => flight(2)), tick().then(() => flight(3))]);
    expect(flights.flat()).toEqual([1, 2, 3]);
    expect(flights.length).toBeLessThan(3);
  });

  it('fails only those that were in the flight that failed', async () => {
    let fail = true;
    const flight = createFlight<number>(async () => {
      await tick();
      if (fail) throw new Error('lost');
    });
    await expect(flight(1)).rejects.toThrow('lost');
    fail = false;
    await expect(flight(2)).resolves.toBeUndefined();
  });
});
