import { toEvent, type EventRow, type StoredEvent } from './event.ts';
import type { Found } from './slot.ts';
import type { Subscriber } from './subscriber.ts';
import type { SystemQuery } from './system-query.ts';

/** An event on its way to a subscriber. */
export interface WaitingEvent extends StoredEvent {
  /** An earlier event of the same key is parked. */
  readonly parked: boolean;
}

/** What lies behind the cursor of a slot that was leased. */
export interface Window {
  readonly slot: number;
  /** Everything up to here was looked at. */
  readonly readTo: number;
  /** There may be more behind it. */
  readonly full: boolean;
  readonly found: readonly Found[];
}

/** Some of a tenant's waiting events. */
export interface Loaded {
  /** Where this subscriber's progress with the tenant stands; undefined before the first delivery. */
  readonly progress: number | undefined;
  readonly events: readonly WaitingEvent[];
  /** When all of them are delivered, everything up to here is. */
  readonly end: number;
}

/** How far a subscriber is in a slot, and which progress of tenants must be in the database before that is true. */
export interface Moved {
  readonly slot: number;
  readonly to: number;
  readonly due: ReadonlyMap<string, number>;
  /** Gives the slot back. */
  readonly release: boolean;
}

// Cursors and leases are hints (progress rows of tenants decide), so these statements need not wait for the disk.
const RELAXED = `(select set_config('synchronous_commit', 'off', true)) relaxed`;

/** All cursors of a subscriber are made at once, so slot 0 speaks for the others. */
const ENSURE = `
insert into core.event_cursor (subscriber, slot, position)
select n.subscriber, s.slot, case when n.now then s.next_position - 1 else 0 end
from unnest($1::text[], $2::boolean[]) n(subscriber, now) cross join core.event_slot s
where not exists (select from core.event_cursor c where c.subscriber = n.subscriber and c.slot = 0)
on conflict do nothing`;

/** Leases slots that nobody else holds and sums up what lies behind their cursors, tenant by tenant: however much it is, that is little. */
const CLAIM = `
with free as (
  select c.slot from core.event_cursor c
  where c.subscriber = $1 and c.slot = any($2::smallint[]) and (c.leased_until < now() or c.owner = $3::uuid)
  order by c.slot for update skip locked
), leased as (
  update core.event_cursor c set owner = $3::uuid, leased_until = now() + $4::integer * interval '1 ms'
  from free f, ${RELAXED} where c.subscriber = $1 and c.slot = f.slot returning c.slot, c.position
)
select l.slot, s.next_position - 1 as head, w.*
from leased l join core.event_slot s on s.slot = l.slot
join unnest($2::smallint[], $5::bigint[]) a(slot, after) on a.slot = l.slot
left join lateral (
  select p.tenant_id as tenant, min(p.position) as first, max(p.position) as last, count(*)::integer as count
  from (
    select q.position, q.tenant_id from core.event_position q
    where q.slot = l.slot and q.position > greatest(l.position, a.after) and q.type = any($6::text[]) order by q.position limit $7
  ) p group by p.tenant_id
) w on true
order by l.slot, w.first`;

/**
 * A tenant's next events up to \`$5\`: so many, and no more bytes than a batch should have, but one at least. A position without
 * an event outlived its partition. The sizes are those on disk.
 */
const LOAD = `
select g.progress, w.* from (
  select (select g.position from core.event_progress g where g.tenant_id = $2 and g.subscriber = $1) as progress
) g left join lateral (
  select * from (
    select p.position, e.id, e.type, e.source, e.key, e.payload, e."time",
      e.key is not null and exists (
        select from core.dead_letter d where d.tenant_id = $2 and d.subscriber = $1 and d.key = e.key
      ) as parked,
      sum(pg_column_size(e.payload)) over (order by p.position) - pg_column_size(e.payload) as before,
      count(*) over () as taken
    from (
      select q.position, q.event_id from core.event_position q
      where q.tenant_id = $2 and q.position > greatest(coalesce(g.progress, 0), $4::bigint) and q.position <= $5 and q.type = any($3::text[])
      order by q.position limit $6
    ) p left join core.event e on e.tenant_id = $2 and e.id = p.event_id
  ) s where coalesce(s.before, 0) <= $7
) w on true
order by w.position`;

