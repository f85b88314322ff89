import type { Log } from '../telemetry/index.ts';
import type { Cursors, Finished, Window } from './cursors.ts';
import { deliverTenant, type DeliveryHost } from './deliver.ts';
import { isTransient } from './failure.ts';
import { createFlight, createLimiter, type Limiter } from './limiter.ts';
import { DEFAULT_BATCH_SIZE, type Subscriber } from './subscriber.ts';

/** Slots of one subscriber that a node works on at a time. */
const MAX_HELD = 16;
/** Events of a slot that are read at once, and how many batches at least. */
const WINDOW = 256;
const BATCHES = 2;
/** So many failures in a window without a success say that it is the subscriber and not the events. */
const HOPELESS = 5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** Brings one subscriber what lies behind its cursors. */
export interface Dispatcher {
  readonly subscriber: Subscriber;
  /** There may be something in these slots. */
  wake(slots: Iterable<number>): void;
  /** Slots that are leased now. */
  held(): readonly number[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Takes nothing new and waits for what is under way. */
  stop(): Promise<void>;
}

export interface DispatcherOptions {
  readonly cursors: Cursors;
  readonly host: DeliveryHost;
  /** Shared by all subscribers of the node. */
  readonly limiter: Limiter;
  readonly log: Log;
}

export function createDispatcher(subscriber: Subscriber, options: DispatcherOptions): Dispatcher {
  const { cursors, host, limiter, log } = options;
  const ready = new Set<number>();
  const held = new Set<number>();
  const paused = new Set<number>();
  const running = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  const own = createLimiter(subscriber.concurrency ?? 4);
  const finish = createFlight<Finished>((finished) => cursors.finish(subscriber.id, finished));
  const size = Math.max(WINDOW, BATCHES * (subscriber.batchSize ?? DEFAULT_BATCH_SIZE));
  let stopped = false;
  let claiming = false;
  let failures = 0;

  const wake = (slots: Iterable<number>): void => {
    for (const slot of slots) ready.add(slot);
    if (!claiming && !stopped) track(claim());
  };

  const track = (work: Promise<void>): void => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  /** After a failure that is nobody's event's fault, the slots wait a little longer each time. */
  const later = (slots: readonly number[], error: unknown): void => {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++);
    log.warn({ err: error, subscriber: subscriber.id, pause }, 'Events cannot be delivered now; trying again later');
    for (const slot of slots) paused.add(slot);
    const timer = setTimeout(() => {
      timers.delete(timer);
      for (const slot of slots) paused.delete(slot);
      wake(slots);
    }, pause);
    timers.add(timer);
  };

  const claim = async (): Promise<void> => {
    claiming = true;
    try {
      for (;;) {
        const slots = [...ready].filter((slot) => !held.has(slot) && !paused.has(slot)).slice(0, MAX_HELD - held.size);
        if (slots.length === 0 || stopped) return;
        for (const slot of slots) ready.delete(slot);
        const windows = await cursors.claim(subscriber, slots, size).catch((error: unknown) => {
          later(slots, error);
          return [];
        });
        for (const window of windows) {
          held.add(window.slot);
          track(work(window));
        }
      }
    } finally {
      claiming = false;
    }
  };

  const work = async (window: Window): Promise<void> => {
    const { slot, end, full } = window;
    let failure: { readonly error: unknown } | undefined;
    const tenants = new Map<string, number>();
    let delivered = 0;
    let failed = 0;
    await Promise.all(
      [...Map.groupBy(window.events, ({ tenant }) => tenant)].map(async ([tenant, events]) => {
        try {
          if (subscriber.wants && !(await subscriber.wants(tenant))) return;
          tenants.set(tenant, events.at(-1)?.position ?? 0);
          const count = await own.run(() => limiter.run(() => deliverTenant(host, subscriber, tenant, events)));
          delivered += count.delivered;
          failed += count.failed;
        } catch (error) {
          tenants.set(tenant, Number.MAX_SAFE_INTEGER);
          if (!isTransient(error))
            log.error({ err: error, subscriber: subscriber.id }, 'A delivery failed outside of its subscriber');
          failure = { error };
        }
      }),
    );
    try {
      await finish({ slot, end, tenants });
    } catch (error) {
      failure ??= { error };
    }
    held.delete(slot);
    if (failure) return later([slot], failure.error);
    if (full) ready.add(slot);
    // A subscriber that fails with everything gets fewer and fewer events to fail with.
    if (failed >= HOPELESS && delivered === 0) return later([slot], new Error(`all of ${failed} events failed`));
    failures = 0;
    if (ready.size > 0) wake([]);
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };

  return {
    subscriber,
    wake,
    held: () => [...held],
    idle,
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await idle();
    },
  };
}
