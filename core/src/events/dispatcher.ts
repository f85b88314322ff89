import type { Log } from '../telemetry/index.ts';
import type { Cursors, Moved, Window } from './cursors.ts';
import { deliverTenant, moveProgress, type DeliveryHost } from './deliver.ts';
import { isTransient } from './failure.ts';
import { createFlight } from './flight.ts';
import type { Pool } from './pool.ts';
import { holdSlot, lowestOf, noteFound, type HeldSlot, type TenantWork } from './slot.ts';
import { DEFAULT_BATCH_SIZE, type Subscriber } from './subscriber.ts';

/** Slots that one statement leases. */
const SLOTS_AT_ONCE = 16;
/** Positions of a slot that are looked at by one statement. */
const WINDOW = 20_000;
/** Events of a tenant that are loaded at once at least, also when they are delivered one by one. */
const AT_ONCE = 32;
/** So many failures in a row without a success say that it is the subscriber and not the events. */
const HOPELESS = 5;
/** After so many more of them the pause doubles. */
const HOPELESS_STEP = 256;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** How often the cursor of a slot on which work goes on is moved. */
const MOVE_MS = 250;
/** How long slots beyond a node's fair share are left to the others. */
const SHARE_MS = 250;
const DEFAULT_CONCURRENCY = 8;

/** Brings one subscriber what lies behind its cursors. */
export interface Dispatcher {
  readonly subscriber: Subscriber;
  /** There may be something in these slots. */
  wake(slots: Iterable<number>): void;
  /** Slots that are leased now. */
  held(): readonly number[];
  /** These slots were leased by somebody else meanwhile, while this process slept. */
  lost(slots: Iterable<number>): void;
  /** How many slots to hold while others want some too. */
  share(slots: number): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Takes nothing new, waits for what is under way and gives the slots back. */
  stop(): Promise<void>;
}

export interface DispatcherOptions {
  readonly cursors: Cursors;
  readonly host: DeliveryHost;
  /** Shared by all subscribers of the node. */
  readonly pool: Pool;
  readonly log: Log;
}

/**
 * Each slot is leased for as long as there is work in it. What is read of a slot is only which tenants have something between
 * which positions; each tenant then goes on at its own pace, so a slow one holds the slot's cursor and nobody else.
 */
