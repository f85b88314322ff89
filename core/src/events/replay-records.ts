import { uuidv7 } from '@podlift/sdk';
import type { Database, Tx } from '../data/index.ts';
import { EventError } from './errors.ts';
import type { SystemQuery } from './system-query.ts';

/** `refused`: the handler that runs now takes no replays. */
export type ReplayState = 'running' | 'done' | 'cancelled' | 'refused';

/** Which of a subscriber's events of a tenant are to be brought once more. */
export interface ReplayRequest {
  readonly subscriber: string;
  /** The subscriber's own when absent. */
  readonly types?: readonly string[];
  readonly key?: string;
  readonly since?: Date;
  readonly until?: Date;
  /** Positions, both included. */
  readonly first?: number;
  readonly last?: number;
  readonly reason?: string;
  /** Who asked for it. */
  readonly actor: string;
}

/** A replay at one tenant. */
export interface Replay {
  readonly id: string;
  readonly subscriber: string;
  readonly types: readonly string[] | undefined;
  readonly key: string | undefined;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  /** Where it began, where it ends, and how far it is. */
  readonly first: number;
  readonly last: number;
  readonly position: number;
  readonly total: number;
  readonly handled: number;
  readonly failed: number;
  readonly state: ReplayState;
  readonly reason: string | undefined;
  /** Why it does not go on for the moment. */
  readonly error: string | undefined;
  readonly actor: string;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

type Nullable<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

export interface ReplayRow extends Omit<Nullable<Replay>, 'createdAt' | 'endedAt'> {
  readonly tenant: string;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

const COLUMNS = `r.tenant_id as tenant, r.id, r.subscriber, r.types, r.key, r.since, r.until, r.first, r.last, r.position, r.total, r.handled,
  r.failed, r.state, r.reason, r.error, r.actor, r.created_at, r.ended_at`;

const KNOWN = 'select types, replay from core.event_subscriber where id = $1';
const BOUND = `
select greatest(core.replay_bound($2), (select position from core.event_progress where tenant_id = $1 and subscriber = $2)) as bound`;
const MEASURE = 'select total, lowest, highest from core.replay_measure($1, $2, $3, $4, $5, $6)';
const INSERT = `
insert into core.event_replay (tenant_id, id, subscriber, types, key, since, until, first, last, position, total, state, reason, actor, created_at, ended_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`;
const GET = `select ${COLUMNS} from core.event_replay r where r.tenant_id = $1 and r.id = $2`;
const LIST = `
select ${COLUMNS} from core.event_replay r where r.tenant_id = $1 and ($2::uuid is null or r.id < $2) order by r.id desc limit $3`;
const TURN = `
update core.event_replay set state = $3, ended_at = $4, owner = null, leased_until = '-infinity', error = null
where tenant_id = $1 and id = $2 and state = any($5::text[]) returning 1`;

/** Takes replays whose turn it is. */
const CLAIM = `
update core.event_replay r set owner = $2::uuid, leased_until = $3
from (
  select q.tenant_id, q.id from core.event_replay q
  where q.state = 'running' and q.leased_until < $4 and q.subscriber = any($1::text[]) order by q.created_at, q.id limit $5 for update skip locked
) due where r.tenant_id = due.tenant_id and r.id = due.id returning ${COLUMNS}`;

/** Whatever stands here decides: of two processes that bring the same events only one moves it. */
const ADVANCE = `
update core.event_replay set position = $4, handled = handled + $5, leased_until = $6, error = null
where tenant_id = $1 and id = $2 and position = $3 and state = 'running' returning 1`;
const COUNT_FAILED = 'update core.event_replay set failed = failed + $3 where tenant_id = $1 and id = $2';
const END = `
update core.event_replay set state = $3, ended_at = $4, error = $5 where tenant_id = $1 and id = $2 and state = 'running'`;
const PAUSE = `
update core.event_replay set leased_until = $3, error = $4 where tenant_id = $1 and id = $2 and state = 'running'`;

/** What people do with replays. Whatever changes something may be witnessed in its own transaction. */
export interface Replays {
  /**
   * Begins to bring a subscriber events that it has had. Those that it has not had yet come anyway and are left out.
   * @throws EventError `events.subscriber_unknown`, `events.replay_refused`, `events.replay_empty`.
   */
  start(tenant: string, request: ReplayRequest, witness?: Witness<Replay>): Promise<Replay>;
  get(tenant: string, id: string): Promise<Replay>;
  /** Newest first. */
  list(tenant: string, page?: { after?: string; limit?: number }): Promise<Replay[]>;
  /** What was brought stays; the rest is left. */
  cancel(tenant: string, id: string, witness?: Witness<Replay>): Promise<Replay>;
  /** Goes on where a cancelled one ended. */
  resume(tenant: string, id: string, witness?: Witness<Replay>): Promise<Replay>;
}

export type Witness<T> = (tx: Tx, what: T) => Promise<unknown>;

export function createReplays(database: Database, now: () => number, wake: () => void): Replays {
  const read = async (tx: Tx, id: string): Promise<Replay> => {
    const [row] = await tx.query<ReplayRow>(GET, [tx.tenant, id]);
    if (!row) throw EventError.noReplay(id);
    return toReplay(row);
  };

  const turn = async (
    tenant: string,
    id: string,
    to: ReplayState,
    from: readonly ReplayState[],
    witness?: Witness<Replay>,
  ): Promise<Replay> => {
    const turned = await database.withTenant({ tenant }, async (tx) => {
      const before = await read(tx, id);
      const ended = to === 'running' ? null : new Date(now());
      if ((await tx.query(TURN, [tenant, id, to, ended, from])).length === 0)
        throw EventError.replayState(id, before.state);
      const replay = await read(tx, id);
      await witness?.(tx, replay);
      return replay;
    });
    wake();
    return turned;
  };

  return {
    async start(tenant, request, witness) {
      const { subscriber, key, since, until, reason, actor } = request;
      const [known] = await database.query<{ types: string[]; replay: boolean }>(KNOWN, [subscriber]);
      if (!known) throw EventError.noSubscriber(subscriber);
      if (!known.replay) throw EventError.replayRefused(subscriber);
      const types = request.types?.filter((type) => known.types.includes(type)) ?? known.types;
      const replay = await database.withTenant({ tenant }, async (tx) => {
        const [bound] = await tx.query<{ bound: number | null }>(BOUND, [tenant, subscriber]);
        const last = Math.min(request.last ?? Number.MAX_SAFE_INTEGER, bound?.bound ?? 0);
        const first = request.first ?? 1;
        const filter = [types, key ?? null, since ?? null, until ?? null, first, last];
        const [size] = await tx.query<{ total: number; lowest: number | null; highest: number | null }>(
          MEASURE,
          filter,
        );
        if (!size || size.lowest === null || size.highest === null) throw EventError.replayEmpty(subscriber);
        const id = uuidv7(now());
        const range = [size.lowest, size.highest, size.lowest - 1, size.total];
        const about = ['running', reason ?? null, actor, new Date(now()), null];
        const only = [request.types ? types : null, key ?? null, since ?? null, until ?? null];
        await tx.execute(INSERT, [tenant, id, subscriber, ...only, ...range, ...about]);
        const made = await read(tx, id);
        await witness?.(tx, made);
        return made;
      });
      wake();
      return replay;
    },
    get: (tenant, id) => database.withTenant({ tenant, readOnly: true }, (tx) => read(tx, id)),
    async list(tenant, { after, limit = 50 } = {}) {
      const values = [tenant, after ?? null, limit];
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) => tx.query<ReplayRow>(LIST, values));
      return rows.map(toReplay);
    },
    cancel: (tenant, id, witness) => turn(tenant, id, 'cancelled', ['running'], witness),
    resume: (tenant, id, witness) => turn(tenant, id, 'running', ['cancelled', 'refused'], witness),
  };
}

