import { execFileSync, spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataError } from '../errors.ts';
import type { Account } from './account.ts';
import { freePort, isFree, readState, writeState, type ClusterState } from './cluster.ts';
import { explain } from './explain.ts';
import { birthOf, isAlive } from './lock.ts';
import type { Binaries } from './place.ts';

/** One cluster and how to run it. */
export interface Cluster {
  readonly dir: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly settings: Readonly<Record<string, string>>;
  /** How long a start may take: one that replays much of a log takes long. */
  readonly startMs?: number;
}

const START_MS = 60_000;
const STOP_MS = 15_000;
const LOG_LIMIT = 8 * 1024 * 1024;

/** Settings of a single node; TCP on this machine only, so that no socket path can be too long. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  lc_messages: 'C',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  // A backup that nobody takes away any more must not fill the disk with the log.
  max_slot_wal_keep_size: '8GB',
  recovery_init_sync_method: process.platform === 'linux' ? 'syncfs' : 'fsync',
  random_page_cost: '1.1',
  jit: 'off',
  // For `podlift database slow`: texts without values, and none of the statements that carry passwords.
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_utility': 'off',
};

/** Finds our server running, or starts it. Call it under the lock. Returns the process number of the server. */
export async function ensureRunning(cluster: Cluster): Promise<{ pid: number; state: ClusterState; reused: boolean }> {
  const found = await running(cluster.dir);
  if (found) return { ...found, reused: true };
  rmSync(join(cluster.dir, 'postmaster.pid'), { force: true });
  let state = readState(cluster.dir);
  if (!(await isFree(state.port))) state = await moveToFreePort(cluster, state);
  return { pid: await startWithRetry(cluster, state), state, reused: false };
}

/** Ends the server as a fast shutdown does: open transactions are rolled back, nothing has to be repaired. */
export async function stopServer(cluster: Cluster): Promise<void> {
  const pid = readPostmaster(cluster.dir)?.pid;
  if (pid === undefined || !isAlive(pid)) return;
  const birth = birthOf(pid);
  if (process.platform === 'win32')
    execFileSync(cluster.binaries.pgCtl, ['stop', '-D', cluster.dir, '-m', 'fast', '-w']);
  else process.kill(pid, 'SIGINT');
  const until = Date.now() + STOP_MS;
  while (isAlive(pid) && birthOf(pid) === birth) {
    if (Date.now() > until) throw explain('stop', cluster.dir, undefined);
    await sleep(10);
  }
}

export const urlOf = ({ port, password }: ClusterState, database: string): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;

interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** What the server says of itself in its data folder. */
function readPostmaster(dir: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 0
      ? { pid, port: Number(lines[3]), ready: (lines[7] ?? '').trim() === 'ready' }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a server runs on the cluster, whoever started it. */
export function isServed(dir: string): boolean {
  const postmaster = readPostmaster(dir);
  return postmaster !== undefined && isAlive(postmaster.pid) && isPostgres(postmaster.pid);
}

/** An orphan of a crashed Podlift, or the server of another node: ours when it answers with our data folder. */
async function running(dir: string): Promise<{ pid: number; state: ClusterState } | undefined> {
  const until = Date.now() + START_MS;
  for (;;) {
    const postmaster = readPostmaster(dir);
    if (!postmaster || !isAlive(postmaster.pid) || !isPostgres(postmaster.pid)) return undefined;
    const state = { ...readState(dir), port: postmaster.port };
    const answer = await ask(state, dir);
    if (answer === 'ours') return { pid: postmaster.pid, state };
    if (answer === 'other') return undefined;
    if (Date.now() > until) {
      throw new DataError(
        'embedded_failed',
        `The database in ${dir} runs as process ${postmaster.pid} and does not answer. End that process and start again.`,
      );
    }
    await sleep(50);
  }
}

/** The number may have gone to another program since; only Linux tells cheaply. */
function isPostgres(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
  } catch {
    return false;
  }
}

async function ask(state: ClusterState, dir: string): Promise<'ours' | 'other' | 'silent'> {
  const client = new pg.Client({ connectionString: urlOf(state, 'postgres'), connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === dir ? 'ours' : 'other';
  } catch (error) {
    return (error as { code?: string }).code === '28P01' ? 'other' : 'silent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function moveToFreePort(cluster: Cluster, state: ClusterState): Promise<ClusterState> {
  const moved = { ...state, port: await freePort() };
  writeState(cluster.dir, moved, cluster.account);
  return moved;
}

/** After `kill -9` of the server its children hold the shared memory for a moment longer: wait for them. */
async function startWithRetry(cluster: Cluster, state: ClusterState): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(cluster, state);
    } catch (error) {
      const retry =
        error instanceof DataError &&
        /shared memory block .* is still in use|is another postmaster/.test(error.message);
      if (!retry || attempt === 20) throw error;
      await sleep(250);
    }
  }
}

/** Starts the server in its own process group, so that neither our crash nor a Ctrl-C takes it along. */
async function launch(
  { dir, account, binaries, settings, startMs = START_MS }: Cluster,
  { port }: ClusterState,
): Promise<number> {
  const flags = Object.entries({ ...SETTINGS, ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const log = join(dir, 'server.log');
  const from = prepareLog(log, account);
  const fd = openSync(log, 'a', 0o600);
  const server = spawn(binaries.postgres, ['-D', dir, ...flags], {
    ...account,
    cwd: dir,
    detached: true,
    stdio: ['ignore', fd, fd],
  });
  closeSync(fd);
  let failure: unknown;
  server.once('error', (error) => (failure = error));
  server.once('exit', (code, signal) => (failure ??= new Error(`postgres ended with ${signal ?? code}`)));
  server.unref();
  const until = Date.now() + startMs;
  for (;;) {
    if (failure !== undefined) throw explain('start', dir, failure, readFileSync(log, 'utf8').slice(from));
    const postmaster = readPostmaster(dir);
    if (postmaster?.ready && postmaster.pid === server.pid) return postmaster.pid;
    if (Date.now() > until) {
      server.kill('SIGKILL');
      throw explain(
        'start',
        dir,
        new Error(`not ready within ${startMs / 1000} s`),
        readFileSync(log, 'utf8').slice(from),
      );
    }
    await sleep(5);
  }
}

/** Returns where the lines of this start begin. */
function prepareLog(log: string, { uid, gid }: Account): number {
  closeSync(openSync(log, 'a', 0o600));
  if (uid !== undefined && gid !== undefined) chownSync(log, uid, gid);
  if (statSync(log).size > LOG_LIMIT) truncateSync(log);
  return statSync(log).size;
}