export function createDispatcher(subscriber: Subscriber, options: DispatcherOptions): Dispatcher {
  const { cursors, host, pool, log } = options;
  const most = subscriber.concurrency ?? DEFAULT_CONCURRENCY;
  const batch = subscriber.batchSize ?? DEFAULT_BATCH_SIZE;
  const atOnce = subscriber.mode === 'each' ? AT_ONCE : Math.max(batch, AT_ONCE);
  const ready = new Set<number>();
  const held = new Map<number, HeldSlot>();
  /** Cursors on their way to the database; `true` gives the slot back. */
  const moving = new Map<number, boolean>();
  const movedAt = new Map<number, number>();
  const running = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  const move = createFlight<Moved>((moved) => sendMoves(moved));
  let stopped = false;
  let claiming = false;
  let share = Number.POSITIVE_INFINITY;
  let beyondShareAt = 0;
  let hopeless = 0;
  let failures = 0;
  let warned = false;

  const track = (work: Promise<void>): void => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  const after = (ms: number, fn: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) fn();
    }, ms);
    timers.add(timer);
  };

  const wake = (slots: Iterable<number>): void => {
    for (const slot of slots) ready.add(slot);
    if (!claiming && !stopped) track(claim());
  };

  /** Once, until something was delivered again: what lies down would fill the log. */
  const warn = (error: unknown, pause: number): void => {
    const line = { err: error, subscriber: subscriber.id, pause };
    if (warned) log.debug(line, 'Events cannot be delivered now; trying again later');
    else log.warn(line, 'Events cannot be delivered now; trying again later');
    warned = true;
  };

  /** Slots to read next: those that are held already, and others as far as the share goes. */
  const choose = (): number[] => {
    if (stopped) return [];
    const open = [...ready].filter((slot) => moving.get(slot) !== true);
    const own = open.filter((slot) => held.has(slot));
    const others = open.filter((slot) => !held.has(slot));
    const room = Math.max(0, share - held.size);
    if (others.length > room && beyondShareAt === 0) {
      beyondShareAt = performance.now() + SHARE_MS;
      after(SHARE_MS, () => wake([]));
    }
    // Nobody else took them.
    const beyond = beyondShareAt !== 0 && performance.now() >= beyondShareAt;
    if (beyond || others.length <= room) beyondShareAt = 0;
    return [...own, ...(beyond ? others : others.slice(0, room))].slice(0, SLOTS_AT_ONCE);
  };

  const claim = async (): Promise<void> => {
    claiming = true;
    try {
      for (let slots = choose(); slots.length > 0; slots = choose()) {
        for (const slot of slots) ready.delete(slot);
        const from = slots.map((slot) => ({ slot, after: held.get(slot)?.readTo ?? 0 }));
        const windows = await cursors.claim(subscriber, from, WINDOW);
        failures = 0;
        for (const window of windows) take(window);
        // Its row was locked for a moment, or it is no longer ours: the renewal of leases will tell.
        const missed = slots.filter((slot) => held.has(slot) && !windows.some((window) => window.slot === slot));
        if (missed.length > 0) after(20, () => wake(missed));
      }
    } catch (error) {
      const pause = pauseOf(failures++);
      warn(error, pause);
      after(pause, () => wake(held.keys()));
    } finally {
      claiming = false;
    }
  };

  const take = ({ slot, readTo, full, found }: Window): void => {
    const one = held.get(slot) ?? holdSlot(slot);
    held.set(slot, one);
    if (full) ready.add(slot);
    for (const work of noteFound(one, readTo, found)) begin(one, work);
    settle(one);
  };

  const begin = (slot: HeldSlot, work: TenantWork): void => {
    if (stopped || work.busy || held.get(slot.slot) !== slot) return;
    work.busy = true;
    const { tenant } = work;
    const quick = work.count <= batch && work.failures === 0;
    track(pool.run({ subscriber: subscriber.id, tenant, most, quick }, () => runOnce(slot, work)));
  };

  /** Some of one tenant's events; then others have their turn. Never throws. */
  const runOnce = async (slot: HeldSlot, work: TenantWork): Promise<void> => {
    let pause = 0;
    try {
      // Meanwhile the slot was lost, or nobody is to begin anything.
      if (stopped || held.get(slot.slot) !== slot) return;
      pause = await advance(slot, work);
    } catch (error) {
      if (!isTransient(error))
        log.error({ err: error, subscriber: subscriber.id }, 'A delivery failed outside of its subscriber');
      pause = pauseOf(work.failures++);
      warn(error, pause);
    } finally {
      work.busy = false;
    }
    if (held.get(slot.slot) !== slot) return;
    if (work.from > work.to) slot.tenants.delete(work.tenant);
    else if (pause > 0) after(pause, () => begin(slot, work));
    else begin(slot, work);
    settle(slot);
  };

  /** Returns how long to leave the tenant alone. */
  const advance = async (slot: HeldSlot, work: TenantWork): Promise<number> => {
    const { tenant, to } = work;
    if (subscriber.wants && !(await subscriber.wants(tenant))) {
      work.from = to + 1;
      return 0;
    }
    const { progress, events, end } = await cursors.load(subscriber, tenant, work.from - 1, to, atOnce);
    const done = await deliverTenant(host, subscriber, tenant, events, moveProgress(subscriber.id, progress));
    if (done.progress !== undefined) slot.due.set(tenant, done.progress);
    work.from = end + 1;
    work.count = Math.max(1, work.count - events.length);
    work.failures = 0;
    if (done.delivered > 0) {
      hopeless = 0;
      warned = false;
    }
    // A subscriber that fails with everything gets fewer and fewer events to fail with.
    if (done.failed < HOPELESS || done.delivered > 0) return 0;
    const pause = pauseOf(Math.floor(hopeless / HOPELESS_STEP));
    hopeless += done.failed;
    warn(new Error(`all of ${done.failed} events failed`), pause);
    return pause;
  };

  /** Moves the slot's cursor now and then, and gives the slot back when there is nothing left to do in it. */
  const settle = (slot: HeldSlot): void => {
    const id = slot.slot;
    if (held.get(id) !== slot || moving.has(id)) return;
    const release = slot.tenants.size === 0 && !ready.has(id);
    if (!release && performance.now() - (movedAt.get(id) ?? 0) < MOVE_MS) return;
    if (!movedAt.has(id) && !release) {
      movedAt.set(id, performance.now());
      return;
    }
    moving.set(id, release);
    track(sendMove(slot, release));
  };

  const sendMove = async (slot: HeldSlot, release: boolean): Promise<void> => {
    const id = slot.slot;
    const due = new Map(slot.due);
    try {
      await move({ slot: id, to: lowestOf(slot), due, release });
      for (const [tenant, position] of due) if (slot.due.get(tenant) === position) slot.due.delete(tenant);
    } catch (error) {
      // The cursor is only a hint: it is moved with the next delivery, or the lease runs out.
      warn(error, 0);
      if (release) after(FIRST_PAUSE_MS, () => wake([id]));
    } finally {
      moving.delete(id);
      movedAt.set(id, performance.now());
    }
    if (release && held.get(id) === slot) drop(id);
    if (ready.has(id)) wake([]);
    else settle(slot);
  };

  const sendMoves = async (moved: readonly Moved[]): Promise<void> => {
    const unsure = await cursors.move(subscriber.id, moved);
    if (unsure.length === 0) return;
    // Somebody hid that a transaction was undone: what is not marked is delivered again.
    for (const slot of unsure) drop(slot);
    warn(new Error('events that a subscriber took are not marked in the database'), FIRST_PAUSE_MS);
    after(FIRST_PAUSE_MS, () => wake(unsure));
  };

  const drop = (slot: number): void => {
    held.delete(slot);
    movedAt.delete(slot);
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };

  return {
    subscriber,
    wake,
    held: () => [...held.keys()],
    lost(slots) {
      for (const slot of slots) drop(slot);
    },
    share(slots) {
      share = slots;
      // Too many: those that come to an end first are not taken again at once.
      if (held.size > share) beyondShareAt = performance.now() + SHARE_MS;
    },
    idle,
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await idle();
      const last = [...held.values()].map((slot) => ({
        slot: slot.slot,
        to: lowestOf(slot),
        due: slot.due,
        release: true,
      }));
      held.clear();
      if (last.length > 0) await cursors.move(subscriber.id, last).catch(() => undefined);
    },
  };
}

const pauseOf = (failures: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
