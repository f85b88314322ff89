import type { Command } from 'commander';
import { noteAct } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import { inspectCluster, clusterOf, startEmbedded } from '../../data/index.ts';
import { VERSION } from '../../http/index.ts';
import {
  completeSwitch,
  createBackup,
  createRecovery,
  destinationOf,
  dumpDatabase,
  findBackup,
  keepErasures,
  openConfigured,
  pruneBackups,
  RecoveryErrors,
  sourceOf,
  verifyBackup,
  type Manifest,
} from '../../recovery/index.ts';
import { createHealth, createLog, createMetrics } from '../../telemetry/index.ts';
import { systemClock } from '../../config/index.ts';
import type { Cli } from '../cli.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;

/** `podlift backup …`: copies of the installation while it runs. */
export function addBackupCommands(program: Command, cli: Cli): void {
  const backup = program
    .command('backup')
    .description('make, list, verify and prune backups of database and files; the master key is never part of one');

  backup
    .command('create')
    .description('back up database and files now, while Podlift runs or not')
    .action(async (_, command: Command) => {
      const output = cli.output(command);
      const config = cli.config(command);
      const theirs = config.databaseDirectUrl ?? config.databaseUrl;
      if (theirs !== undefined) {
        const dump = await dumpDatabase(theirs, destinationOf(config));
        output.line(`Dumped the database to ${dump.file} (${size(dump.bytes)}). Put it back with pg_restore.`);
        output.line(
          'Files, the log and moments in between are not in it: back up the files, and see the guide "Backup and restore".',
        );
        output.result(dump);
        return;
      }
      const made = await backUpNow(config, (what, bytes) =>
        output.progress(`copying ${what}`, Math.round(bytes / 2 ** 20), 0),
      );
      await noteAct(config.dataDir, {
        actor: ACTOR,
        action: 'backup.created',
        target: `backup:${made.id}`,
        details: { bytes: made.bytes, masterKey: made.masterKey },
      });
      output.line(`Made the backup ${made.id} in ${destinationOf(config)}.`);
      output.line(
        `${size(made.bytes.database + made.bytes.files)} of data, ${size(made.bytes.written)} new in the destination.`,
      );
      output.line(
        `The master key is not in it. Keep the key ${made.masterKey} elsewhere: without it secrets cannot be read.`,
      );
      if (!config.backupDir)
        output.warn('It lies on the same disk as the data. Set PODLIFT_BACKUP_DIR to a folder on another one.');
      output.result(summary(made));
    });

  backup
    .command('list')
    .description('list the backups, newest last')
    .action(async (_, command: Command) => {
      const output = cli.output(command);
      const all = await recoveryOf(cli.config(command)).backups();
      if (all.length === 0) output.line('There is no backup yet. Make one with `podlift backup create`.');
      else
        output.table({
          columns: ['backup', 'podlift', 'PostgreSQL', 'database', 'files', 'new', 'master key'],
          rows: all.map(({ id, podlift, postgres, bytes, masterKey }) => [
            id,
            podlift,
            postgres.version,
            size(bytes.database),
            size(bytes.files),
            size(bytes.written),
            masterKey,
          ]),
        });
      output.result(all.map(summary));
    });

  backup
    .command('verify [backup]')
    .description('restore a backup aside, read every row, check indexes and pages; the newest when none is named')
    .option('--quick', 'only read every part and compare digests')
    .action(async (id: string | undefined, options: { quick?: boolean }, command: Command) => {
      const output = cli.output(command);
      const config = cli.config(command);
      const destination = await openConfigured(config, false);
      const verified = await verifyBackup({
        destination,
        manifest: await findBackup(destination, id ?? 'latest'),
        dataDir: config.dataDir,
        masterKeys: [config.masterKey, ...config.oldMasterKeys],
        quick: options.quick ?? false,
        log: createLog(config, process.stderr),
        progress: (what, done, total) => output.progress(what, done, total),
      });
      const { examination, problems } = verified;
      for (const problem of problems) output.warn(problem);
      if (problems.length === 0)
        output.line(
          examination
            ? `${verified.backup} is good: ${verified.parts} parts, ${examination.tables} tables, ${examination.rows.toLocaleString('en-US')} rows, ${examination.tenants} tenants.`
            : `${verified.backup}: all ${verified.parts} parts are what was written. Whether the database starts was not tried.`,
        );
      output.result(verified);
      if (problems.length > 0) process.exitCode = 1;
    });

  backup
    .command('prune')
    .description('remove backups that are past their time, and what no backup needs any more')
    .action(async (_, command: Command) => {
      const output = cli.output(command);
      const config = cli.config(command);
      const gone = await pruneBackups(await openConfigured(config, false), config.backupKeep);
      if (gone.removed.length > 0)
        await noteAct(config.dataDir, {
          actor: ACTOR,
          action: 'backup.pruned',
          target: 'backup:*',
          details: { removed: gone.removed },
        });
      for (const id of gone.removed) output.line(`removed ${id}`);
      output.line(`${gone.kept.length} backups stay; ${size(gone.bytes)} came free.`);
      output.result(gone);
    });

  backup
    .command('schedule')
    .description('show when backups are made, and whether the last one is good')
    .action(async (_, command: Command) => {
      const output = cli.output(command);
      const config = cli.config(command);
      const { daily, weekly, monthly } = config.backupKeep;
      const status = await recoveryOf(config).status();
      output.table({
        columns: ['what', 'value'],
        rows: [
          ['destination', status.destination],
          [
            'made',
            status.scheduled ? `daily at ${config.backupAt} UTC` : 'only by hand: PODLIFT_BACKUP_DIR is not set',
          ],
          ['next', status.next ?? ''],
          ['last', status.last?.id ?? 'none'],
          ['kept', `${daily} daily, ${weekly} weekly, ${monthly} monthly`],
          ['encrypted', config.backupKeyFile ? 'yes' : 'no'],
        ],
      });
      if (status.problem) output.warn(status.problem);
      output.result({ ...status, log: undefined, at: config.backupAt, keep: config.backupKeep });
      if (status.problem) process.exitCode = 1;
    });
}

