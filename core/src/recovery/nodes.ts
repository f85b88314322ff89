import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { uuidv7 } from '@podlift/sdk';
import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Release } from './upgrade/plan.ts';
import { WORKS_WITH } from './version.ts';

/** A process of this installation that lives. */
export interface Node {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly role: string;
  readonly version: string;
  /** Tells sets of plugins apart. */
  readonly plugins: string;
  readonly startedAt: Date;
  readonly seenAt: Date;
}

const BEAT_MS = 15_000;
/** Four beats missed. */
const GONE_MS = 60_000;
/** Rows of processes that never said good-bye. */
const FORGET_MS = 24 * 3600_000;

const BEAT = `
  insert into core.node (id, host, pid, role, version, plugins, started_at, seen_at) values ($1, $2, $3, $4, $5, $6, now(), now())
  on conflict (id) do update set seen_at = now(), plugins = excluded.plugins`;
const LIST = `
  select id, host, pid, role, version, plugins, started_at as "startedAt", seen_at as "seenAt" from core.node
  where seen_at > now() - make_interval(secs => $1) order by started_at`;
const RELEASES = 'select version, works_with as "worksWith" from core.release';
const RELEASED = `insert into core.release (version, first_at, works_with) values ($1, $2, $3) on conflict (version) do nothing`;

/** Writes down that a version runs on this database. */
export const recordRelease = (database: Pick<Database, 'query'>, version: string, now: number): Promise<unknown> =>
  database.query(RELEASED, [version, new Date(now), WORKS_WITH]);

/** Versions that ran on this database, with what they said of older ones. */
export const listReleases = (database: Pick<Database, 'query'>): Promise<Release[]> =>
  database.query<Release>(RELEASES);

export const listNodes = (database: Pick<Database, 'query'>): Promise<Node[]> =>
  database.query<Node>(LIST, [GONE_MS / 1000]);

/** Says every few seconds that this process lives, and which version of what it runs. Returns how to stop. */
export function announceNode(options: {
  readonly database: Pick<Database, 'query'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly role: string;
  readonly version: string;
  readonly plugins: () => readonly { readonly id: string; readonly version: string }[];
}): () => Promise<void> {
  const { database, log, version, role } = options;
  const id = uuidv7();
  const beat = async (): Promise<void> => {
    const set = options.plugins().map((one) => `${one.id}@${one.version}`);
    const plugins = hash('sha256', set.toSorted().join(), 'hex').slice(0, 12);
    await database.query(BEAT, [id, hostname(), process.pid, role, version, plugins]);
  };
  const tell = (error: unknown): void => log.debug({ err: error }, 'this process could not say that it lives');
  void recordRelease(database, version, options.clock.now()).catch(tell);
  void database
    .query('delete from core.node where seen_at < now() - make_interval(secs => $1)', [FORGET_MS / 1000])
    .catch(tell);
  const first = beat().catch(tell);
  const timer = setInterval(() => void beat().catch(tell), BEAT_MS).unref();
  return async () => {
    clearInterval(timer);
    await first;
    await database.query('delete from core.node where id = $1', [id]).catch(tell);
  };
}
