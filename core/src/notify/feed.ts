import type { Pool } from 'pg';
import type { StreamMessage } from '../http/index.ts';
import type { Database } from '../data/index.ts';
import { changedSince, countUnread, inboxVersion, type InboxItem } from './inbox.ts';

/** Tells open streams that an inbox has changed: at once when it happened here, within a second when elsewhere. */
export interface InboxFeed {
  /** These inboxes changed, and that is committed. */
  changed(tenant: string, users: readonly string[]): void;
  /** What changed after an id of this stream, then what follows. A stream without an id begins with now. */
  follow(tenant: string, user: string, after: string | undefined, signal: AbortSignal): AsyncGenerator<StreamMessage>;
  stop(): void;
}

interface Waiter {
  readonly tenant: string;
  readonly user: string;
  readonly version: number;
  readonly wake: () => void;
}

const POLL_MS = 1000;
/** Changes at once of which each is told; of more it is only told that there are many. */
const MOST = 100;
const STAND = `select i.tenant_id as tenant, i.user_id as "user", i.version from core.inbox i
  join unnest($1::uuid[], $2::text[]) as w(tenant_id, user_id) on i.tenant_id = w.tenant_id and i.user_id = w.user_id`;

export interface InboxFeedDeps {
  readonly database: Pick<Database, 'withTenant' | 'pool'>;
  readonly toJson: (item: InboxItem) => unknown;
  readonly pollMs?: number;
}

/** One look per process and second for all streams, however many are open; none when none is. */
export function createInboxFeed({ database, toJson, pollMs = POLL_MS }: InboxFeedDeps): InboxFeed {
  const waiting = new Map<string, Set<Waiter>>();
  let timer: NodeJS.Timeout | undefined;
  const end = new AbortController();

  const keyOf = (tenant: string, user: string): string => `${tenant} ${user}`;
  const wake = (key: string, version?: number): void => {
    for (const waiter of waiting.get(key) ?? []) if (version === undefined || version > waiter.version) waiter.wake();
  };

  const look = async (): Promise<void> => {
    timer = undefined;
    const all = [...waiting.values()].flatMap((waiters) => [...waiters].slice(0, 1));
    if (all.length === 0 || end.signal.aborted) return;
    try {
      for (const { tenant, user, version } of await readStand(database.pool('system'), all))
        wake(keyOf(tenant, user), Number(version));
    } catch {
      // The database is away; the next look finds what changed meanwhile.
    }
    plan();
  };
  const plan = (): void => {
    if (waiting.size > 0 && !end.signal.aborted) timer ??= setTimeout(() => void look(), pollMs).unref();
  };

  const change = (tenant: string, user: string, version: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const key = keyOf(tenant, user);
      const done = (): void => {
        signal.removeEventListener('abort', done);
        const waiters = waiting.get(key);
        waiters?.delete(waiter);
        if (waiters?.size === 0) waiting.delete(key);
        resolve();
      };
      const waiter: Waiter = { tenant, user, version, wake: done };
      if (signal.aborted || end.signal.aborted) return resolve();
      waiting.set(key, (waiting.get(key) ?? new Set()).add(waiter));
      signal.addEventListener('abort', done, { once: true });
      plan();
    });

  return {
    changed(tenant, users) {
      for (const user of users) wake(keyOf(tenant, user));
    },
    async *follow(tenant, user, after, signal) {
      let version = after !== undefined && /^\d{1,15}$/.test(after) ? Number(after) : undefined;
      let unread: number | undefined;
      while (!signal.aborted && !end.signal.aborted) {
        const known = version;
        // Read together, so that the version is not newer than the items.
        const found = await database.withTenant({ tenant, readOnly: true }, async (tx) => {
          const stand = await inboxVersion(tx, user);
          const items = known === undefined || stand <= known ? [] : await changedSince(tx, user, known, MOST + 1);
          return { stand, items, unread: await countUnread(tx, user) };
        });
        const { items } = found;
        const last = items.at(-1)?.version;
        if (items.length > MOST) {
          version = Math.max(found.stand, last ?? 0);
          yield { id: String(version), event: 'refresh', data: { unread: found.unread } };
        } else {
          for (const [at, { version: own, item }] of items.entries()) {
            // Messages of one version are one change: only the last of them is a place to come back to.
            const closes = items[at + 1]?.version !== own;
            yield { ...(closes && { id: String(own) }), event: 'item', data: toJson(item) };
          }
          version = Math.max(known ?? 0, found.stand, last ?? 0);
        }
        if (found.unread !== unread && items.length <= MOST)
          yield { id: String(version), event: 'unread', data: { unread: found.unread } };
        unread = found.unread;
        await change(tenant, user, version, signal);
      }
    },
    stop() {
      end.abort();
      clearTimeout(timer);
      for (const waiters of waiting.values()) for (const waiter of waiters) waiter.wake();
    },
  };
}

async function readStand(pool: Pool, waiters: readonly Waiter[]) {
  const values = [waiters.map(({ tenant }) => tenant), waiters.map(({ user }) => user)];
  return (await pool.query<{ tenant: string; user: string; version: string }>(STAND, values)).rows;
}
