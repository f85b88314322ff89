import { expect, test } from 'vitest';
import { token } from '../index.ts';
import { classes, provide } from './index.ts';

const log: string[] = [];
class Clock {
  constructor() {
    log.push('clock made');
  }
  dispose() {
    log.push('clock disposed');
  }
}
class Store {
  readonly clock: Clock;
  constructor(clock: Clock) {
    this.clock = clock;
    log.push('store made');
  }
  async dispose() {
    await Promise.resolve();
    log.push('store disposed');
  }
}
class Service {
  readonly store: Store;
  readonly clock: Clock;
  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }
}
const clock = token<Clock>('clock');
const store = token<Store>('store');
const service = token<Service>('service');
const wire = classes(
  provide(service, Service, [store, clock]),
  provide(store, Store, [clock]),
  provide(clock, Clock, []),
);

test('makes each class once, at its first use, and disposes dependants first', async () => {
  log.length = 0;
  const wiring = wire();
  expect(log).toEqual([]);
  const made = wiring.resolve(service.id);
  expect(made).toBeInstanceOf(Service);
  expect(wiring.resolve(service.id)).toBe(made);
  expect(Object(made).store.clock).toBe(Object(made).clock);
  await wiring.dispose();
  await wiring.dispose();
  expect(log).toEqual(['clock made', 'store made', 'store disposed', 'clock disposed']);
});

test('disposes only what was made', async () => {
  log.length = 0;
  const wiring = wire();
  wiring.resolve(clock.id);
  await wiring.dispose();
  expect(log).toEqual(['clock made', 'clock disposed']);
});

test('two activations share nothing', () => {
  expect(wire().resolve(clock.id)).not.toBe(wire().resolve(clock.id));
});

test('an unknown token is an error', () => {
  expect(() => wire().resolve('nobody')).toThrow('nobody');
});
