import type { Metrics } from '../telemetry/index.ts';
import type { StoredEvent } from './event.ts';
import type { Subscriber } from './subscriber.ts';

export interface Observed {
  delivered(subscriber: Subscriber, events: readonly StoredEvent[], now: number): void;
  parked(subscriber: Subscriber): void;
}

/** How many events each subscriber took, how late, and how many it could not take. */
export function observe(metrics: Metrics | undefined): Observed {
  const delivered = metrics?.counter('podlift.events.delivered', { about: 'Events delivered', labels: ['subscriber'] });
  const parked = metrics?.counter('podlift.events.parked', {
    about: 'Events parked after a failure',
    labels: ['subscriber'],
  });
  const delay = metrics?.histogram('podlift.events.delay', {
    about: 'From append to delivery',
    labels: ['subscriber'],
    unit: 's',
  });
  return {
    delivered({ id }, events, now) {
      delivered?.add(events.length, { subscriber: id });
      const [first] = events;
      if (first) delay?.record(Math.max(0, now - first.time.getTime()) / 1000, { subscriber: id });
    },
    parked: ({ id }) => parked?.add(1, { subscriber: id }),
  };
}
