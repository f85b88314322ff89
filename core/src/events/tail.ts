import type { Database } from '../data/index.ts';
import { toEvent, type EventRow, type StoredEvent } from './event.ts';

export interface TailOptions {
  readonly types?: readonly string[];
  readonly limit?: number;
}

export interface TailedEvents {
  readonly events: readonly StoredEvent[];
  /** Give it to the next call; a stream's Last-Event-ID. */
  readonly next: number;
}

const TAIL = `
select t.pos as position, e.id, e.type, e.source, e.key, e.payload, e."time"
from core.tail_events($2, $3, $4) t join core.event e on e.tenant_id = $1 and e.id = t.event_id
order by t.pos`;

/** A tenant's events after a position, oldest first; without a position, none but where the stream stands now. */
export async function tail(
  database: Database,
  tenant: string,
  after: number | undefined,
  { types, limit = 100 }: TailOptions = {},
): Promise<TailedEvents> {
  return database.withTenant({ tenant, readOnly: true }, async (tx) => {
    if (after === undefined) {
      const [head] = await tx.query<{ head: string | number }>('select core.tail_head() as head');
      return { events: [], next: Number(head?.head ?? 0) };
    }
    const rows = await tx.query<EventRow>(TAIL, [tenant, after, types ?? null, limit]);
    const events = rows.map(toEvent);
    return { events, next: events.at(-1)?.position ?? after };
  });
}