/** Backs up without the rooms: a command of a new version must not migrate what it only copies. */
export async function backUpNow(config: Config, progress?: (what: string, bytes: number) => void): Promise<Manifest> {
  if (config.databaseUrl !== undefined) throw RecoveryErrors.notEmbedded();
  await completeSwitch(config.dataDir);
  const cluster = clusterOf(config.dataDir);
  if (!inspectCluster(cluster)) throw RecoveryErrors.noCluster(config.dataDir);
  const log = createLog(config, process.stderr);
  const destination = await openConfigured(config, true);
  await keepErasures(config.dataDir, destination);
  const server = await startEmbedded({ dir: cluster, log });
  try {
    return await createBackup(
      sourceOf(config, server, { podlift: VERSION, log }),
      destination,
      progress ? { progress } : {},
    );
  } finally {
    await server.close();
  }
}

const recoveryOf = (config: Config) =>
  createRecovery({
    config,
    // What is asked of it here only reads the destination.
    server: config.databaseUrl === undefined ? { dir: clusterOf(config.dataDir), url: () => '' } : undefined,
    clock: systemClock,
    log: createLog(config, process.stderr),
    metrics: createMetrics({ process: false }),
    health: createHealth(),
    podlift: VERSION,
  });

/** The list of parts is for programs that restore, not for people. */
const summary = ({ database, log, files, folders, ...rest }: Manifest) => ({
  ...rest,
  entries: { database: database.length, log: log.length, files: files.entries.length, folders: folders.length },
});

export function size(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MB` : `${(bytes / 1024 ** 3).toFixed(2)} GB`;
}
