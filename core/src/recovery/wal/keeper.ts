import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { connectClient } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';
import { explainDisk } from '../errors.ts';
import type { Destination } from '../store/destination.ts';
import { openLogArchive, type LogArchive } from './archive.ts';
import { formatLsn, isHistory, parseLsn, segmentName, segmentOf } from './segments.ts';

/** How the log of the database reaches the destination. */
export interface LogStatus {
  /** Whether another process keeps it. */
  readonly elsewhere: boolean;
  /** Bytes that were written and are not kept yet. */
  readonly lagBytes: number;
  /** When everything that had been written was kept. */
  readonly keptAt: number | undefined;
  /** Why it is not kept; undefined when it is. */
  readonly problem: string | undefined;
  /** Part of it was lost: only a new backup makes later moments reachable. */
  readonly broken: boolean;
}

/** Copies the log of the embedded database to the destination as it is written. */
export interface LogKeeper {
  /** Copies what is there now. Also happens by itself. */
  keepNow(): Promise<LogStatus>;
  status(): LogStatus;
  /** A backup was made since the log broke. */
  mend(): void;
  stop(): Promise<void>;
}

export interface LogKeeperOptions {
  readonly server: { readonly dir: string; url(database: string): string };
  readonly destination: Destination;
  readonly log: Log;
  /** 5 s when left out: what is lost at most when the disk of the database is. */
  readonly everyMs?: number;
}

const SLOT = 'podlift_log';
/** One process keeps the log; the others wait for it to end. */
const LOCK = 0x706f_6c67;
const EVERY_MS = 5000;
const BROKEN =
  'The destination was away for so long that the database dropped part of its log. Moments before the next backup may be out of reach.';

/** Starts to keep the log. Several processes may: one of them does it. */
export function startLogKeeper({ server, destination, log, everyMs = EVERY_MS }: LogKeeperOptions): LogKeeper {
  let admin: pg.Client | undefined;
  let archive: LogArchive | undefined;
  let status: LogStatus = { elsewhere: false, lagBytes: 0, keptAt: undefined, problem: undefined, broken: false };
  let last: string | undefined;
  let under: Promise<LogStatus> | undefined;

  async function connect(): Promise<pg.Client | undefined> {
    if (admin) return admin;
    const client = await connectClient(server.url('postgres'));
    client.on('end', () => void (admin === client && (admin = undefined)));
    const { rows } = await client.query<{ mine: boolean; id: string }>(
      `select pg_try_advisory_lock($1) as mine, (select system_identifier::text from pg_control_system()) as id`,
      [LOCK],
    );
    if (!rows[0]?.mine) {
      await client.end();
      return undefined;
    }
    archive = openLogArchive(destination, rows[0].id);
    return (admin = client);
  }

  async function tick(): Promise<LogStatus> {
    try {
      const client = await connect();
      if (!client || !archive) return (status = { ...status, elsewhere: true, problem: undefined });
      const kept = await keepLog(client, server.dir, archive, last);
      last = kept.lsn;
      if (kept.broke) log.warn(BROKEN);
      const broken = status.broken || kept.broke;
      status = { elsewhere: false, lagBytes: 0, keptAt: kept.at, problem: broken ? BROKEN : undefined, broken };
    } catch (thrown) {
      const error = explainDisk(destination.folder, thrown);
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== status.problem) log.warn({ err: error }, 'the log of the database is not kept');
      await admin?.end().catch(() => undefined);
      admin = undefined;
      status = { ...status, elsewhere: false, problem, lagBytes: await lag(server, last).catch(() => status.lagBytes) };
    }
    return status;
  }

  const keepNow = (): Promise<LogStatus> => (under ??= tick().finally(() => (under = undefined)));
  const timer = setInterval(() => void keepNow(), everyMs).unref();
  void keepNow();
  return {
    async keepNow() {
      await under;
      return keepNow();
    },
    status: () => status,
    mend: () => void (status = { ...status, broken: false, problem: status.broken ? undefined : status.problem }),
    async stop() {
      clearInterval(timer);
      await under;
      // What was written until now.
      if (admin) await keepNow();
      await admin?.end().catch(() => undefined);
    },
  };
}