/** A replay that a node works on. */
export interface ClaimedReplay extends Replay {
  readonly tenant: string;
}

export async function claimReplays(
  query: SystemQuery,
  subscribers: readonly string[],
  owner: string,
  now: number,
  leaseMs: number,
  most: number,
): Promise<ClaimedReplay[]> {
  if (subscribers.length === 0) return [];
  const values = [subscribers, owner, new Date(now + leaseMs), new Date(now), most];
  const { rows } = await query<ReplayRow>(CLAIM, values, 'events.replays');
  return rows.map((row) => ({ ...toReplay(row), tenant: row.tenant }));
}

/** Notes how far a replay is, in the transaction of its effects. @throws when somebody else was faster, or it was cancelled. */
export async function advanceReplay(
  tx: Tx,
  { id, subscriber }: Replay,
  from: number,
  to: number,
  handled: number,
  leasedUntil: number,
): Promise<void> {
  const moved = await tx.query(ADVANCE, [tx.tenant, id, from, to, handled, new Date(leasedUntil)]);
  if (moved.length === 0) throw EventError.lost(subscriber);
}

export const countFailed = (tx: Tx, { id }: Replay, failed: number): Promise<number> =>
  tx.execute(COUNT_FAILED, [tx.tenant, id, failed]);

export const endReplay = (tx: Tx, { id }: Replay, state: ReplayState, at: number, error?: string): Promise<number> =>
  tx.execute(END, [tx.tenant, id, state, new Date(at), error ?? null]);

/** Leaves it alone until then. */
export const pauseReplay = (tx: Tx, { id }: Replay, until: number, error: string | null): Promise<number> =>
  tx.execute(PAUSE, [tx.tenant, id, new Date(until), error]);

const toReplay = (row: ReplayRow): Replay => ({
  id: row.id,
  subscriber: row.subscriber,
  types: row.types ?? undefined,
  key: row.key ?? undefined,
  since: row.since ?? undefined,
  until: row.until ?? undefined,
  first: row.first,
  last: row.last,
  position: row.position,
  total: row.total,
  handled: row.handled,
  failed: row.failed,
  state: row.state,
  reason: row.reason ?? undefined,
  error: row.error ?? undefined,
  actor: row.actor,
  createdAt: row.created_at,
  endedAt: row.ended_at ?? undefined,
});
