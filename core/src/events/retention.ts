import { EVENT_RETENTION_DAYS } from './limits.ts';
import type { SystemQuery } from './system-query.ts';

const DAY_MS = 86_400_000;
const CHUNK = 5000;

/** Positions of a slot grow with time, so the oldest are the first of the key; deleted in short transactions. */
const RETIRE = `
delete from core.event_position p using (
  select q.slot, q.position from core.event_slot s cross join lateral (
    select e.slot, e.position, e.placed_at from core.event_position e where e.slot = s.slot order by e.position limit $2
  ) q where q.placed_at < $1
) old where p.slot = old.slot and p.position = old.position`;

const RETIRE_LETTERS = `
delete from core.dead_letter d using (
  select o.tenant_id, o.subscriber, o.event_id from core.dead_letter o where o.parked_at < $1 limit $2
) old where d.tenant_id = old.tenant_id and d.subscriber = old.subscriber and d.event_id = old.event_id`;

/** Removes positions whose events are past their time (partitions of events are dropped by the data room) and dead letters as old, and says how many. */
export async function retire(query: SystemQuery, now: number): Promise<number> {
  const before = new Date(now - EVENT_RETENTION_DAYS * DAY_MS);
  let total = 0;
  for (const sql of [RETIRE, RETIRE_LETTERS]) {
    for (let gone = 1; gone > 0; total += gone) {
      gone = (await query(sql, [before, CHUNK])).rowCount ?? 0;
    }
  }
  return total;
}
