import type { Tx } from '../data/index.ts';
import { EventError } from './errors.ts';
import { toEvent, type EventRow, type StoredEvent } from './event.ts';
import { describe } from './failure.ts';
import { attemptsOf, backoff, type Subscriber } from './subscriber.ts';
import type { SystemQuery } from './system-query.ts';

/** `retrying` is tried again at `nextAttemptAt`; `behind` waits for an earlier event of its key; `dead` waits for a person. */
export type DeadLetterState = 'retrying' | 'behind' | 'dead';

/** An event that a subscriber could not take, or that waits behind one of the same key. */
export interface DeadLetter {
  readonly subscriber: string;
  readonly event: StoredEvent;
  readonly state: DeadLetterState;
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly error: string | undefined;
  readonly parkedAt: Date;
  /** The replay that brought it. */
  readonly replay: string | undefined;
}

/** A row of the table. */
export interface DeadLetterRow extends EventRow {
  readonly tenant: string;
  readonly subscriber: string;
  readonly state: DeadLetterState;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly error: string | null;
  readonly parked_at: Date;
  readonly replay: string | null;
}

/** A dead letter whose turn it is, with the lease on it. */
export interface DueLetter extends DeadLetter {
  readonly tenant: string;
}

export const COLUMNS = `d.subscriber, d.event_id as id, d.position, d.type, d.source, d.key, d.payload, d."time", d.state, d.attempts,
  d.next_attempt_at, d.error, d.parked_at, d.replay`;

const PARK = `
insert into core.dead_letter (tenant_id, subscriber, event_id, position, type, source, key, payload, "time", state, attempts,
  next_attempt_at, error, parked_at, replay)
values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`;

/** Waits for a head that is being settled right now, so that nobody is left behind a head that has gone. */
const HEAD = `
select position from core.dead_letter where tenant_id = $1 and subscriber = $2 and key = $3 order by position limit 1 for share`;

const SETTLE = `
delete from core.dead_letter where tenant_id = $1 and subscriber = $2 and event_id = $3 and attempts = $4 returning key`;

/** The next of the key becomes its head. A statement of its own: it sees whoever was parked until now. */
export const PROMOTE = `
update core.dead_letter set state = 'retrying', next_attempt_at = $4
where tenant_id = $1 and subscriber = $2 and key = $3 and state = 'behind' and event_id = (
  select d.event_id from core.dead_letter d where d.tenant_id = $1 and d.subscriber = $2 and d.key = $3 order by d.position limit 1)`;

const FAIL = `
update core.dead_letter set attempts = $4 + 1, state = $5, next_attempt_at = $6, error = $7
where tenant_id = $1 and subscriber = $2 and event_id = $3 and attempts = $4`;

/** Takes heads whose time has come; `next_attempt_at` doubles as the lease. The index on it starts with the tenant and is skip-scanned. */
const CLAIM_DUE = `
update core.dead_letter d set next_attempt_at = $2
from (
  select h.tenant_id, h.subscriber, h.event_id from core.dead_letter h
  where h.state = 'retrying' and h.next_attempt_at <= $4 and h.subscriber = any($1::text[]) and not exists (
    select from core.dead_letter b
    where b.tenant_id = h.tenant_id and b.subscriber = h.subscriber and b.key = h.key and b.position < h.position)
  order by h.next_attempt_at limit $3
) due
where d.tenant_id = due.tenant_id and d.subscriber = due.subscriber and d.event_id = due.event_id
  and d.state = 'retrying' and d.next_attempt_at <= $4
returning d.tenant_id as tenant, ${COLUMNS}`;

const RELEASE = `
update core.dead_letter set next_attempt_at = $5 where tenant_id = $1 and subscriber = $2 and event_id = $3 and attempts = $4`;

type ParkedEvent = StoredEvent & { readonly error?: unknown };

