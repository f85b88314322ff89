import type { Database } from '../data/index.ts';
import { EVENT_RETENTION_DAYS } from './limits.ts';

const DAY_MS = 86_400_000;
const CHUNK = 5000;

/** Positions of a slot grow with time, so the oldest are the first of the key; deleted in short transactions. */
const RETIRE = `
delete from core.event_position p using (
  select q.slot, q.position from core.event_slot s cross join lateral (
    select e.slot, e.position, e.placed_at from core.event_position e where e.slot = s.slot order by e.position limit $2
  ) q where q.placed_at < $1
) old where p.slot = old.slot and p.position = old.position`;

/** Removes positions whose events are past their time (partitions of events are dropped by the data room), and says how many. */
export async function retire(database: Database, now: number): Promise<number> {
  const before = new Date(now - EVENT_RETENTION_DAYS * DAY_MS);
  for (let total = 0; ;) {
    const { rowCount } = await database.pool('system').query(RETIRE, [before, CHUNK]);
    total += rowCount ?? 0;
    if (!rowCount) return total;
  }
}
