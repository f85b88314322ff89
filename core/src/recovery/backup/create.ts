import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { accessOf, connectClient } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';
import { explainDisk } from '../errors.ts';
import type { Destination } from '../store/destination.ts';
import type { Entry } from '../store/entry.ts';
import { packFiles } from '../store/pack.ts';
import { parseLsn, segmentName, segmentOf } from '../wal/segments.ts';
import { CONTROL_FILE, listClusterFiles, readSettled } from './cluster-files.ts';
import { listFiles } from './tenant-files.ts';
import { backupId, listBackups, publishManifest, readManifest, type Manifest } from './manifest.ts';
import { fingerprintOf, sealWith } from './master-key.ts';

/** What a backup is made of. */
export interface BackupSource {
  /** The embedded server, running. */
  readonly server: { readonly dir: string; url(database: string): string };
  /** The folder with tenants' files; left out when they are kept elsewhere. */
  readonly filesDir?: string;
  readonly masterKey: Uint8Array;
  readonly podlift: string;
  readonly config: Manifest['config'];
  readonly log: Log;
}

export interface CreateOptions {
  readonly progress?: (what: string, bytes: number) => void;
  /** Tests: called between any two steps. */
  readonly step?: (name: string) => void | Promise<void>;
}

const SLOT = 'podlift_backup';
const DATABASE = 'podlift';

/** Copies the running installation. Nothing waits for it; what is committed until it ends is in it. */
export async function createBackup(
  source: BackupSource,
  destination: Destination,
  options: CreateOptions = {},
): Promise<Manifest> {
  const { server } = source;
  const step = options.step ?? (() => undefined);
  const admin = await connectClient(server.url(DATABASE));
  try {
    return await destination.exclusively(async () => {
      const startedAt = new Date();
      const before = await previous(destination);
      // The log that this copy needs stays until it was taken, however much is written meanwhile.
      await admin.query(`select pg_create_physical_replication_slot($1, true, true)`, [`${SLOT}_${process.pid}`]);
      const facts = await readFacts(admin);
      const start = await one<{ lsn: string; timeline: number }>(
        admin,
        `with started as materialized (select pg_backup_start('podlift', fast => true) as lsn)
         select lsn::text as lsn, ('x' || substr(pg_walfile_name(lsn + 1), 1, 8))::bit(32)::int as timeline from started`,
      );
      await step('started');
      const { folders, files } = await listClusterFiles(server.dir);
      const database = await packFiles(destination, {
        root: server.dir,
        paths: files,
        read: async (path) => (path === CONTROL_FILE ? readSettled(join(server.dir, path)) : undefined),
        ...(options.progress && { progress: (bytes) => options.progress?.('database', bytes) }),
      });
      await step('copied the database');
      // Before the copy of the database ends: a file whose row is in it cannot be gone by then, and after: none can be missing.
      const known = new Map(before?.files.entries.map((entry) => [entry.path, entry]));
      const keep = async () =>
        source.filesDir === undefined
          ? { entries: [], bytes: 0, written: 0 }
          : packFiles(destination, { root: source.filesDir, paths: await listFiles(source.filesDir), known });
      const early = await keep();
      for (const entry of early.entries) known.set(entry.path, entry);
      const stop = await one<{ lsn: string; label: string; at: Date }>(
        admin,
        `select lsn::text as lsn, labelfile as label, clock_timestamp() as at from pg_backup_stop(wait_for_archive => false)`,
      );
      const finishedAt = stop.at;
      await step('stopped');
      const late = await keep();
      const filesByPath = new Map([...early.entries, ...late.entries].map((entry) => [entry.path, entry]));
      await step('copied the files');
      const log = await packLog(destination, server.dir, {
        ...start,
        stop: stop.lsn,
        segmentBytes: facts.segmentBytes,
      });
      await destination.sync();
      await step('copied the log');
      const fileEntries = [...filesByPath.values()];
      const manifest: Manifest = {
        format: 1,
        id: backupId(finishedAt),
        startedAt: startedAt.toISOString(),
        finishedAt: finishedAt.toISOString(),
        podlift: source.podlift,
        node: process.versions.node,
        masterKey: fingerprintOf(source.masterKey),
        postgres: {
          version: facts.version,
          major: facts.version.split('.')[0] ?? '',
          systemId: facts.systemId,
          segmentBytes: facts.segmentBytes,
          timeline: start.timeline,
          startLsn: start.lsn,
          stopLsn: stop.lsn,
          label: stop.label,
          superuser: sealWith(source.masterKey, accessOf(server.dir).password),
        },
        migrations: facts.migrations,
        plugins: facts.plugins,
        config: source.config,
        folders,
        database: database.entries,
        log: log.entries,
        files: { kept: source.filesDir === undefined ? 'elsewhere' : 'disk', entries: fileEntries },
        bytes: {
          database: database.bytes,
          log: log.bytes,
          files: sum(fileEntries),
          written: database.written + early.written + late.written + log.written,
        },
      };
      await publishManifest(destination, manifest);
      await step('published');
      source.log.info({ backup: manifest.id, bytes: manifest.bytes }, 'a backup was made');
      return manifest;
    });
  } catch (error) {
    throw explainDisk(destination.folder, error);
  } finally {
    // Ends an unfinished copy on the server, and drops the slot.
    await admin.end().catch(() => undefined);
  }
}

