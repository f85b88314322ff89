import { setMaxListeners } from 'node:events';
import type { Database } from '../data/index.ts';
import type { Log } from '../telemetry/index.ts';
import { slotOf, type StoredEvent } from './event.ts';
import type { SystemQuery } from './system-query.ts';
import { tail } from './tail.ts';

/** Whoever listens to a tenant's events as they come. */
export interface Feed {
  /** Events behind a position, then those that follow, until the signal fires. Without a position: from now on. */
  follow(tenant: string, after: number | undefined, signal: AbortSignal): AsyncIterable<StoredEvent>;
  /** There may be something new. */
  look(): void;
  /** How many listen. */
  listeners(): number;
  stop(): void;
}

export interface FeedOptions {
  readonly database: Database;
  readonly query: SystemQuery;
  readonly log: Log;
  readonly pollMs: number;
  /** Called when the first one listens. */
  readonly onFirst: () => void;
}

/** What the listeners of one tenant share: its newest events, read once. */
interface Room {
  readonly tenant: string;
  readonly slot: number;
  listeners: number;
  /** The newest events, all behind `from`, up to `to`. */
  recent: StoredEvent[];
  from: number;
  to: number;
  /** Settled when the room has something to show. */
  opened: Promise<void>;
  changed: PromiseWithResolvers<void>;
}

const RECENT = 500;
const PAGE = 200;
/** After a hint: another node may still be about to give positions. */
const LOOKS_MS = [2, 15, 50, 150];

/** One statement for all listeners of the process: how far each slot is in which somebody is interested. */
const HEADS = 'select slot, next_position - 1 as head from core.event_slot where slot = any($1::smallint[])';
/** Tenants that have something behind what their listeners have seen. */
const GROWN = `
select w.tenant from unnest($1::uuid[], $2::bigint[]) w(tenant, seen)
where exists (select from core.event_position p where p.tenant_id = w.tenant and p.position > w.seen)`;

/**
 * One tail per process: whoever listens shares it. A hint or a poll asks once how far the slots are, then which tenants have
 * something new; each tenant's events are read once, under its own policies, and given to all its listeners.
 */
export function createFeed({ database, query, log, pollMs, onFirst }: FeedOptions): Feed {
  const rooms = new Map<string, Room>();
  const heads = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<boolean> | undefined;
  let again = false;
  const end = new AbortController();

  const open = (tenant: string): Room => {
    const room: Room = {
      tenant,
      slot: slotOf(tenant),
      listeners: 0,
      recent: [],
      from: 0,
      to: 0,
      opened: Promise.resolve(),
      changed: Promise.withResolvers<void>(),
    };
    room.opened = tail(database, tenant, undefined).then(({ next }) => void (room.from = room.to = next));
    room.opened.catch(() => rooms.delete(tenant));
    rooms.set(tenant, room);
    return room;
  };

  const read = async (room: Room): Promise<void> => {
    for (let page = PAGE; page === PAGE;) {
      const { events, next } = await tail(database, room.tenant, room.to, { limit: PAGE });
      page = events.length;
      if (page === 0) break;
      room.to = next;
      room.recent.push(...events);
      const cut = room.recent.length - RECENT;
      if (cut > 0) room.from = room.recent.splice(0, cut).at(-1)?.position ?? room.from;
      room.changed.resolve();
      room.changed = Promise.withResolvers<void>();
    }
  };

  /** Returns whether something was new. */
  const lookOnce = async (): Promise<boolean> => {
    const slots = [...new Set([...rooms.values()].map(({ slot }) => slot))];
    if (slots.length === 0) return false;
    const { rows } = await query<{ slot: number; head: string | number }>(HEADS, [slots], 'events.feed');
    const grown = new Set<number>();
    for (const { slot, head } of rows) if (heads.get(slot) !== Number(head)) grown.add(slot);
    const waiting = [...rooms.values()].filter(({ slot }) => grown.has(slot));
    if (waiting.length === 0) return false;
    await Promise.all(waiting.map(({ opened }) => opened));
    const values = [waiting.map(({ tenant }) => tenant), waiting.map(({ to }) => to)];
    const found = await query<{ tenant: string }>(GROWN, values, 'events.grown');
    await Promise.all(
      found.rows.flatMap(({ tenant }) => {
        const room = rooms.get(tenant);
        return room ? [read(room)] : [];
      }),
    );
    for (const { slot, head } of rows) heads.set(slot, Number(head));
    return found.rows.length > 0;
  };

  /** One look at a time; what is asked for meanwhile is one more. */
  const lookNow = (): Promise<boolean> => {
    again = true;
    looking ??= (async () => {
      let found = false;
      while (again) {
        again = false;
        found = (await lookOnce()) || found;
      }
      return found;
    })().finally(() => (looking = undefined));
    return looking;
  };

  const tryLook = (): Promise<boolean> =>
    lookNow().catch((error: unknown) => {
      log.debug({ err: error }, 'Looking for events to show failed; trying again with the next poll');
      return false;
    });

  let step = LOOKS_MS.length;
  /** What is asked for while looks are planned begins them anew. */
  const look = (): void => {
    if (rooms.size === 0 || end.signal.aborted) return;
    const idle = step >= LOOKS_MS.length;
    step = 0;
    if (idle) void lookSome();
  };

  const lookSome = async (): Promise<void> => {
    for (let ms = LOOKS_MS[step++]; ms !== undefined && rooms.size > 0; ms = LOOKS_MS[step++]) {
      await new Promise((go) => setTimeout(go, ms));
      await tryLook();
    }
    step = LOOKS_MS.length;
  };

  const poll = (): void => {
    timer = setTimeout(() => {
      void tryLook().finally(() => rooms.size > 0 && !end.signal.aborted && poll());
    }, pollMs);
    timer.unref();
  };

  const leave = (room: Room): void => {
    room.listeners--;
    if (room.listeners > 0 || rooms.get(room.tenant) !== room) return;
    rooms.delete(room.tenant);
    if (rooms.size > 0) return;
    clearTimeout(timer);
    heads.clear();
  };

  return {
    async *follow(tenant, after, signal) {
      if (rooms.size === 0) {
        onFirst();
        poll();
      }
      const room = rooms.get(tenant) ?? open(tenant);
      room.listeners++;
      setMaxListeners(0, signal);
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      try {
        await room.opened;
        let at = after ?? room.to;
        while (!signal.aborted && !end.signal.aborted) {
          const { changed } = room;
          // Who was away for long reads by itself until it has caught up.
          const events: readonly StoredEvent[] =
            at < room.from
              ? (await tail(database, tenant, at, { limit: PAGE })).events
              : room.recent.filter(({ position }) => position > at);
          for (const event of events) {
            if (signal.aborted) return;
            yield event;
            at = event.position;
          }
          if (events.length > 0) continue;
          // All that a position that lies behind `from` still had was removed meanwhile.
          if (at < room.from) at = room.from;
          else await Promise.race([changed.promise, aborted]);
        }
      } finally {
        leave(room);
      }
    },
    look,
    listeners: () => [...rooms.values()].reduce((sum, room) => sum + room.listeners, 0),
    stop() {
      end.abort();
      clearTimeout(timer);
      for (const room of rooms.values()) room.changed.resolve();
    },
  };
}