/** Moves cursors as far as the progress of tenants is really there, and gives slots back. */
const MOVE = `
update core.event_cursor c set position = case when f.sure then greatest(c.position, f.upto) else c.position end,
  owner = case when f.release or not f.sure then null else c.owner end,
  leased_until = case when f.release or not f.sure then '-infinity' else c.leased_until end
from (
  select d.slot, bool_and(coalesce(g.position, 0) >= coalesce(d.due, 0)) as sure, max(d.upto) as upto, bool_or(d.release) as release
  from unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::bigint[], $7::boolean[]) d(slot, upto, tenant, due, release)
  left join core.event_progress g on g.tenant_id = d.tenant and g.subscriber = $1
  group by d.slot
) f, ${RELAXED}
where c.subscriber = $1 and c.slot = f.slot and c.owner = $2::uuid
returning c.slot, f.sure`;

const RENEW = `
update core.event_cursor c set leased_until = now() + $1::integer * interval '1 ms'
from unnest($3::text[], $4::smallint[]) h(subscriber, slot), ${RELAXED}
where c.subscriber = h.subscriber and c.slot = h.slot and c.owner = $2::uuid
returning c.subscriber, c.slot`;

/** Grows with every event that is placed anywhere. */
const HEADS = `select sum(next_position) as heads from core.event_slot`;

/** Pairs of subscriber and slot with something of interest that nobody else holds. */
const READY = `
select c.subscriber, c.slot from core.event_cursor c join core.event_slot s on s.slot = c.slot
where c.subscriber = any($1::text[]) and s.next_position - 1 > c.position and (c.leased_until < now() or c.owner = $4::uuid) and exists (
  select from unnest($2::text[], $3::text[]) w(subscriber, type)
  join core.event_position p on p.slot = c.slot and p.type = w.type and p.position > c.position
  where w.subscriber = c.subscriber)`;

/** Moves cursors over events that are of no interest, so that looking for work stays cheap. */
const SKIP = `
update core.event_cursor c set position = s.next_position - 1
from core.event_slot s, ${RELAXED}
where s.slot = c.slot and c.subscriber = any($1::text[]) and s.next_position - 1 > c.position and c.leased_until < now() and not exists (
  select from unnest($2::text[], $3::text[]) w(subscriber, type)
  join core.event_position p on p.slot = c.slot and p.type = w.type and p.position > c.position
  where w.subscriber = c.subscriber)`;

/** Each node that delivers has one connection of this name. */
const NODES = `
select count(*)::integer as nodes from pg_stat_activity where application_name = 'podlift events' and datname = current_database()`;

interface ClaimRow {
  readonly slot: number;
  readonly head: string | number;
  readonly tenant: string | null;
  readonly first: string | number;
  readonly last: string | number;
  readonly count: number;
}

interface LoadRow extends Omit<EventRow, 'id' | 'position'> {
  readonly id: string | null;
  readonly position: string | number | null;
  readonly progress: string | number | null;
  readonly parked: boolean;
  /** How many there were before some were left out for their size. */
  readonly taken: string | number;
}

/** Bytes of payloads, as they lie on disk, from which on a batch takes no further event. */
const BATCH_BYTES = 1 << 20;

/** Where to go on reading; `after` counts when the cursor is not that far yet. */
export interface ReadFrom {
  readonly slot: number;
  readonly after: number;
}

export interface Cursors {
  /** Makes the cursors of new subscribers. */
  ensure(subscribers: readonly Subscriber[]): Promise<void>;
  /** Leases slots, or keeps them, and says what is new in those it got. */
  claim(subscriber: Subscriber, slots: readonly ReadFrom[], most: number): Promise<Window[]>;
  load(subscriber: Subscriber, tenant: string, after: number, upTo: number, most: number): Promise<Loaded>;
  /** Returns the slots in which progress was missing; they were given back and are to be read again. */
  move(subscriber: string, moved: readonly Moved[]): Promise<number[]>;
  /** Keeps leases; returns those that are still ours. */
  renew(held: readonly { subscriber: string; slot: number }[]): Promise<{ subscriber: string; slot: number }[]>;
  /** A number that changes when events are placed, for knowing cheaply that there is nothing new. */
  heads(): Promise<number>;
  ready(subscribers: readonly Subscriber[]): Promise<{ subscriber: string; slot: number }[]>;
  skip(subscribers: readonly Subscriber[]): Promise<void>;
  /** How many nodes deliver. */
  nodes(): Promise<number>;
  forget(subscriber: string): Promise<void>;
}