/** The newest one that can be read, whose parts need not be written again. */
async function previous(destination: Destination): Promise<Manifest | undefined> {
  for (const id of (await listBackups(destination)).toReversed()) {
    const found = await readManifest(destination, id).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}

interface Facts {
  readonly version: string;
  readonly systemId: string;
  readonly segmentBytes: number;
  readonly migrations: Manifest['migrations'];
  readonly plugins: Manifest['plugins'];
}

async function readFacts(admin: pg.Client): Promise<Facts> {
  const server = await one<{ version: string; systemId: string; segmentBytes: number }>(
    admin,
    `select split_part(current_setting('server_version'), ' ', 1) as version,
            (select system_identifier::text from pg_control_system()) as "systemId",
            (select setting::int from pg_settings where name = 'wal_segment_size') as "segmentBytes"`,
  );
  return { ...server, migrations: await readLedger(admin), plugins: await readPlugins(admin) };
}

/** Empty where Podlift has not made its schemas yet. */
async function readLedger(admin: pg.Client): Promise<Manifest['migrations']> {
  if (!(await exists(admin, 'core.migration'))) return [];
  return (
    await admin.query<{ owner: string; name: string }>('select owner, name from core.migration order by owner, name')
  ).rows;
}

async function readPlugins(admin: pg.Client): Promise<Manifest['plugins']> {
  if (!(await exists(admin, 'core.plugin'))) return [];
  return (
    await admin.query<{ id: string; version: string; state: string }>(
      `select id, coalesce(version, '') as version, state from core.plugin order by id`,
    )
  ).rows;
}

const exists = async (admin: pg.Client, table: string): Promise<boolean> =>
  (await one<{ there: boolean }>(admin, 'select to_regclass($1) is not null as there', [table])).there;

async function one<T extends object>(admin: pg.Client, sql: string, values: unknown[] = []): Promise<T> {
  const { rows } = await admin.query<T & pg.QueryResultRow>(sql, values);
  if (!rows[0]) throw new Error(`No row: ${sql}`);
  return rows[0];
}

/** Segments from the start of the copy to its end; the server closed the last one when it ended. */
async function packLog(
  destination: Destination,
  dir: string,
  { lsn, stop, timeline, segmentBytes }: { lsn: string; stop: string; timeline: number; segmentBytes: number },
): Promise<{ entries: Entry[]; bytes: number; written: number }> {
  const first = segmentOf(parseLsn(lsn), segmentBytes);
  const last = segmentOf(parseLsn(stop) - 1n, segmentBytes);
  const paths: string[] = [];
  for (let number = first; number <= last; number++) paths.push(segmentName(timeline, number, segmentBytes));
  const histories = (await readdir(join(dir, 'pg_wal'))).filter((name) => name.endsWith('.history'));
  const packed = await packFiles(destination, { root: join(dir, 'pg_wal'), paths: [...histories, ...paths] });
  if (packed.entries.length !== paths.length + histories.length)
    throw new Error('The log of the database was removed while it was copied.');
  return packed;
}

const sum = (entries: readonly Entry[]): number => entries.reduce((total, { size }) => total + size, 0);
