import type { Log } from '../telemetry/index.ts';
import { toEvent, type EventRow } from './event.ts';
import { deliverTenant, type DeliveryHost } from './deliver.ts';
import type { WaitingEvent } from './cursors.ts';
import { describe, isTransient } from './failure.ts';
import type { Pool } from './pool.ts';
import {
  advanceReplay,
  claimReplays,
  countFailed,
  endReplay,
  pauseReplay,
  type ClaimedReplay,
} from './replay-records.ts';
import { DEFAULT_BATCH_SIZE, type Subscriber } from './subscriber.ts';
import type { SystemQuery } from './system-query.ts';

/** Replays that one node works on at a time. */
const AT_ONCE = 4;
/** Deliveries of replays to one subscriber at the same time: what is new goes first. */
const MOST = 2;
/** Positions that are looked at by one statement. */
const SCAN = 2000;
const PAUSE_MS = 5000;
const BATCH_BYTES = 1 << 20;

/** The next of a replay's events, and how far was looked. */
const LOAD = `
with scanned as (
  select q.position, q.event_id from core.event_position q
  where q.tenant_id = $2 and q.position > $4 and q.position <= $5 and q.type = any($3::text[]) order by q.position limit ${SCAN}
), matching as (
  select p.position, e.id, e.type, e.source, e.key, e.payload, e."time",
    sum(pg_column_size(e.payload)) over (order by p.position) - pg_column_size(e.payload) as before
  from scanned p join core.event e on e.tenant_id = $2 and e.id = p.event_id
  where ($6::text is null or e.key = $6) and ($7::timestamptz is null or e."time" >= $7) and ($8::timestamptz is null or e."time" < $8)
), taken as (
  select * from matching m where m.before <= ${BATCH_BYTES} order by m.position limit $9
)
select s.scanned, s.last, s.matching, t.*, t.key is not null and exists (
  select from core.dead_letter d where d.tenant_id = $2 and d.subscriber = $1 and d.key = t.key
) as parked
from (
  select (select count(*) from scanned)::integer as scanned, (select max(position) from scanned) as last, (select count(*) from matching)::integer as matching
) s left join taken t on true order by t.position`;

interface Row extends Omit<EventRow, 'id' | 'position'> {
  readonly id: string | null;
  readonly position: string | number | null;
  readonly parked: boolean;
  readonly scanned: number;
  readonly last: string | number | null;
  readonly matching: number;
}

