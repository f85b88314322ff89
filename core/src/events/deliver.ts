import type { Database, Tx } from '../data/index.ts';
import { inSpan } from '../telemetry/index.ts';
import type { WaitingEvent } from './cursors.ts';
import { fail, parkBehind, parkFailed, release, settle, type DueLetter } from './dead-letters.ts';
import { EventError } from './errors.ts';
import type { StoredEvent } from './event.ts';
import { isTransient } from './failure.ts';
import { DEFAULT_BATCH_SIZE, type Subscriber } from './subscriber.ts';

/** What a delivery needs from the bus. */
export interface DeliveryHost {
  readonly database: Database;
  readonly now: () => number;
  /** Fires when the bus gives up what is still running. */
  readonly signal: AbortSignal;
  /** The replay that brings the events; undefined when they are new. */
  readonly replay?: string;
  readonly delivered: (subscriber: Subscriber, events: readonly StoredEvent[]) => void;
  readonly parked: (subscriber: Subscriber, tenant: string, event: StoredEvent, error: unknown, nextAt: number) => void;
}

const PROGRESS = `
insert into core.event_progress (tenant_id, subscriber, position) values ($1, $2, $3)
on conflict (tenant_id, subscriber) do update set position = excluded.position where event_progress.position = $4
returning 1`;

/**
 * The commit of a delivery need not wait for the disk: effects and mark are in it together, so a server that loses it brings
 * the events once more. Whatever is acknowledged to somebody outside waits for the disk, and with it everything before.
 */
export const relax = (tx: Tx): Promise<unknown> =>
  tx.query(`select set_config('synchronous_commit', 'off', true)`, [], 'events.relax');

/** Marks events up to a position as delivered, if the mark stands where this delivery found it. */
export interface Mark {
  /** The position before the first event; undefined before the first delivery. */
  readonly from: number | undefined;
  move(tx: Tx, from: number | undefined, to: number): Promise<void>;
}

/** The mark of live delivery: the tenant's progress. The lock on the row makes the second of two wait and then fail. */
export const moveProgress = (subscriber: string, progress: number | undefined): Mark => ({
  from: progress,
  async move(tx, from, to) {
    const [moved] = await Promise.all([
      tx.query(PROGRESS, [tx.tenant, subscriber, to, from ?? null], 'events.progress'),
      relax(tx),
    ]);
    if (moved.length === 0) throw EventError.lost(subscriber);
  },
});

/** What became of a tenant's events. */
export interface Delivered {
  readonly delivered: number;
  readonly failed: number;
  /** Where the mark stands afterwards; undefined when nothing was marked. */
  readonly progress: number | undefined;
}

/**
 * Delivers some of one tenant's events, in order. An event that fails is parked, with the later ones of its key; the others go on.
 * Throws only what is no event's fault: then the rest of the window is read again later. @returns how many were taken and how many failed.
 */
export async function deliverTenant(
  host: DeliveryHost,
  subscriber: Subscriber,
  tenant: string,
  events: readonly WaitingEvent[],
  mark: Mark,
): Promise<Delivered> {
  const count = { delivered: 0, failed: 0 };
  let progress = mark.from;
  let marked: number | undefined;
  const parked = new Set(events.filter((event) => event.parked).map(({ key }) => key));
  const isParked = ({ key }: StoredEvent): boolean => key !== undefined && parked.has(key);
  const stack = chunks(
    events,
    subscriber.mode === 'each' ? 1 : (subscriber.batchSize ?? DEFAULT_BATCH_SIZE),
  ).toReversed();

  for (let chunk = stack.pop(); chunk; chunk = stack.pop()) {
    const wanted = chunk.filter((event) => !isParked(event));
    const behind = chunk.filter(isParked);
    const from = progress;
    const to = chunk.at(-1)?.position ?? 0;
    const move = async (tx: Tx): Promise<void> => {
      await mark.move(tx, from, to);
      for (const event of behind) await parkBehind(tx, subscriber, event, host.now(), host.replay);
    };
    try {
      const attributes = {
        'podlift.subscriber': subscriber.id,
        'podlift.tenant': tenant,
        'messaging.batch.message_count': wanted.length,
      };
      await inSpan(`deliver ${subscriber.id}`, { kind: 'consumer', root: true, attributes }, () =>
        deliverOnce(host, subscriber, tenant, wanted, 1, move),
      );
      count.delivered += wanted.length;
    } catch (error) {
      if (isTransient(error)) throw error;
      const [event] = wanted;
      if (!event) throw error;
      if (wanted.length > 1) {
        const middle = Math.ceil(chunk.length / 2);
        stack.push(chunk.slice(middle), chunk.slice(0, middle));
        continue;
      }
      await host.database.withTenant({ tenant }, async (tx) => {
        await parkFailed(tx, subscriber, { ...event, error }, host.now(), host.replay);
        await move(tx);
      });
      parked.add(event.key);
      count.failed++;
      host.parked(subscriber, tenant, event, error, host.now());
    }
    progress = marked = to;
  }
  return { ...count, progress: marked };
}

/** Tries a parked event again. Says when the next attempt is due, if there is one. */
export async function redeliver(
  host: DeliveryHost,
  subscriber: Subscriber,
  letter: DueLetter,
): Promise<number | undefined> {
  const { tenant, event, attempts } = letter;
  try {
    const again = letter.replay === undefined ? host : { ...host, replay: letter.replay };
    await deliverOnce(again, subscriber, tenant, [event], attempts + 1, (tx) => settle(tx, letter, host.now()));
    return host.now();
  } catch (error) {
    return host.database.withTenant({ tenant }, async (tx) => {
      if (!isTransient(error)) return fail(tx, subscriber, letter, error, host.now());
      const next = host.now() + 5000;
      await release(tx, letter, next);
      return next;
    });
  }
}

/** One call of the subscriber; afterwards the events are marked, by it or by us. */
async function deliverOnce(
  host: DeliveryHost,
  subscriber: Subscriber,
  tenant: string,
  events: readonly StoredEvent[],
  attempt: number,
  mark: (tx: Tx) => Promise<void>,
): Promise<void> {
  let marked = false;
  if (events.length > 0) {
    const { timeoutMs = 60_000 } = subscriber;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([host.signal, timeout]);
    const advance = async (tx: Tx): Promise<void> => {
      if (signal.aborted) throw EventError.lost(subscriber.id);
      await mark(tx);
      marked = true;
    };
    await until(
      signal,
      host.signal,
      subscriber,
      timeoutMs,
      subscriber.deliver({
        tenant,
        events,
        attempt,
        signal,
        advance,
        ...(host.replay !== undefined && { replay: host.replay }),
      }),
    );
  }
  if (!marked) await host.database.withTenant({ tenant }, mark);
  host.delivered(subscriber, events);
}

/** Waits for the delivery, but not longer than its signal allows; a late one can no longer advance. */
function until(
  signal: AbortSignal,
  stopped: AbortSignal,
  subscriber: Subscriber,
  timeoutMs: number,
  delivery: Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      reject(
        stopped.aborted
          ? EventError.later(subscriber.id, 'the bus stops')
          : EventError.timeout(subscriber.id, timeoutMs),
      );
    };
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
    delivery.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const all: T[][] = [];
  for (let at = 0; at < items.length; at += size) all.push(items.slice(at, at + size));
  return all;
}
