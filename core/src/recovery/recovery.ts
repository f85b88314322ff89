import { join } from 'node:path';
import { describeConfig, type Clock, type Config } from '../config/index.ts';
import type { EmbeddedServer } from '../data/index.ts';
import type { Health, HealthResult, Log, Metrics } from '../telemetry/index.ts';
import { createBackup, type BackupSource } from './backup/create.ts';
import { listBackups, readManifest, timeOf, type Manifest } from './backup/manifest.ts';
import { pruneBackups } from './backup/prune.ts';
import { keepErasures } from './erasures.ts';
import { RecoveryErrors } from './errors.ts';
import { createSchedule, STALE_MS } from './schedule.ts';
import { isDestination, openDestination, type Destination } from './store/destination.ts';
import { dropLogSlot, startLogKeeper, type LogKeeper, type LogStatus } from './wal/keeper.ts';

/** What is known about the backups of this installation. */
export interface BackupStatus {
  readonly destination: string;
  /** Whether backups are made by themselves. */
  readonly scheduled: boolean;
  readonly last: { readonly id: string; readonly finishedAt: string } | undefined;
  readonly next: string | undefined;
  readonly log: LogStatus | undefined;
  /** Why somebody should look; undefined when all is well. */
  readonly problem: string | undefined;
}

/** Backups of the running installation. */
export interface Recovery {
  status(): Promise<BackupStatus>;
  backups(): Promise<Manifest[]>;
  /** Makes a backup now. @throws PodliftError, also where the database is not ours. */
  backUp(options?: { progress?: (what: string, bytes: number) => void }): Promise<Manifest>;
  /** Begins the schedule and keeps the log, when a destination is configured. */
  start(): void;
  stop(): Promise<void>;
}

export interface RecoveryDeps {
  readonly config: Config;
  /** Undefined when the database is somebody else's. */
  readonly server: Pick<EmbeddedServer, 'dir' | 'url'> | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly podlift: string;
}

const LOOK_MS = 60_000;
/** The log is kept every few seconds; behind by so much, something is wrong. */
const LOG_BEHIND_MS = 5 * 60_000;

/** Where backups go: what was configured, else a folder in the data directory, on the same disk. */
export const destinationOf = ({ backupDir, dataDir }: Pick<Config, 'backupDir' | 'dataDir'>): string =>
  backupDir ?? join(dataDir, 'backups');

export const openConfigured = (
  config: Pick<Config, 'backupDir' | 'backupKeyFile' | 'dataDir'>,
  create: boolean,
): Promise<Destination> =>
  openDestination(destinationOf(config), { create, ...(config.backupKeyFile && { keyFile: config.backupKeyFile }) });

/** What is backed up of an installation with an embedded database. */
export const sourceOf = (
  config: Config,
  server: Pick<EmbeddedServer, 'dir' | 'url'>,
  { podlift, log }: { readonly podlift: string; readonly log: Log },
): BackupSource => ({
  server,
  ...(config.filesUrl === undefined && { filesDir: join(config.dataDir, 'files') }),
  masterKey: config.masterKey,
  podlift,
  config: describeConfig(config).map(({ variable, value, source }) => ({ variable, value, source })),
  log,
});

