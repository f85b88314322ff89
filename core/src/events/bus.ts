import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, type Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { Log, Metrics } from '../telemetry/index.ts';
import { createCursors } from './cursors.ts';
import { createDeadLetters, type DeadLetters } from './dead-letter-desk.ts';
import type { DeliveryHost } from './deliver.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { EventError } from './errors.ts';
import { createFeed } from './feed.ts';
import type { StoredEvent } from './event.ts';
import { createHints } from './hints.ts';
import { observe } from './observe.ts';
import { createPool } from './pool.ts';
import { SLOTS } from './limits.ts';
import { createRedelivery } from './redelivery.ts';
import { createReplays, type Replays } from './replay-records.ts';
import { createReplayer } from './replayer.ts';
import { oldestNeeded, retire } from './retention.ts';
import { createSequencer } from './sequencer.ts';
import type { Subscriber } from './subscriber.ts';
import { listSubscribers, rememberSubscribers, type SubscriberState } from './subscribers.ts';
import { rewind } from './rewind.ts';
import { createSystemQuery } from './system-query.ts';
import { tail, type TailOptions, type TailedEvents } from './tail.ts';

export interface EventBusOptions {
  readonly database: Database;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** How often to look for what no hint announced. */
  readonly pollMs?: number;
  /** How long a slot belongs to a node that says nothing more; after a crash others wait this long. */
  readonly leaseMs?: number;
  /** Deliveries at the same time on this node. */
  readonly concurrency?: number;
}

/** Brings committed events to their subscribers: in order per key, effects in the database exactly once. */
export interface EventBus {
  /** Makes the cursors of new subscribers, and begins to deliver when the bus runs. */
  register(...subscribers: readonly Subscriber[]): Promise<void>;
  /** Stops delivering to a subscriber and waits for what is under way. Its place is kept. */
  unregister(id: string): Promise<void>;
  /** Removes a subscriber's place, progress and dead letters for good. */
  forget(id: string): Promise<void>;
  /** Begins to sequence and deliver. Without it, `wake` only tells other nodes. */
  start(): Promise<void>;
  /** Takes nothing new, lets deliveries end, gives up those that take longer than `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** Events were committed: deliver them now. Call it after commit, never inside a transaction. */
  wake(): void;
  /** Delivers everything that can be delivered now; for tests and for one-shot commands. Works without `start`. */
  drain(timeoutMs?: number): Promise<void>;
  /** A tenant's events after a position, for streams that can be resumed. */
  tail(tenant: string, after: number | undefined, options?: TailOptions): Promise<TailedEvents>;
  /** A tenant's events after a position, then those that follow, until the signal fires; from now on without a position. */
  follow(tenant: string, after: number | undefined, signal: AbortSignal): AsyncIterable<StoredEvent>;
  readonly deadLetters: DeadLetters;
  readonly replays: Replays;
  /** Who listens, and how far they are. */
  subscribers(): Promise<SubscriberState[]>;
  /** Removes positions that are older than the events are kept, except those that somebody has not had. Run it daily. */
  retire(): Promise<number>;
  /** Events from this time on are still needed; undefined when everybody has had everything. */
  oldestNeeded(): Promise<number | undefined>;
}

/** Polls between two looks for slots that a dead node has left. */
const SCAN_EVERY = 5;
/** Polls between two moves of idle cursors. */
const SKIP_EVERY = 10;
/** Polls between two looks for what a clock that was ahead has put off. */
const REWIND_EVERY = 15;
/** Polls between two notes of who listens. */
const REMEMBER_EVERY = 600;

interface Leased {
  readonly subscriber: string;
  readonly slot: number;
}

const nameOf = ({ subscriber, slot }: Leased): string => `${slot} ${subscriber}`;