/** Brings subscribers what they have had already, because a person asked for it. */
export interface Replayer {
  /** Looks for replays whose turn it is; returns how many are under way. */
  run(): Promise<number>;
  /** Resolves when none is under way on this node. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReplayerOptions {
  readonly host: DeliveryHost;
  readonly query: SystemQuery;
  readonly pool: Pool;
  readonly log: Log;
  readonly node: string;
  readonly find: (subscriber: string) => Subscriber | undefined;
  readonly subscribers: () => readonly string[];
  readonly leaseMs: number;
}

/**
 * A replay is a mark of its own that moves in the transaction of the effects: each event is brought once per replay, whatever
 * crashes, and a replay goes on where it was. What fails is parked, like any other event.
 */
export function createReplayer(options: ReplayerOptions): Replayer {
  const { host, query, pool, log, node, find, subscribers, leaseMs } = options;
  const running = new Set<Promise<void>>();
  let looking: Promise<number> | undefined;
  let stopped = false;

  const look = async (): Promise<number> => {
    const room = AT_ONCE - running.size;
    if (room > 0 && !stopped) {
      const claimed = await claimReplays(query, subscribers(), node, host.now(), leaseMs, room);
      for (const replay of claimed) {
        const work = bring(replay);
        running.add(work);
        void work.finally(() => {
          running.delete(work);
          if (!stopped) void run().catch(() => undefined);
        });
      }
    }
    return running.size;
  };

  const run = (): Promise<number> => {
    looking ??= look().finally(() => (looking = undefined));
    return looking;
  };

  const aside = (replay: ClaimedReplay, until: number, why: string | null): Promise<unknown> =>
    host.database
      .withTenant({ tenant: replay.tenant }, (tx) => pauseReplay(tx, replay, until, why))
      .catch((failed: unknown) => log.debug({ err: failed }, 'A replay could not be put aside; its lease runs out'));

  /** Never throws: a replay that cannot go on is left alone for a while. */
  const bring = async (replay: ClaimedReplay): Promise<void> => {
    const { tenant, subscriber: id } = replay;
    try {
      for (let position: number | undefined = replay.position; position !== undefined;) {
        const from: number = position;
        // Somebody else goes on at once.
        if (stopped) return void (await aside(replay, host.now(), null));
        const subscriber = find(id);
        if (!subscriber) return;
        position = await pool.run({ subscriber: `${id} replay`, tenant, most: MOST }, () =>
          step(subscriber, replay, from),
        );
      }
    } catch (error) {
      const text = describe(error);
      if (!isTransient(error))
        log.error({ err: error, replay: replay.id }, 'A replay failed outside of its subscriber');
      await aside(replay, host.now() + PAUSE_MS, text);
    }
  };

  /** One batch. Returns where to go on; undefined when it has ended, or somebody else goes on with it. */
  const step = async (subscriber: Subscriber, replay: ClaimedReplay, from: number): Promise<number | undefined> => {
    const { database, now } = host;
    const { tenant } = replay;
    const end = (state: 'done' | 'refused' | 'cancelled', error?: string) =>
      database.withTenant({ tenant }, (tx) => endReplay(tx, replay, state, now(), error));
    if (subscriber.replay === 'refuse') return void (await end('refused', 'The handler takes no replays.'));
    if (subscriber.wants && !(await subscriber.wants(tenant)))
      return void (await end('cancelled', 'The tenant does not want these events now.'));
    const { events, upTo } = await load(subscriber, replay, from);
    const count = (after: number, to: number) =>
      events.filter(({ position }) => position > after && position <= to).length;
    const done = await deliverTenant({ ...host, replay: replay.id }, subscriber, tenant, events, {
      from,
      async move(tx, before, to) {
        const start = before ?? from;
        await advanceReplay(tx, replay, start, to, count(start, to), now() + leaseMs);
      },
    });
    await database.withTenant({ tenant }, async (tx) => {
      if (done.failed > 0) await countFailed(tx, replay, done.failed);
      if (upTo > (done.progress ?? from))
        await advanceReplay(tx, replay, done.progress ?? from, upTo, 0, now() + leaseMs);
      if (upTo >= replay.last) await endReplay(tx, replay, 'done', now());
    });
    return upTo >= replay.last ? undefined : upTo;
  };

  const load = async (
    { id, types, batchSize = DEFAULT_BATCH_SIZE }: Subscriber,
    replay: ClaimedReplay,
    from: number,
  ): Promise<{ events: WaitingEvent[]; upTo: number }> => {
    const { tenant, last, key, since, until } = replay;
    const wanted = replay.types ?? types;
    const values = [id, tenant, wanted, from, last, key ?? null, since ?? null, until ?? null, batchSize];
    const { rows } = await query<Row>(LOAD, values, 'events.replay');
    const there = rows.filter(isEvent);
    const [first] = rows;
    const all = there.length === (first?.matching ?? 0);
    const looked = (first?.scanned ?? 0) < SCAN ? last : Number(first?.last ?? last);
    return {
      events: there.map((row) => ({ ...toEvent(row), parked: row.parked })),
      upTo: all ? looked : Number(there.at(-1)?.position ?? last),
    };
  };

  return {
    run,
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    async stop() {
      stopped = true;
      await looking?.catch(() => undefined);
      await Promise.all(running);
    },
  };
}

const isEvent = (row: Row): row is Row & EventRow => row.id !== null && row.position !== null;
