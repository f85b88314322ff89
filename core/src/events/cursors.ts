import { toEvent, type EventRow, type StoredEvent } from './event.ts';
import type { Subscriber } from './subscriber.ts';
import type { SystemQuery } from './system-query.ts';

/** An event in the window of a slot, with what is known about its tenant and key. */
export interface WindowEvent extends StoredEvent {
  readonly tenant: string;
  /** Where this subscriber's progress with the tenant stands; undefined before the first delivery. */
  readonly progress: number | undefined;
  /** An earlier event of the same key is parked. */
  readonly parked: boolean;
}

/** A leased slot: everything of interest between `cursor` and `end`. */
export interface Window {
  readonly slot: number;
  readonly events: readonly WindowEvent[];
  /** When all events are delivered, everything up to here is. */
  readonly end: number;
  /** There may be more behind `end`. */
  readonly full: boolean;
}

/** How far a subscriber is in a slot, and which progress of tenants must be in the database before that is true. */
export interface Finished {
  readonly slot: number;
  readonly end: number;
  readonly tenants: ReadonlyMap<string, number>;
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

/** Leases slots that nobody holds and reads what lies behind their cursors: events of all their tenants, by one statement. */
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
left join lateral (
  select p.position, p.tenant_id as tenant, e.id, e.type, e.source, e.key, e.payload, e."time", g.position as progress,
    e.key is not null and exists (
      select from core.dead_letter d where d.tenant_id = p.tenant_id and d.subscriber = $1 and d.key = e.key
    ) as parked
  from (
    select q.position, q.tenant_id, q.event_id from core.event_position q
    where q.slot = l.slot and q.position > l.position and q.type = any($5::text[]) order by q.position limit $6
  ) p
  left join core.event e on e.tenant_id = p.tenant_id and e.id = p.event_id
  left join core.event_progress g on g.tenant_id = p.tenant_id and g.subscriber = $1
) w on true
order by l.slot, w.position`;

/** Moves cursors over windows whose tenants' progress is really there, and gives the slots back. */
const FINISH = `
update core.event_cursor c set position = greatest(c.position, f.moved), owner = null, leased_until = '-infinity'
from (
  select d.slot, case when bool_and(coalesce(g.position, 0) >= coalesce(d.due, 0)) then max(d.upto) else 0 end as moved
  from unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::bigint[]) d(slot, upto, tenant, due)
  left join core.event_progress g on g.tenant_id = d.tenant and g.subscriber = $1
  group by d.slot
) f, ${RELAXED}
where c.subscriber = $1 and c.slot = f.slot and c.owner = $2::uuid`;

const RENEW = `
update core.event_cursor c set leased_until = now() + $1::integer * interval '1 ms'
from unnest($3::text[], $4::smallint[]) h(subscriber, slot), ${RELAXED}
where c.subscriber = h.subscriber and c.slot = h.slot and c.owner = $2::uuid`;

/** Grows with every event that is placed anywhere. */
const HEADS = `select sum(next_position) as heads from core.event_slot`;

/** Pairs of subscriber and slot with something of interest that nobody holds. */
const READY = `
select c.subscriber, c.slot from core.event_cursor c join core.event_slot s on s.slot = c.slot
where c.subscriber = any($1::text[]) and s.next_position - 1 > c.position and c.leased_until < now() and exists (
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

interface ClaimRow extends Omit<EventRow, 'id' | 'position'> {
  readonly slot: number;
  readonly id: string | null;
  readonly position: string | null;
  readonly head: string;
  readonly tenant: string;
  readonly progress: string | null;
  readonly parked: boolean;
}

export interface Cursors {
  /** Makes the cursors of new subscribers. */
  ensure(subscribers: readonly Subscriber[]): Promise<void>;
  claim(subscriber: Subscriber, slots: readonly number[], most: number): Promise<Window[]>;
  finish(subscriber: string, finished: readonly Finished[]): Promise<void>;
  renew(held: readonly { subscriber: string; slot: number }[]): Promise<void>;
  /** A number that changes when events are placed, for knowing cheaply that there is nothing new. */
  heads(): Promise<number>;
  ready(subscribers: readonly Subscriber[]): Promise<{ subscriber: string; slot: number }[]>;
  skip(subscribers: readonly Subscriber[]): Promise<void>;
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
      const { rows } = await query<ClaimRow>(CLAIM, [id, slots, owner, leaseMs, types, most], 'events.claim');
      return toWindows(rows, most);
    },
    async finish(subscriber, finished) {
      const rows = finished.flatMap(toFinishedRows);
      const values = [
        subscriber,
        owner,
        rows.map(({ slot }) => slot),
        rows.map(({ end }) => end),
        rows.map(({ tenant }) => tenant),
        rows.map(({ due }) => due),
      ];
      await query(FINISH, values, 'events.finish');
    },
    async renew(held) {
      await query(RENEW, [leaseMs, owner, held.map(({ subscriber }) => subscriber), held.map(({ slot }) => slot)]);
    },
    async heads() {
      const { rows } = await query<{ heads: string }>(HEADS, [], 'events.heads');
      return Number(rows[0]?.heads ?? 0);
    },
    async ready(subscribers) {
      return (await query<{ subscriber: string; slot: number }>(READY, wanted(subscribers), 'events.ready')).rows;
    },
    async skip(subscribers) {
      await query(SKIP, wanted(subscribers));
    },
    async forget(subscriber) {
      await query('delete from core.event_cursor where subscriber = $1', [subscriber]);
      await query('delete from core.event_progress where subscriber = $1', [subscriber]);
      await query('delete from core.dead_letter where subscriber = $1', [subscriber]);
    },
  };
}

interface FinishedRow {
  readonly slot: number;
  readonly end: number;
  readonly tenant: string | null;
  readonly due: number | null;
}

/** One row per tenant whose progress is required; a window without any is one row. */
const toFinishedRows = ({ slot, end, tenants }: Finished): FinishedRow[] =>
  tenants.size === 0
    ? [{ slot, end, tenant: null, due: null }]
    : [...tenants].map(([tenant, due]) => ({ slot, end, tenant, due }));

function toWindows(rows: readonly ClaimRow[], most: number): Window[] {
  const bySlot = Map.groupBy(rows, ({ slot }) => slot);
  return [...bySlot].map(([slot, all]) => {
    // A position without an event outlived its partition; a slot without positions is one row of nulls.
    const full = all.length >= most && all[0]?.position !== null;
    const end = Number((full ? all.at(-1)?.position : all[0]?.head) ?? 0);
    return { slot, events: all.filter(isEvent).map(toWindowEvent), end, full };
  });
}

const isEvent = (row: ClaimRow): row is ClaimRow & EventRow => row.id !== null;

const toWindowEvent = (row: ClaimRow & EventRow): WindowEvent => ({
  ...toEvent(row),
  tenant: row.tenant,
  progress: row.progress === null ? undefined : Number(row.progress),
  parked: row.parked,
});
