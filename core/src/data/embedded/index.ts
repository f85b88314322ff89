import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../../telemetry/index.ts';
import { serverAccount } from './account.ts';
import { ensureCluster, hasCluster } from './cluster.ts';
import { explain } from './explain.ts';
import { birthOf, isAlive, underLock } from './lock.ts';
import { binaries, clusterDir } from './place.ts';
import { ensureRunning, stopServer, urlOf, type Cluster } from './server.ts';
import { hasUsers, userFile } from './users.ts';

export interface EmbeddedOptions {
  /** The folder of the cluster, `<data>/postgres`. */
  readonly dir: string;
  readonly log: Log;
  /** Server settings on top of ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Tests: do not wait for the disk when making the cluster. */
  readonly quick?: boolean;
}

/** A running embedded server. Restarted by itself when it dies; others on this machine may share it. */
export interface EmbeddedServer {
  /** The folder it really uses. */
  readonly dir: string;
  readonly pid: number;
  /** Connection string of the superuser. */
  url(database: string): string;
  /** Makes sure that it runs, now. */
  ensure(): Promise<void>;
  /** Leaves it; the last one to leave stops the server. */
  close(): Promise<void>;
}

const WATCH_MS = 500;

/** Starts PostgreSQL in `dir`, makes the cluster on first use, reuses a server that runs there already, repairs after a crash. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const account = serverAccount();
  const dir = clusterDir(options.dir, account);
  if (dir !== options.dir)
    options.log.info(
      { dir },
      'The account of the embedded database cannot reach the data folder, so its files are here',
    );
  prepare(dir);
  const cluster: Cluster = { dir, account, binaries: binaries(account), settings: options.settings ?? {} };
  const lock = `${dir}.lock`;
  const ensure = () =>
    underLock(lock, async () => {
      if (!hasCluster(dir)) options.log.info({ dir }, 'Making the embedded database, once');
      await ensureCluster(dir, account, cluster.binaries.initdb, options.quick ?? false);
      const started = await ensureRunning(cluster);
      writeFileSync(userFile(dir), birthOf(process.pid));
      const { pid, reused, state } = started;
      options.log.debug(
        { dir, pid, port: state.port },
        reused ? 'Embedded database runs already' : 'Embedded database started',
      );
      return started;
    });
  let current = await ensure();
  let closing = false;
  let reviving: Promise<void> | undefined;
  const revive = (): Promise<void> =>
    (reviving ??= (async () => {
      try {
        current = await ensure();
      } finally {
        reviving = undefined;
      }
    })());
  const watch = setInterval(() => {
    if (closing || reviving || isAlive(current.pid)) return;
    options.log.warn({ dir }, 'The embedded database died; starting it again');
    revive().catch((error: unknown) =>
      options.log.error({ err: error }, 'The embedded database cannot be started again'),
    );
  }, WATCH_MS).unref();

  return {
    dir,
    get pid() {
      return current.pid;
    },
    url: (database) => urlOf(current.state, database),
    ensure: revive,
    async close() {
      closing = true;
      clearInterval(watch);
      await reviving?.catch(() => undefined);
      await underLock(lock, async () => {
        rmSync(userFile(dir), { force: true });
        if (!hasUsers(dir)) await stopServer(cluster);
      });
    },
  };
}

function prepare(dir: string): void {
  try {
    mkdirSync(dirname(dir), { recursive: true });
    // Making folders on a read-only disk is told as if they were missing; asking first is told as it is.
    accessSync(dirname(dir), constants.W_OK);
    mkdirSync(`${dir}.users`, { recursive: true });
  } catch (cause) {
    throw explain('make', dir, cause);
  }
}
