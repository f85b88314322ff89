import { appendEvents, type EventBus } from '../../events/index.ts';
import { requestJobs } from '../../jobs/index.ts';
import { requestNotification } from '../../notify/index.ts';
import { applySearchChanges } from '../../search/index.ts';
import type { Clock } from '../../config/index.ts';
import type { Usage } from '../../settings/index.ts';
import type { Outbox } from './unit-of-work.ts';

/** The outbox of the installation: events and job requests are rows of the same transaction. */
export const createOutbox = (rooms: {
  readonly events: Pick<EventBus, 'wake'>;
  readonly clock: Clock;
  readonly usage?: Pick<Usage, 'add' | 'addExact'>;
}): Outbox => ({
  appendEvents: (tx, events) => appendEvents(tx, events, rooms.clock.now()),
  requestJobs: (tx, jobs) => requestJobs(tx, jobs, rooms.clock.now()),
  changeSearch: (tx, tenant, plugin, changes) =>
    applySearchChanges(tx, tenant, plugin, changes, new Date(rooms.clock.now())),
  notify: (tx, notification) => requestNotification(tx, notification, rooms.clock.now()),
  meter: async (tx, tenant, amounts) => rooms.usage?.addExact(tx, tenant, amounts),
  count: (tenant, meter, amount) => rooms.usage?.add(tenant, meter, amount),
  wake: () => rooms.events.wake(),
});