export function createRecovery({ config, server, clock, log, metrics, health, podlift }: RecoveryDeps): Recovery {
  const folder = destinationOf(config);
  const scheduled = server !== undefined && config.backupDir !== undefined;
  const schedule = createSchedule({ clock, at: config.backupAt });
  let keeper: LogKeeper | undefined;
  let timer: NodeJS.Timeout | undefined;
  let under: Promise<unknown> | undefined;
  let failure: string | undefined;
  let lastAt: number | undefined;
  const runs = metrics.counter('podlift.backup.runs', { about: 'Backups that were tried', labels: ['outcome'] });
  const seconds = metrics.histogram('podlift.backup.duration', {
    about: 'How long a backup took',
    buckets: [1, 5, 15, 60, 300, 1800],
  });

  const last = async (): Promise<BackupStatus['last']> => {
    if (!isDestination(folder)) return undefined;
    const id = (await listBackups(await openConfigured(config, false))).at(-1);
    return id === undefined ? undefined : { id, finishedAt: timeOf(id).toISOString() };
  };

  async function backUp({ progress }: { progress?: (what: string, bytes: number) => void } = {}): Promise<Manifest> {
    if (!server) throw RecoveryErrors.notEmbedded();
    const began = performance.now();
    try {
      const destination = await openConfigured(config, true);
      await keepErasures(config.dataDir, destination);
      const made = await createBackup(
        sourceOf(config, server, { podlift, log }),
        destination,
        progress ? { progress } : {},
      );
      runs.add(1, { outcome: 'ok' });
      failure = undefined;
      keeper?.mend();
      lastAt = Date.parse(made.finishedAt);
      return made;
    } catch (error) {
      runs.add(1, { outcome: 'failed' });
      failure = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      seconds.record((performance.now() - began) / 1000);
    }
  }

  async function look(): Promise<void> {
    try {
      await keepErasures(config.dataDir, await openConfigured(config, true));
      const found = await last();
      lastAt = found && Date.parse(found.finishedAt);
      if (!schedule.isDue(lastAt) && !keeper?.status().broken) return;
      await backUp();
      const gone = await pruneBackups(await openConfigured(config, false), config.backupKeep);
      if (gone.removed.length > 0)
        log.info({ removed: gone.removed, bytes: gone.bytes }, 'backups past their time were removed');
    } catch (error) {
      // Another process of this installation makes it.
      if ((error as { code?: string }).code === 'recovery.busy') return;
      schedule.failed();
      failure = error instanceof Error ? error.message : String(error);
      log.error({ err: error }, 'the backup that was due was not made');
    }
  }

  function problem(status: Pick<BackupStatus, 'last' | 'log'>): string | undefined {
    if (!scheduled) return undefined;
    const age = status.last ? clock.now() - Date.parse(status.last.finishedAt) : undefined;
    if (age === undefined) return `There is no backup in ${folder} yet${failure ? `: ${failure}` : '.'}`;
    if (age > STALE_MS)
      return `The last good backup is ${Math.floor(age / 3_600_000)} hours old${failure ? `: ${failure}` : '.'}`;
    if (status.log?.problem) return `The log of the database is not kept: ${status.log.problem}`;
    const { keptAt, elsewhere } = status.log ?? {};
    if (keptAt !== undefined && !elsewhere && clock.now() - keptAt > LOG_BEHIND_MS)
      return `The log of the database was last kept at ${new Date(keptAt).toISOString()}.`;
    return undefined;
  }

  return {
    backUp,
    async status() {
      const known = { last: await last(), log: keeper?.status() };
      return {
        destination: folder,
        scheduled,
        ...known,
        next: scheduled ? new Date(schedule.next()).toISOString() : undefined,
        problem: problem(known),
      };
    },
    async backups() {
      if (!isDestination(folder)) return [];
      const destination = await openConfigured(config, false);
      const found: Manifest[] = [];
      for (const id of await listBackups(destination)) found.push(await readManifest(destination, id));
      return found;
    },
    start() {
      if (server && !scheduled)
        void dropLogSlot(server).catch((error: unknown) => log.debug({ err: error }, 'the log could not be let go of'));
      if (!scheduled || timer) return;
      metrics.gauge('podlift.backup.age', {
        about: 'Age of the last good backup',
        unit: 's',
        observe: () => (lastAt === undefined ? Number.NaN : (clock.now() - lastAt) / 1000),
      });
      metrics.gauge('podlift.backup.log.lag', {
        about: 'Bytes of the log of the database that are not kept yet',
        unit: 'By',
        observe: () => keeper?.status().lagBytes ?? 0,
      });
      health.add(
        'backup',
        async (): Promise<HealthResult> => {
          const reason = problem({ last: await last(), log: keeper?.status() });
          return reason === undefined ? { ok: true } : { ok: false, reason };
        },
        { required: false },
      );
      under = (async () => {
        try {
          keeper = startLogKeeper({ server, destination: await openConfigured(config, true), log });
          await keeper.keepNow();
        } catch (error) {
          failure = error instanceof Error ? error.message : String(error);
          log.error({ err: error }, 'backups cannot be kept');
        }
        await look();
      })();
      timer = setInterval(() => void (under = (under ?? Promise.resolve()).then(look)), LOOK_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await under;
      await keeper?.stop();
      keeper = undefined;
    },
  };
}
