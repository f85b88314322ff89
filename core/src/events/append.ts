import { uuidv7 } from '@podlift/sdk';
import type { Tx } from '../data/index.ts';
import { EventError } from './errors.ts';
import { slotOf, type NewEvent } from './event.ts';
import { MAX_PAYLOAD_BYTES } from './limits.ts';

/** One statement, one parameter for all rows. `on conflict` makes an id that is there already a no-op, and Citus take it under row-level security. */
const APPEND = `
with appended as (
  insert into core.event (tenant_id, id, type, source, key, payload, "time")
  select $1, e.id, e.type, e.source, e.key, e.payload, $4
  from rows from (json_to_recordset($2::json) as (id uuid, type text, source text, key text, payload jsonb)) with ordinality
    as e(id, type, source, key, payload, n)
  order by e.n
  on conflict do nothing returning id, type
)
insert into core.event_pending (slot, tenant_id, event_id, type)
select $3, $1, a.id, a.type from appended a`;

/**
 * Writes events in the caller's transaction, so that they happen if and only if it commits. Append last: events of one key are in the
 * order of their appends, and that is the order of the changes only when the changed rows are locked by then.
 *
 * Afterwards, when the transaction has committed, call `bus.wake()`; without it the events leave with the next poll.
 * @returns the ids, in the order of `events`.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[], now: number = Date.now()): Promise<string[]> {
  if (events.length === 0) return [];
  const ids = events.map((event) => event.id ?? uuidv7());
  const rows = events.map((event, i) => toRow(event, ids[i] ?? ''));
  await tx.execute(APPEND, [tx.tenant, `[${rows.join(',')}]`, slotOf(tx.tenant), new Date(now)], 'events.append');
  return ids;
}

/** The payload is serialised once; its text is put into the row as it is. */
function toRow({ type, source, key, payload }: NewEvent, id: string): string {
  const text = JSON.stringify(payload ?? null) as string | undefined;
  if (text === undefined) throw EventError.invalid(type, 'its payload is not JSON');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PAYLOAD_BYTES) throw EventError.tooLarge(type, bytes, MAX_PAYLOAD_BYTES);
  return `{"id":${JSON.stringify(id)},"type":${JSON.stringify(type)},"source":${JSON.stringify(source)},"key":${JSON.stringify(key ?? null)},"payload":${text}}`;
}
