import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import type { Account } from './account.ts';
import { explain } from './explain.ts';
import { isAlive } from './lock.ts';

/** What we remember about our cluster, in a file inside it that only its account and root can read. */
export interface ClusterState {
  readonly port: number;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

const STATE_FILE = 'podlift.json';
const INITDB_FLAGS = [
  '-U',
  'postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
];
const run = promisify(execFile);

/** Whether a cluster lies there already. */
export const hasCluster = (dir: string): boolean => existsSync(join(dir, 'PG_VERSION'));

/** Makes the cluster when there is none. It is made aside and moved into place, so a crash midway leaves nothing half. */
export async function ensureCluster(
  dir: string,
  account: Account,
  initdb: string,
  quick: boolean,
): Promise<ClusterState> {
  if (hasCluster(dir)) return readState(dir);
  removeAbandoned(dir);
  if (existsSync(dir) && readdirSync(dir).length > 0) {
    throw new DataError(
      'embedded_failed',
      `${dir} is not empty and holds no database. Move it away, or set PODLIFT_DATA_DIR to another folder.`,
    );
  }
  const making = `${dir}.making-${process.pid}`;
  const passwordFile = `${making}.password`;
  const state: ClusterState = { port: await freePort(), password: randomBytes(24).toString('base64url') };
  try {
    mkdirSync(dirname(dir), { recursive: true });
    mkdirSync(making, { mode: 0o700 });
    writeFileSync(passwordFile, state.password, { mode: 0o600 });
    give(making, account);
    give(passwordFile, account);
    await run(initdb, ['-D', making, `--pwfile=${passwordFile}`, ...INITDB_FLAGS, ...(quick ? ['--no-sync'] : [])], {
      ...account,
      cwd: making,
    });
    writeState(making, state, account);
    rmSync(dir, { recursive: true, force: true });
    renameSync(making, dir);
    return state;
  } catch (cause) {
    rmSync(making, { recursive: true, force: true });
    throw explain('make', dir, cause);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

export function readState(dir: string): ClusterState {
  try {
    const { port, password } = JSON.parse(readFileSync(join(dir, STATE_FILE), 'utf8')) as Partial<ClusterState>;
    if (typeof port === 'number' && typeof password === 'string') return { port, password };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') throw explain('read', dir, cause);
  }
  throw new DataError(
    'embedded_failed',
    `${dir} holds a database that Podlift did not make (no usable ${STATE_FILE}). Set PODLIFT_DATA_DIR to another folder, or DATABASE_URL to that server.`,
  );
}

export function writeState(dir: string, state: ClusterState, account: Account): void {
  const file = join(dir, STATE_FILE);
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  give(`${file}.new`, account);
  renameSync(`${file}.new`, file);
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer().once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
}

function give(path: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function removeAbandoned(dir: string): void {
  if (!existsSync(dirname(dir))) return;
  for (const name of readdirSync(dirname(dir))) {
    const pid = name.startsWith(`${basename(dir)}.making-`)
      ? Number.parseInt(name.slice(basename(dir).length + 8), 10)
      : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(dirname(dir), name), { recursive: true, force: true });
  }
}
