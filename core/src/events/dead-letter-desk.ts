import type { Database, Tx } from '../data/index.ts';
import {
  COLUMNS,
  PROMOTE,
  toDeadLetter,
  type DeadLetter,
  type DeadLetterRow,
  type DeadLetterState,
} from './dead-letters.ts';
import { EventError } from './errors.ts';
import type { Witness } from './replay-records.ts';

const LIST = `
select ${COLUMNS} from core.dead_letter d
where d.tenant_id = $1 and ($2::text is null or d.subscriber = $2) and ($3::uuid is null or (d.event_id, d.subscriber) < ($3, $4))
  and ($5::text is null or d.state = $5) and ($6::text is null or d.key = $6)
order by d.event_id desc, d.subscriber desc limit $7`;

const GET = `select ${COLUMNS} from core.dead_letter d where d.tenant_id = $1 and d.subscriber = $2 and d.event_id = $3`;

const RETRY = `
update core.dead_letter set state = 'retrying', attempts = 0, next_attempt_at = $4
where tenant_id = $1 and subscriber = $2 and event_id = $3 and state in ('dead', 'retrying')`;

/** Heads only: those behind them follow by themselves. */
const RETRY_ALL = `
update core.dead_letter set state = 'retrying', attempts = 0, next_attempt_at = $4
where tenant_id = $1 and subscriber = $2 and state in ('dead', 'retrying') and ($3::text is null or key = $3)`;

const DISCARD = `delete from core.dead_letter where tenant_id = $1 and subscriber = $2 and event_id = $3 returning key`;

/** Dead heads of a key with everything behind them; without a key, whatever is dead and what waits behind it. */
const DISCARD_ALL = `
delete from core.dead_letter d where d.tenant_id = $1 and d.subscriber = $2 and ($3::text is null or d.key = $3)
  and (d.state = 'dead' or (d.state = 'behind' and exists (
    select from core.dead_letter h where h.tenant_id = $1 and h.subscriber = $2 and h.key = d.key and h.state = 'dead' and h.position < d.position)))`;

/** Which dead letters to show. */
export interface DeadLetterFilter {
  readonly subscriber?: string;
  readonly state?: DeadLetterState;
  readonly key?: string;
  /** The last one seen. */
  readonly after?: { readonly event: string; readonly subscriber: string };
  readonly limit?: number;
}

/** What people see of parked events, and what they can do about them. Each act may be witnessed in its own transaction. */
export interface DeadLetters {
  /** Newest first. */
  list(tenant: string, filter?: DeadLetterFilter): Promise<DeadLetter[]>;
  get(tenant: string, subscriber: string, eventId: string): Promise<DeadLetter>;
  /** Tries a dead event again, from the first attempt on. */
  retry(tenant: string, subscriber: string, eventId: string, witness?: Witness<void>): Promise<void>;
  /** The same with all of a subscriber, or all of one key; returns how many begin anew. */
  retryAll(tenant: string, subscriber: string, key?: string, witness?: Witness<number>): Promise<number>;
  /** Gives an event up; the ones behind it follow. */
  discard(tenant: string, subscriber: string, eventId: string, witness?: Witness<void>): Promise<void>;
  /** Gives up all that are dead, or those of one key, with what waits behind them; returns how many. */
  discardAll(tenant: string, subscriber: string, key?: string, witness?: Witness<number>): Promise<number>;
}

export function createDeadLetters(database: Database, now: () => number, wake: () => void): DeadLetters {
  const act = async <T>(tenant: string, witness: Witness<T> | undefined, run: (tx: Tx) => Promise<T>): Promise<T> => {
    const result = await database.withTenant({ tenant }, async (tx) => {
      const done = await run(tx);
      await witness?.(tx, done);
      return done;
    });
    wake();
    return result;
  };
  return {
    async list(tenant, { subscriber, state, key, after, limit = 50 } = {}) {
      const values = [
        tenant,
        subscriber ?? null,
        after?.event ?? null,
        after?.subscriber ?? null,
        state ?? null,
        key ?? null,
        limit,
      ];
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) => tx.query<DeadLetterRow>(LIST, values));
      return rows.map(toDeadLetter);
    },
    async get(tenant, subscriber, eventId) {
      const [row] = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<DeadLetterRow>(GET, [tenant, subscriber, eventId]),
      );
      if (!row) throw EventError.noDeadLetter(subscriber, eventId);
      return toDeadLetter(row);
    },
    retry: (tenant, subscriber, eventId, witness) =>
      act(tenant, witness, async (tx) => {
        const touched = await tx.execute(RETRY, [tenant, subscriber, eventId, new Date(now())]);
        if (touched === 0) throw EventError.noDeadLetter(subscriber, eventId);
      }),
    retryAll: (tenant, subscriber, key, witness) =>
      act(tenant, witness, (tx) => tx.execute(RETRY_ALL, [tenant, subscriber, key ?? null, new Date(now())])),
    discard: (tenant, subscriber, eventId, witness) =>
      act(tenant, witness, async (tx) => {
        const [row] = await tx.query<{ key: string | null }>(DISCARD, [tenant, subscriber, eventId]);
        if (!row) throw EventError.noDeadLetter(subscriber, eventId);
        if (row.key !== null) await tx.execute(PROMOTE, [tenant, subscriber, row.key, new Date(now())]);
      }),
    discardAll: (tenant, subscriber, key, witness) =>
      act(tenant, witness, (tx) => tx.execute(DISCARD_ALL, [tenant, subscriber, key ?? null])),
  };
}