const STATE = `
  select pg_current_wal_flush_lsn()::text as lsn, clock_timestamp() as at,
         ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int as timeline,
         (select setting::int from pg_settings where name = 'wal_segment_size') as "segmentBytes",
         (select restart_lsn::text from pg_replication_slots where slot_name = '${SLOT}') as kept,
         (select coalesce(wal_status, 'lost') from pg_replication_slots where slot_name = '${SLOT}') as slot`;

interface State {
  readonly lsn: string;
  readonly at: Date;
  readonly timeline: number;
  readonly segmentBytes: number;
  readonly kept: string | null;
  readonly slot: string | null;
}

/**
 * Copies every segment that the slot holds and the archive lacks, then the beginning of the current one, then lets the server
 * remove what was copied. A crash between any two of these repeats work and loses nothing. Returns how far it came.
 */
async function keepLog(admin: pg.Client, dir: string, archive: LogArchive, last: string | undefined) {
  let state = await readState(admin);
  const broke = state.slot === 'lost';
  if (broke) {
    await admin.query(`select pg_drop_replication_slot('${SLOT}')`);
    state = { ...state, slot: null };
  }
  if (state.slot === null) {
    await admin.query(`select pg_create_physical_replication_slot('${SLOT}', true)`);
    state = await readState(admin);
  }
  const { lsn, timeline, segmentBytes } = state;
  const at = state.at.getTime();
  if (lsn === last) {
    await archive.reached({ lsn, at: state.at.toISOString(), timeline });
    return { lsn, at, broke };
  }
  const wal = join(dir, 'pg_wal');
  const there = await archive.list();
  for (const name of (await readdir(wal)).filter(isHistory))
    if (!there.has(name)) await archive.keep(name, await readFile(join(wal, name)));
  const current = segmentOf(parseLsn(lsn), segmentBytes);
  for (let number = segmentOf(parseLsn(state.kept ?? lsn), segmentBytes); number < current; number++) {
    const name = segmentName(timeline, number, segmentBytes);
    if (!there.has(name)) await archive.keep(name, await readFile(join(wal, name)));
  }
  const used = Number(parseLsn(lsn) % BigInt(segmentBytes));
  if (used > 0) {
    const name = segmentName(timeline, current, segmentBytes);
    await archive.keepTail(name, await readHead(join(wal, name), used));
  }
  await archive.reached({ lsn, at: state.at.toISOString(), timeline });
  const start = current * BigInt(segmentBytes);
  if (parseLsn(state.kept ?? lsn) < start)
    await admin.query(`select pg_replication_slot_advance('${SLOT}', $1::pg_lsn)`, [formatLsn(start)]);
  return { lsn, at, broke };
}

async function readState(admin: pg.Client): Promise<State> {
  const { rows } = await admin.query<State & pg.QueryResultRow>(STATE);
  if (!rows[0]) throw new Error('The server says nothing of its log.');
  return rows[0];
}

async function readHead(path: string, bytes: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(head, 0, bytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function lag(server: LogKeeperOptions['server'], last: string | undefined): Promise<number> {
  const client = await connectClient(server.url('postgres'));
  try {
    const { lsn, kept } = await readState(client);
    return Number(parseLsn(lsn) - parseLsn(last ?? kept ?? lsn));
  } finally {
    await client.end();
  }
}

/** Lets go of the log where backups were switched off: the server would keep it for nobody. */
export async function dropLogSlot(server: LogKeeperOptions['server']): Promise<void> {
  const admin = await connectClient(server.url('postgres'));
  try {
    await admin.query(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${SLOT}' and not active`,
    );
  } finally {
    await admin.end();
  }
}
