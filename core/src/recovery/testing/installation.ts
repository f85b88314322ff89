import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inspectCluster, startEmbedded, stopCluster, type EmbeddedServer } from '../../data/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import type { BackupSource } from '../backup/create.ts';
import { openDestination, type Destination } from '../store/destination.ts';

/** A data directory with a database of its own, and a folder for backups. */
export interface Installation {
  readonly home: string;
  readonly dataDir: string;
  readonly backups: string;
  readonly masterKey: Uint8Array;
  server(): EmbeddedServer;
  start(settings?: Readonly<Record<string, string>>): Promise<EmbeddedServer>;
  stop(): Promise<void>;
  source(): BackupSource;
  destination(): Promise<Destination>;
  query<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
  remove(): Promise<void>;
}

const SMALL = { shared_buffers: '32MB' };

export async function createInstallation(options: { keyFile?: string; durable?: boolean } = {}): Promise<Installation> {
  const home = mkdtempSync(join(tmpdir(), 'podlift-recovery-'));
  chmodSync(home, 0o755);
  const dataDir = join(home, 'data');
  mkdirSync(dataDir, { mode: 0o755 });
  const backups = join(home, 'backups');
  const masterKey = new Uint8Array(32).fill(7);
  let running: EmbeddedServer | undefined;
  const server = (): EmbeddedServer => {
    if (!running) throw new Error('The database of this test is stopped.');
    return running;
  };
  const self: Installation = {
    home,
    dataDir,
    backups,
    masterKey,
    server,
    start: async (settings = {}) =>
      (running = await startEmbedded({
        dir: join(dataDir, 'postgres'),
        log: silentLog,
        quick: true,
        settings: { ...(options.durable ? {} : SMALL), ...settings },
      })),
    async stop() {
      await running?.close();
      running = undefined;
    },
    source: () => ({
      server: server(),
      filesDir: join(dataDir, 'files'),
      masterKey,
      podlift: '0.1.0',
      config: [],
      log: silentLog,
    }),
    destination: () => openDestination(backups, { create: true, ...(options.keyFile && { keyFile: options.keyFile }) }),
    async query(sql, values = []) {
      const client = new pg.Client({ connectionString: server().url('podlift') });
      client.on('error', () => undefined);
      await client.connect();
      try {
        // The caller says what its own statement returns.
        return (await client.query(sql, values)).rows as never;
      } finally {
        await client.end();
      }
    },
    async remove() {
      await self.stop();
      for (const dir of [join(dataDir, 'postgres'), join(dataDir, 'postgres.restoring')])
        if (inspectCluster(dir)?.running) await stopCluster(dir);
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
  await self.start();
  const admin = new pg.Client({ connectionString: server().url('postgres') });
  await admin.connect();
  await admin.query('create database podlift');
  await admin.end();
  return self;
}
