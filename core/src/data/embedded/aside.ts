import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../telemetry/index.ts';
import { serverAccount } from './account.ts';
import { freePort, hasCluster, readState, writeState, type ClusterState } from './cluster.ts';
import { hasUsers } from './users.ts';
import { binaries, clusterDir } from './place.ts';
import { ensureRunning, isServed, stopServer, urlOf, type Cluster } from './server.ts';

/** Where the cluster of a data directory lies, whether it is there or not. */
export const clusterOf = (dataDir: string): string => clusterDir(join(dataDir, 'postgres'), serverAccount());

/** What can be told of a cluster without starting it. */
export interface ClusterFacts {
  /** Major version that made it, `18`. */
  readonly major: string;
  /** Processes of Podlift that use it now. */
  readonly used: boolean;
  /** Its server runs, perhaps left behind by a Podlift that crashed. */
  readonly running: boolean;
}

/** Looks at a cluster; undefined when there is none. */
export function inspectCluster(dir: string): ClusterFacts | undefined {
  if (!hasCluster(dir)) return undefined;
  return {
    major: readFileSync(join(dir, 'PG_VERSION'), 'utf8').trim(),
    used: existsSync(`${dir}.users`) && hasUsers(dir),
    running: isServed(dir),
  };
}

/** Stops a server that nobody uses any more. */
export const stopCluster = (dir: string): Promise<void> => stopServer(clusterAt(dir, {}));

/** Gives a file or folder to the account of the server, when that is not our own. */
export function giveToServer(path: string): void {
  const { uid, gid } = serverAccount();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/** The port and the superuser's password that a cluster was given. */
export const accessOf = (dir: string): ClusterState => readState(dir);

/** Writes the port and the superuser's password of a cluster that was put there from elsewhere. */
export async function adoptCluster(dir: string, password: string, port?: number): Promise<void> {
  writeState(dir, { port: port ?? (await freePort()), password }, serverAccount());
}

/** A server on a cluster that is not the installation's: one being restored or examined. */
export interface AsideServer {
  readonly pid: number;
  url(database: string): string;
  stop(): Promise<void>;
}

/** Starts a server on a cluster beside the one in use. Whoever starts it stops it. */
export async function startAside(options: {
  readonly dir: string;
  readonly log: Log;
  readonly settings?: Readonly<Record<string, string>>;
  readonly startMs?: number;
}): Promise<AsideServer> {
  const cluster = clusterAt(options.dir, options.settings ?? {}, options.startMs);
  const { pid, state } = await ensureRunning(cluster);
  options.log.debug({ dir: options.dir, pid }, 'Started a server beside the one in use');
  return { pid, url: (database) => urlOf(state, database), stop: () => stopServer(cluster) };
}

const clusterAt = (dir: string, settings: Readonly<Record<string, string>>, startMs?: number): Cluster => {
  const account = serverAccount();
  return { dir, account, binaries: binaries(account), settings, ...(startMs !== undefined && { startMs }) };
};

/** Version of the server programs that come with this Podlift, `18.4`. */
export function broughtVersion(): string {
  const said = execFileSync(binaries(serverAccount()).postgres, ['--version'], { encoding: 'utf8' });
  return /\d+(?:\.\d+)*/.exec(said)?.[0] ?? said.trim();
}
