import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../telemetry/index.ts';
import { DataError } from './errors.ts';

/** The same server and database, as another user. */
export function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  if (changed.host === '') {
    // A socket: `postgres:///podlift?host=/run/postgresql` has no place for a user before the host.
    changed.searchParams.set('user', user);
    changed.searchParams.set('password', password);
    return changed.href;
  }
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return changed.href;
}

export const databaseName = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1)) || 'postgres';

/** `db.example.com:5432/podlift`: what may be shown of a connection string. */
export function shownUrl(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`;
}

/** A connection of its own, outside every pool. */
export async function connectClient(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'podlift',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Connects, waiting for a database that is not up yet. Says so once, gives up after `timeoutMs`; a wrong password does not wait. */
export async function connectPatiently(url: string, timeoutMs: number, log: Log): Promise<pg.Client> {
  const until = Date.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS, attempt = 1; ; attempt++, pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await connectClient(url);
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (Date.now() + pause > until) {
        throw new DataError(
          'database_unreachable',
          `The database ${shownUrl(url)} did not answer within ${Math.round(timeoutMs / 1000)} s (${reasonOf(error)}). Start it, or correct DATABASE_URL.`,
          { cause: error },
        );
      }
      if (attempt === 1)
        log.warn({ database: shownUrl(url), reason: reasonOf(error) }, 'The database does not answer; waiting for it');
      await sleep(pause);
    }
  }
}

const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
  '08P01',
]);

/** Whether waiting may help: the server is not there, starts, stops or is full. */
export function isPassing(error: unknown): boolean {
  const { message } = error as { message?: string };
  return isAway(error) || /timeout/i.test(message ?? '');
}

/** What the driver says without a code when a connection was lost or did not come. */
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;
/** Causes further away are not looked at. */
const MAX_CAUSES = 4;

/** `53100`: a file could not grow. */
const DISK_FULL = '53100';

/** Whether a failure means that the database cannot be reached just now, whatever was asked of it. */
export const isAway = (error: unknown): boolean =>
  causesOf(error).some(
    (one) => ('code' in one && typeof one.code === 'string' && PASSING.has(one.code)) || LOST.test(one.message),
  );

/** Whether a failure means that the disk of the database is full. */
export const isDiskFull = (error: unknown): boolean =>
  causesOf(error).some((one) => 'code' in one && one.code === DISK_FULL);

/** A zero byte or half a character, in a text (`22021`) or in JSON (`22P05`, or `22P02` with a detail that says so). */
const UNSTORABLE = new Set(['22021', '22P05', 'text_unstorable']);

/** Whether a failure means that a text was given that PostgreSQL cannot keep. */
export const isUnstorable = (error: unknown): boolean =>
  causesOf(error).some(
    (one) =>
      'code' in one &&
      typeof one.code === 'string' &&
      (UNSTORABLE.has(one.code) || (one.code === '22P02' && 'detail' in one && /surrogate/.test(String(one.detail)))),
  );

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let at = error; at instanceof Error && causes.length < MAX_CAUSES; at = at.cause) causes.push(at);
  return causes;
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return message || code || String(error);
}