/** Parks a failed event: it is tried again after a pause, and later events of its key wait behind it. */
export async function parkFailed(
  tx: Tx,
  subscriber: Subscriber,
  event: ParkedEvent,
  now: number,
  replay?: string,
): Promise<void> {
  const dead = attemptsOf(subscriber) <= 1;
  await insert(tx, subscriber.id, event, dead ? 'dead' : 'retrying', 1, now + backoff(subscriber, 1), now, replay);
}

/** Parks an event behind an earlier one of its key; when that has gone meanwhile, its own turn comes at once. */
export async function parkBehind(
  tx: Tx,
  subscriber: Subscriber,
  event: StoredEvent,
  now: number,
  replay?: string,
): Promise<void> {
  const [head] = await tx.query<{ position: number }>(HEAD, [tx.tenant, subscriber.id, event.key]);
  // A replay may bring one from before the head: then it is the head.
  const behind = head !== undefined && head.position < event.position;
  await insert(tx, subscriber.id, event, behind ? 'behind' : 'retrying', 0, now, now, replay);
}

async function insert(
  tx: Tx,
  subscriber: string,
  event: ParkedEvent,
  state: DeadLetterState,
  attempts: number,
  next: number,
  now: number,
  replay?: string,
): Promise<void> {
  await tx.execute(PARK, [
    tx.tenant,
    subscriber,
    event.id,
    event.position,
    event.type,
    event.source,
    event.key ?? null,
    JSON.stringify(event.payload ?? null),
    event.time,
    state,
    attempts,
    new Date(next),
    event.error === undefined ? null : describe(event.error),
    new Date(now),
    replay ?? null,
  ]);
}

/** Removes a delivered letter and lets the next of its key follow. Throws when it was delivered elsewhere. */
export async function settle(tx: Tx, letter: DueLetter, now: number): Promise<void> {
  const { subscriber, event, attempts } = letter;
  const gone = await tx.query<{ key: string | null }>(SETTLE, [tx.tenant, subscriber, event.id, attempts]);
  const [row] = gone;
  if (!row) throw EventError.lost(subscriber);
  if (row.key !== null) await tx.execute(PROMOTE, [tx.tenant, subscriber, row.key, new Date(now)]);
}

/** Notes another failed attempt and says when the next one is due; undefined when it was the last. */
export async function fail(
  tx: Tx,
  subscriber: Subscriber,
  letter: DueLetter,
  error: unknown,
  now: number,
): Promise<number | undefined> {
  const failures = letter.attempts + 1;
  const dead = failures >= attemptsOf(subscriber);
  const next = now + backoff(subscriber, failures);
  await tx.execute(FAIL, [
    tx.tenant,
    subscriber.id,
    letter.event.id,
    letter.attempts,
    dead ? 'dead' : 'retrying',
    new Date(next),
    describe(error),
  ]);
  return dead ? undefined : next;
}

/** Gives a letter back without counting the attempt. */
export async function release(tx: Tx, letter: DueLetter, next: number): Promise<void> {
  await tx.execute(RELEASE, [tx.tenant, letter.subscriber, letter.event.id, letter.attempts, new Date(next)]);
}

export async function claimDue(
  query: SystemQuery,
  subscribers: readonly string[],
  now: number,
  leaseMs: number,
  most: number,
): Promise<DueLetter[]> {
  if (subscribers.length === 0) return [];
  const values = [subscribers, new Date(now + leaseMs), most, new Date(now)];
  const { rows } = await query<DeadLetterRow>(CLAIM_DUE, values, 'events.due');
  return rows.map((row) => ({ ...toDeadLetter(row), tenant: row.tenant }));
}

/** A row as people see it. */
export const toDeadLetter = (row: DeadLetterRow): DeadLetter => ({
  subscriber: row.subscriber,
  event: toEvent(row),
  state: row.state,
  attempts: row.attempts,
  nextAttemptAt: row.next_attempt_at,
  error: row.error ?? undefined,
  parkedAt: row.parked_at,
  replay: row.replay ?? undefined,
});
