/** What the benches of this plugin stand on: the whole product on a database of its own, its peers, and a measure of the processor. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPodlift } from '@podlift/core/app';
import { loadConfig } from '@podlift/core/config';
import { silentLog } from '@podlift/core/telemetry';
import pg from 'pg';

/** What a load brought. */
export interface Load {
  readonly items: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  readonly first: string;
  /** CPU of this process and of PostgreSQL, per item. */
  readonly nodeMicros: number;
  readonly postgresMicros: number;
}

/** Starts the product as `podlift start` would, with a tenant and its write key. */
export async function startStand() {
  const dataDir = mkdtempSync(join(tmpdir(), 'podlift-bench-'));
  // As root the database runs as somebody else, who has to get in; else it would lie elsewhere and outlive the bench.
  chmodSync(dataDir, 0o755);
  const config = loadConfig(
    {},
    { mode: 'production', masterKey: randomBytes(32).toString('base64'), dataDir, port: 0, logLevel: 'error' },
  );
  const podlift = await startPodlift(config, 'all', { log: silentLog });
  const { tenancy, identity, database } = podlift.rooms;
  const tenant = await tenancy.create({ slug: 'bench', name: 'Bench' });
  const { key } = await identity.keys.create({
    tenant: tenant.id,
    name: 'bench',
    kind: 'write',
    role: 'owner',
    by: 'bench',
  });
  return {
    database,
    tenant: tenant.id,
    port: Number(new URL(podlift.server?.url ?? '').port),
    authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    async stop() {
      await podlift.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Sends load from a process of its own and counts the processor on this side. */
export async function measureLoad(
  port: number,
  path: string,
  authorization: string,
  connections: number,
  seconds: number,
  items: number,
  postgres?: () => number,
): Promise<Load> {
  globalThis.gc?.();
  const node = process.cpuUsage();
  const server = postgres?.() ?? 0;
  const args = [
    '--conditions=@podlift/source',
    fileURLToPath(import.meta.resolve('./load.ts')),
    String(port),
    path,
    authorization,
    String(connections),
    String(seconds),
    String(items),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('the load generator failed');
  const { user, system } = process.cpuUsage(node);
  const load: Omit<Load, 'nodeMicros' | 'postgresMicros'> = JSON.parse(text);
  if (load.failed > 0) throw new Error(`${load.failed} requests failed, the first with ${load.first}`);
  return {
    ...load,
    nodeMicros: (user + system) / load.items,
    postgresMicros: ((postgres?.() ?? 0) - server) / load.items,
  };
}

/** Counts CPU of a PostgreSQL server in microseconds: of its living processes, and of those that ended since. Linux only; 0 elsewhere. */
export async function createPostgresClock(url: string): Promise<() => number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const [, parent = 0] = statOf(rows[0]?.pid ?? 0);
  await client.end();
  return () => {
    const ticks = childrenOf(parent)
      .map((pid) => statOf(pid))
      .reduce((sum, stat) => sum + (stat[11] ?? 0) + (stat[12] ?? 0), 0);
    const ended = statOf(parent);
    return (ticks + (ended[13] ?? 0) + (ended[14] ?? 0)) * TICK_MICROS;
  };
}
const TICK_MICROS = 10_000;

/** The numbers of /proc/<pid>/stat behind the name; nothing where there is no such process, or no /proc. */
function statOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').map(Number) ?? [];
  } catch {
    return [];
  }
}
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  } catch {
    return [];
  }
}
