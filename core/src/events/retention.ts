import { ABANDONED_DAYS, EVENT_RETENTION_DAYS } from './limits.ts';
import type { SystemQuery } from './system-query.ts';

const DAY_MS = 86_400_000;
const CHUNK = 5000;
/** An event is written some time before it gets its position: as long as its transaction takes. */
const SLACK_MS = DAY_MS;

/**
 * Up to where everybody has had the events of a slot \`s\`: whoever was seen since \`$1\`, and replays that are under way. A handler
 * that is gone for longer holds nothing back.
 */
const FLOOR = `
cross join lateral (
  select least(
    (select min(c.position) from core.event_cursor c join core.event_subscriber u on u.id = c.subscriber
      where c.slot = s.slot and u.seen_at > $1),
    (select min(r.position) from core.event_replay r where r.state = 'running' and core.event_slot_of(r.tenant_id) = s.slot),
    s.next_position - 1) as floor
) f`;

/** Positions of a slot grow with time, so the oldest are the first of the key; deleted in short transactions. */
const RETIRE = `
delete from core.event_position p using (
  select q.slot, q.position from core.event_slot s ${FLOOR} cross join lateral (
    select e.slot, e.position, e.placed_at from core.event_position e where e.slot = s.slot order by e.position limit $3
  ) q where q.placed_at < $2 and q.position <= f.floor
) old where p.slot = old.slot and p.position = old.position`;

const OLDEST = `
select min(q.placed_at) as oldest from core.event_slot s ${FLOOR} cross join lateral (
  select e.placed_at from core.event_position e where e.slot = s.slot and e.position > f.floor order by e.position limit 1
) q`;

/** Only what waits for a person who never came. */
const RETIRE_LETTERS = `
delete from core.dead_letter d using (
  select o.tenant_id, o.subscriber, o.event_id from core.dead_letter o where o.parked_at < $1 and o.state = 'dead' limit $2
) old where d.tenant_id = old.tenant_id and d.subscriber = old.subscriber and d.event_id = old.event_id`;

/** Whoever waited behind one of them has its turn. */
const PROMOTE = `
update core.dead_letter d set state = 'retrying', next_attempt_at = $1
where d.state = 'behind' and not exists (
  select from core.dead_letter b
  where b.tenant_id = d.tenant_id and b.subscriber = d.subscriber and b.key = d.key and b.position < d.position)`;

const RETIRE_REPLAYS = `
delete from core.event_replay r using (
  select o.tenant_id, o.id from core.event_replay o where o.ended_at < $1 limit $2
) old where r.tenant_id = old.tenant_id and r.id = old.id`;

const repeat = async (query: SystemQuery, sql: string, values: readonly unknown[]): Promise<number> => {
  let total = 0;
  for (let gone = 1; gone > 0; total += gone) gone = (await query(sql, [...values, CHUNK])).rowCount ?? 0;
  return total;
};

/**
 * Removes positions whose events are past their time, dead letters that nobody looked after as long, and ended replays; says
 * how many. What somebody who listens has not had yet stays, however old.
 */
export async function retire(query: SystemQuery, now: number): Promise<number> {
  const before = new Date(now - EVENT_RETENTION_DAYS * DAY_MS);
  const positions = await repeat(query, RETIRE, [seenSince(now), before]);
  const letters = await repeat(query, RETIRE_LETTERS, [before]);
  if (letters > 0) await query(PROMOTE, [new Date(now)]);
  return positions + letters + (await repeat(query, RETIRE_REPLAYS, [before]));
}

/** Events from this time on are still needed by somebody who listens; undefined when everybody has had everything. */
export async function oldestNeeded(query: SystemQuery, now: number): Promise<number | undefined> {
  const { rows } = await query<{ oldest: Date | null }>(OLDEST, [seenSince(now)]);
  const oldest = rows[0]?.oldest;
  return oldest ? oldest.getTime() - SLACK_MS : undefined;
}

const seenSince = (now: number): Date => new Date(now - ABANDONED_DAYS * DAY_MS);
