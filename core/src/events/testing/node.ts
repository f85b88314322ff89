import type { TestDatabase } from '@podlift/testkit/postgres';
import { silentLog } from '../../telemetry/index.ts';
import { createEventBus, type EventBus, type EventBusOptions, type Subscriber } from '../index.ts';
import { writeEffects } from './effects.ts';

/** Nodes of a test, which end with it. */
export interface Nodes {
  open(options?: Partial<EventBusOptions>): EventBus;
  stop(): Promise<void>;
}

/** Buses over one database that look often and hold their slots for a short time. */
export function createNodes(database: () => TestDatabase): Nodes {
  const started: EventBus[] = [];
  return {
    open(options = {}) {
      const one = createEventBus({ database: database(), log: silentLog, pollMs: 50, leaseMs: 600, ...options });
      started.push(one);
      return one;
    },
    async stop() {
      await Promise.all(started.splice(0).map((one) => one.stop(100)));
    },
  };
}

let made = 0;

/** A subscriber that writes each event's value in the transaction that advances. */
export function effectWriter(database: TestDatabase, options: Partial<Subscriber> = {}): Subscriber {
  const id = options.id ?? `test/writer-${++made}`;
  return {
    types: ['test.happened@1'],
    mode: 'batch',
    backoffMs: 0,
    deliver: (delivery) => writeEffects(database, id, delivery),
    ...options,
    id,
  };
}
