import type { Database } from '../data/index.ts';
import type { Subscriber } from './subscriber.ts';
import type { SystemQuery } from './system-query.ts';

const REMEMBER = `
insert into core.event_subscriber (id, types, mode, replay, seen_at)
select s.id, s.types, s.mode, s.replay, $2 from json_to_recordset($1::json) as s(id text, types text[], mode text, replay boolean)
on conflict (id) do update set types = excluded.types, mode = excluded.mode, replay = excluded.replay, seen_at = excluded.seen_at`;

const LIST = `
select s.id, s.types, s.mode, s.replay, s.seen_at as "seenAt",
  (select coalesce(sum(greatest(0, h.next_position - 1 - c.position)), 0) from core.event_cursor c join core.event_slot h on h.slot = c.slot where c.subscriber = s.id) as behind,
  (select min(p.placed_at) from core.event_cursor c
    cross join lateral (
      select q.placed_at from core.event_position q where q.slot = c.slot and q.position > c.position and q.type = any(s.types) order by q.position limit 1
    ) p where c.subscriber = s.id) as "oldest",
  d.retrying, d.behind_another as "behindAnother", d.dead
from core.event_subscriber s cross join lateral (
  select count(*) filter (where l.state = 'retrying') as retrying, count(*) filter (where l.state = 'behind') as behind_another,
    count(*) filter (where l.state = 'dead') as dead
  from core.dead_letter l where l.subscriber = s.id and ($1::uuid is null or l.tenant_id = $1)
) d order by s.id`;

/** How one subscriber is doing, over all tenants. */
export interface SubscriberState {
  readonly id: string;
  readonly types: readonly string[];
  readonly mode: 'each' | 'batch';
  readonly replay: boolean;
  readonly seenAt: Date;
  /** Positions between its cursors and the newest, those of no interest to it included. */
  readonly behind: number;
  /** When the oldest event was placed that it has not had yet; null when it has had all. */
  readonly oldest: Date | null;
  readonly retrying: number;
  readonly behindAnother: number;
  readonly dead: number;
}

/** Writes down who listens, so that tools and retention know it when its plugin does not run. */
export async function rememberSubscribers(
  query: SystemQuery,
  subscribers: readonly Subscriber[],
  now: number,
): Promise<void> {
  if (subscribers.length === 0) return;
  const rows = subscribers.map(({ id, types, mode, replay }) => ({ id, types, mode, replay: replay !== 'refuse' }));
  await query(REMEMBER, [JSON.stringify(rows), new Date(now)]);
}

/** Everybody who listens, and how far they are. For operators. */
export async function listSubscribers(database: Database): Promise<SubscriberState[]> {
  const rows = await database.system('list subscribers', (tx) =>
    tx.query<Omit<SubscriberState, 'behind'> & { behind: string }>(LIST, [null]),
  );
  // `sum` of whole numbers comes as text.
  return rows.map((row) => ({ ...row, behind: Number(row.behind) }));
}