export function createEventBus(options: EventBusOptions): EventBus {
  const { database, log, clock = systemClock, pollMs = 1000, leaseMs = 15_000, concurrency = 32 } = options;
  const node = randomUUID();
  const query = createSystemQuery(database);
  const sequencer = createSequencer(query);
  const cursors = createCursors(query, node, leaseMs);
  const hints = createHints(database, query, node, log, () => {
    feed.look();
    void look();
  });
  const feed = createFeed({ database, query, log, pollMs, onFirst: () => hints.start('podlift feed') });
  const dispatchers = new Map<string, Dispatcher>();
  const byType = new Map<string, Set<Dispatcher>>();
  // Half of the places for what is quick, half for what is slow.
  const pool = createPool({ fast: Math.ceil(concurrency / 2), slow: Math.floor(concurrency / 2) });
  const abort = new AbortController();
  const seen = observe(options.metrics);
  const timers: NodeJS.Timeout[] = [];
  let started = false;
  let running = false;
  let polls = 0;
  let placed = 0;
  let heads = -1;
  let sequencing: Promise<void> | undefined;
  let again = false;
  /** The next round looks at everything that is pending. */
  let all = false;

  const host: DeliveryHost = {
    database,
    now: () => clock.now(),
    signal: abort.signal,
    delivered: (subscriber, events) => seen.delivered(subscriber, events, clock.now()),
    parked(subscriber, tenant, event, error, nextAt) {
      seen.parked(subscriber);
      log.warn(
        { err: error, subscriber: subscriber.id, tenant, event: event.id, type: event.type },
        'An event was parked',
      );
      redelivery.schedule(nextAt);
    },
  };
  const redelivery = createRedelivery({
    host,
    query,
    pool,
    log,
    find: (id) => dispatchers.get(id)?.subscriber,
    subscribers: () => [...dispatchers.keys()],
    leaseMs: 4 * leaseMs,
  });
  const replayer = createReplayer({
    host,
    query,
    pool,
    log,
    node,
    find: (id) => dispatchers.get(id)?.subscriber,
    subscribers: () => [...dispatchers.keys()],
    leaseMs: 4 * leaseMs,
  });
  const subscribers = (): Subscriber[] => [...dispatchers.values()].map(({ subscriber }) => subscriber);

  /** One sequencer per node at a time; a call during a round makes it go round again. */
  const place = (): Promise<void> => {
    again = true;
    sequencing ??= (async () => {
      try {
        while (again) {
          again = false;
          const everything = all;
          all = false;
          await sequencer.run(({ slot, type }) => {
            placed++;
            feed.look();
            for (const dispatcher of byType.get(type) ?? []) dispatcher.wake([slot]);
          }, everything);
        }
      } finally {
        sequencing = undefined;
      }
    })();
    return sequencing;
  };

  /** Finds what other nodes placed, or left behind. */
  const scan = async (): Promise<number> => {
    const ready = await cursors.ready(subscribers());
    for (const { subscriber, slot } of ready) dispatchers.get(subscriber)?.wake([slot]);
    return ready.length;
  };

  /** Looks for work of other nodes when they placed something, and now and then for what they left behind. */
  const scanIfChanged = async (): Promise<void> => {
    const now = await cursors.heads();
    if (now === heads && polls % SCAN_EVERY !== 0) return;
    const left = await scan();
    heads = left > 0 ? -1 : now;
  };

  const look = async (): Promise<void> => {
    if (!running) return;
    try {
      await place();
      await scanIfChanged();
    } catch (error) {
      log.debug({ err: error }, 'Looking for events failed; trying again with the next poll');
    }
  };

  const poll = async (): Promise<void> => {
    await look();
    if (++polls % SKIP_EVERY === 0) await cursors.skip(subscribers()).catch(() => undefined);
    if (polls % REWIND_EVERY === 0) await rewind(query, clock.now()).catch(() => undefined);
    await redelivery.run().catch(() => undefined);
    await replayer.run().catch(() => undefined);
    if (polls % REMEMBER_EVERY === 0)
      await rememberSubscribers(query, subscribers(), clock.now()).catch(() => undefined);
    if (running) timers[0] = setTimeout(() => void poll(), pollMs);
  };

  const renew = async (): Promise<void> => {
    const held = [...dispatchers.values()].flatMap((d) =>
      d.held().map((slot) => ({ subscriber: d.subscriber.id, slot })),
    );
    try {
      if (held.length > 0) loseOthers(held, await cursors.renew(held));
      const share = Math.ceil(SLOTS / Math.max(1, await cursors.nodes()));
      for (const dispatcher of dispatchers.values()) dispatcher.share(share >= SLOTS ? Infinity : share);
    } catch (error) {
      log.debug({ err: error }, 'Leases could not be renewed; trying again');
    }
    if (running) timers[1] = setTimeout(() => void renew(), leaseMs / 3);
  };

  /** A process that slept finds its slots with others; what it still does in them is undone when it commits. */
  const loseOthers = (held: readonly Leased[], kept: readonly Leased[]): void => {
    const ours = new Set(kept.map(nameOf));
    for (const lease of held) if (!ours.has(nameOf(lease))) dispatchers.get(lease.subscriber)?.lost([lease.slot]);
  };

  const add = (subscriber: Subscriber): void => {
    const dispatcher = createDispatcher(subscriber, { cursors, host, pool, log });
    dispatchers.set(subscriber.id, dispatcher);
    for (const type of subscriber.types) byType.set(type, (byType.get(type) ?? new Set()).add(dispatcher));
  };

  const unregister = async (id: string): Promise<void> => {
    const dispatcher = dispatchers.get(id);
    if (!dispatcher) return;
    dispatchers.delete(id);
    for (const type of dispatcher.subscriber.types) byType.get(type)?.delete(dispatcher);
    await dispatcher.stop();
  };

  return {
    async register(...added) {
      for (const { id } of added) if (dispatchers.has(id)) throw EventError.taken(id);
      await cursors.ensure(added);
      await rememberSubscribers(query, added, clock.now());
      for (const subscriber of added) add(subscriber);
      heads = -1;
      if (running) void look();
    },
    unregister,
    async forget(id) {
      await unregister(id);
      await cursors.forget(id);
    },
    async start() {
      if (started) return;
      started = running = true;
      hints.start('podlift events');
      void poll();
      void renew();
    },
    async stop(graceMs = 10_000) {
      running = false;
      for (const timer of timers) clearTimeout(timer);
      const giveUp = setTimeout(() => abort.abort(), graceMs);
      await hints.stop();
      feed.stop();
      await redelivery.stop();
      await replayer.stop();
      await sequencing?.catch(() => undefined);
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.stop()));
      clearTimeout(giveUp);
    },
    wake() {
      hints.send();
      feed.look();
      if (running)
        place().catch((error: unknown) =>
          log.debug({ err: error }, 'Placing events failed; trying again with the next poll'),
        );
    },
    async drain(timeoutMs = 30_000) {
      const until = Date.now() + timeoutMs;
      for (let before = -1; before !== placed;) {
        before = placed;
        all = true;
        await place();
        await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.idle()));
        const replaying = await replayer.run();
        await replayer.idle();
        const left = replaying + (await redelivery.run()) + (await scan());
        if (left === 0) continue;
        if (Date.now() > until) throw EventError.notDrained(left, timeoutMs);
        before = -1;
        await sleep(1);
      }
    },
    tail: (tenant, after, tailOptions) => tail(database, tenant, after, tailOptions),
    follow: (tenant, after, signal) => feed.follow(tenant, after, signal),
    deadLetters: createDeadLetters(
      database,
      () => clock.now(),
      () => redelivery.schedule(clock.now()),
    ),
    replays: createReplays(
      database,
      () => clock.now(),
      () => void (running && replayer.run().catch(() => undefined)),
    ),
    subscribers: () => listSubscribers(database),
    retire: () => retire(query, clock.now()),
    oldestNeeded: () => oldestNeeded(query, clock.now()),
  };
}
