import { describe, expect, it } from 'vitest';
import { createFlight } from './flight.ts';

const tick = (): Promise<void> => new Promise((go) => setTimeout(go, 1));

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