/** Where subscribers are, per slot. `owner` is this node. */
export function createCursors(query: SystemQuery, owner: string, leaseMs: number): Cursors {
  const wanted = (subscribers: readonly Subscriber[]) => {
    const pairs = subscribers.flatMap(({ id, types }) => types.map((type) => ({ id, type })));
    return [subscribers.map(({ id }) => id), pairs.map(({ id }) => id), pairs.map(({ type }) => type)];
  };
  return {
    async ensure(subscribers) {
      await query(ENSURE, [subscribers.map(({ id }) => id), subscribers.map(({ from = 'now' }) => from === 'now')]);
    },
    async claim({ id, types }, slots, most) {
      const at = slots.map(({ slot }) => slot);
      const after = slots.map((one) => one.after);
      const { rows } = await query<ClaimRow>(CLAIM, [id, at, owner, leaseMs, after, types, most], 'events.claim');
      return toWindows(rows, most);
    },
    async load({ id, types }, tenant, after, upTo, most) {
      const values = [id, tenant, types, after, upTo, most, BATCH_BYTES];
      const { rows } = await query<LoadRow>(LOAD, values, 'events.load');
      return toLoaded(rows, upTo, most);
    },
    async move(subscriber, moved) {
      const rows = moved.flatMap(toMovedRows);
      const values = [
        subscriber,
        owner,
        rows.map(({ slot }) => slot),
        rows.map(({ to }) => to),
        rows.map(({ tenant }) => tenant),
        rows.map(({ due }) => due),
        rows.map(({ release }) => release),
      ];
      const result = await query<{ slot: number; sure: boolean }>(MOVE, values, 'events.move');
      return result.rows.filter(({ sure }) => !sure).map(({ slot }) => slot);
    },
    async renew(held) {
      const values = [leaseMs, owner, held.map(({ subscriber }) => subscriber), held.map(({ slot }) => slot)];
      return (await query<{ subscriber: string; slot: number }>(RENEW, values)).rows;
    },
    async heads() {
      const { rows } = await query<{ heads: string }>(HEADS, [], 'events.heads');
      return Number(rows[0]?.heads ?? 0);
    },
    async ready(subscribers) {
      const values = [...wanted(subscribers), owner];
      return (await query<{ subscriber: string; slot: number }>(READY, values, 'events.ready')).rows;
    },
    async skip(subscribers) {
      await query(SKIP, wanted(subscribers));
    },
    async nodes() {
      return (await query<{ nodes: number }>(NODES)).rows[0]?.nodes ?? 1;
    },
    async forget(subscriber) {
      await query('delete from core.event_cursor where subscriber = $1', [subscriber]);
      await query('delete from core.event_progress where subscriber = $1', [subscriber]);
      await query('delete from core.dead_letter where subscriber = $1', [subscriber]);
      await query('delete from core.event_replay where subscriber = $1', [subscriber]);
      await query('delete from core.event_subscriber where id = $1', [subscriber]);
    },
  };
}

interface MovedRow {
  readonly slot: number;
  readonly to: number;
  readonly tenant: string | null;
  readonly due: number | null;
  readonly release: boolean;
}

/** One row per tenant whose progress is required; a slot without any is one row. */
const toMovedRows = ({ slot, to, due, release }: Moved): MovedRow[] =>
  due.size === 0
    ? [{ slot, to, release, tenant: null, due: null }]
    : [...due].map(([tenant, position]) => ({ slot, to, release, tenant, due: position }));

function toWindows(rows: readonly ClaimRow[], most: number): Window[] {
  return [...Map.groupBy(rows, ({ slot }) => slot)].map(([slot, all]) => {
    const found = all.flatMap(({ tenant, first, last, count }) =>
      tenant === null ? [] : [{ tenant, first: Number(first), last: Number(last), count }],
    );
    const full = found.reduce((sum, { count }) => sum + count, 0) >= most;
    const readTo = full ? Math.max(...found.map(({ last }) => last)) : Number(all[0]?.head ?? 0);
    return { slot, readTo, full, found };
  });
}

function toLoaded(rows: readonly LoadRow[], upTo: number, most: number): Loaded {
  const progress = rows[0]?.progress ?? undefined;
  const there = rows.filter(({ position }) => position !== null);
  const last = there.at(-1);
  const complete = there.length < most && there.length === Number(last?.taken ?? 0);
  return {
    progress: progress === undefined ? undefined : Number(progress),
    events: there.filter(isEvent).map((row) => ({ ...toEvent(row), parked: row.parked })),
    end: complete ? upTo : Number(last?.position ?? upTo),
  };
}

const isEvent = (row: LoadRow): row is LoadRow & EventRow => row.id !== null && row.position !== null;
