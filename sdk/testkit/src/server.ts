import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, migrations, openDatabase, startEmbedded, type EmbeddedServer } from '@podlift/core/data';
import { silentLog } from '@podlift/core/telemetry';
import pg from 'pg';

/** What a test has to know of the server of its run. */
export interface TestServer {
  /** Connection string of the superuser, database `postgres`. */
  readonly url: string;
  /** A database with core's floor, to copy. */
  readonly template: string;
  /** The master key, base64. */
  readonly masterKey: string;
}

/** A server in the temporary folder; `stop` removes it. */
export interface RunningTestServer extends TestServer {
  readonly embedded: EmbeddedServer;
  stop(): Promise<void>;
}

/** Known to everybody: these databases live for the length of a test run, on this machine only. */
const MASTER_KEY = Buffer.alloc(32, 'podlift tests').toString('base64');
const TEMPLATE = 'podlift_template';
/** A test run need not survive a power cut. */
const UNSAFE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts a server of its own for a test run or a benchmark; `durable` keeps the disk's promises. */
export async function startTestServer(
  options: { readonly durable?: boolean; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<RunningTestServer> {
  sweepAbandoned();
  const home = join(tmpdir(), `podlift-test-${process.pid}-${randomUUID().slice(0, 8)}`);
  mkdirSync(home, { mode: 0o755 });
  const embedded = await startEmbedded({
    dir: join(home, 'postgres'),
    log: silentLog,
    quick: true,
    settings: { max_connections: '300', ...(options.durable ? {} : UNSAFE), ...options.settings },
  });
  await makeTemplate(embedded);
  return {
    url: embedded.url('postgres'),
    template: TEMPLATE,
    masterKey: MASTER_KEY,
    embedded,
    async stop() {
      await embedded.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A run that was killed could not stop its server, which outlives it by design: end and remove those whose process is gone. */
function sweepAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^podlift-test-(\d+)-/.exec(name)?.[1]);
    if (!pid || isRunning(pid)) continue;
    const home = join(tmpdir(), name);
    try {
      const server = Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
      // The number may be another program's by now.
      if (server && readFileSync(`/proc/${server}/cmdline`, 'utf8').includes(home)) process.kill(server, 'SIGQUIT');
    } catch {
      // No server any more.
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function makeTemplate(embedded: EmbeddedServer): Promise<void> {
  const admin = new pg.Client({ connectionString: embedded.url('postgres') });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  const database = await openDatabase({
    url: embedded.url(TEMPLATE),
    dataDir: embedded.dir,
    masterKey: Buffer.from(MASTER_KEY, 'base64'),
    log: silentLog,
  });
  const [result] = await migrate(database, [{ owner: 'core', schema: 'core', migrations }]);
  await database.close();
  await admin.end();
  if (result?.error) throw result.error;
}
