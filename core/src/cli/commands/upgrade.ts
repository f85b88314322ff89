import type { Command } from 'commander';
import { PodliftError } from '@podlift/sdk';
import { boot, hostMigrations } from '../../app/index.ts';
import type { Config } from '../../config/index.ts';
import { broughtVersion, clusterOf, connectClient, inspectCluster, startEmbedded } from '../../data/index.ts';
import { VERSION } from '../../http/index.ts';
import { discoverPlugins } from '../../plugins/index.ts';
import {
  completeSwitch,
  openConfigured,
  planUpgrade,
  RecoveryErrors,
  recordRelease,
  restoreBackup,
  upgrade,
  type KnownOwner,
  type UpgradePlan,
} from '../../recovery/index.ts';
import { createLog } from '../../telemetry/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { backUpNow } from './backup.ts';

interface UpgradeOptions {
  readonly check?: boolean;
  readonly rollback?: boolean;
  readonly backup: boolean;
}

/** `podlift upgrade`: brings the data of an older version up to this one, with a way back. */
export function addUpgradeCommand(program: Command, cli: Cli): void {
  program
    .command('upgrade')
    .description('show what this version would change, back up, migrate, and look whether all is well')
    .option('--check', 'only show what would be done')
    .option('--rollback', 'when it fails, put the backup back by itself')
    .option('--no-backup', 'make no backup first; for a database whose provider has just made one')
    .action(async (options: UpgradeOptions, command: Command) => {
      const output = cli.output(command);
      const config = cli.config(command);
      const log = createLog(config, process.stderr);
      if (options.check) {
        const plan = await readPlan(config);
        showPlan(output, plan);
        output.result(plan);
        return;
      }
      if (config.databaseUrl !== undefined && options.backup)
        throw new PodliftError(
          'recovery.backup_first',
          'The database belongs to a provider. Have it make a backup (a snapshot, or pg_dump), then run `podlift upgrade --no-backup`.',
          { kind: 'invalid' },
        );
      const done = await upgrade(
        {
          log,
          async plan() {
            const plan = await readPlan(config);
            showPlan(output, plan);
            return plan;
          },
          backUp: options.backup
            ? async () => {
                output.line('backing up …');
                const made = await backUpNow(config);
                output.line(`made the backup ${made.id}`);
                return made;
              }
            : undefined,
          migrate: () => migrateAndLook(config, output),
          async restore(manifest) {
            output.line(`putting back ${manifest.id} …`);
            await restoreBackup({
              destination: await openConfigured(config, false),
              manifest,
              dataDir: config.dataDir,
              masterKeys: [config.masterKey, ...config.oldMasterKeys],
              to: 'end',
              force: true,
              podlift: VERSION,
              major: manifest.postgres.major,
              log,
            });
          },
        },
        { rollback: options.rollback ?? false },
      );
      for (const { id, reason } of done.degraded) output.warn(`${id} is degraded: ${reason}`);
      if (done.outcome === 'nothing to do') output.line('Everything is up to date.');
      if (done.outcome === 'upgraded')
        output.line(`Upgraded to ${VERSION}: ${done.applied.length} migrations of the host.`);
      if (done.outcome === 'failed' || done.outcome === 'rolled back') {
        output.warn(`The upgrade failed: ${done.reason}`);
        output.warn(
          done.outcome === 'rolled back'
            ? `The data is as it was before (${done.backup}). Install the version you had, ${done.plan.from ?? 'the one before'}.`
            : `What failed was rolled back, and the version you had goes on working on this data. To go back to the moment before: install it and run \`podlift restore ${done.backup ?? '<backup>'} --force\`.`,
        );
        process.exitCode = 1;
      }
      if (done.degraded.length > 0) process.exitCode = 1;
      output.result(done);
    });
}

/** Reads the ledger without touching anything: a running installation goes on, a resting one is started and stopped. */
async function readPlan(config: Config): Promise<UpgradePlan> {
  const { sources } = await discoverPlugins([{ dir: config.pluginsDir, trusted: true }]);
  const owners: KnownOwner[] = [
    ...hostMigrations(),
    ...sources.map(({ json }) => ({ owner: json.id, migrations: json.data?.migrations ?? [] })),
  ];
  const plan = async (url: string, brought?: string): Promise<UpgradePlan> => {
    const client = await connectClient(url);
    try {
      return await planUpgrade(client, { owners, version: VERSION, ...(brought !== undefined && { brought }) });
    } finally {
      await client.end();
    }
  };
  const url = config.databaseDirectUrl ?? config.databaseUrl;
  if (url !== undefined) return plan(url);
  await completeSwitch(config.dataDir);
  const cluster = clusterOf(config.dataDir);
  if (!inspectCluster(cluster)) throw RecoveryErrors.noCluster(config.dataDir);
  const server = await startEmbedded({ dir: cluster, log: createLog(config, process.stderr) });
  try {
    return await plan(server.url('podlift'), broughtVersion());
  } finally {
    await server.close();
  }
}

async function migrateAndLook(config: Config, output: Output) {
  const { root, applied, close } = await boot(config, {
    log: createLog(config, process.stderr),
    step: (what) => output.line(`${what} …`),
  });
  try {
    const { plugins, health, database, clock } = root.cradle;
    await plugins.start();
    const degraded = plugins
      .list()
      .filter(({ state }) => state === 'degraded')
      .map(({ id, reason }) => ({ id, reason }));
    const report = await health.report();
    await plugins.stop();
    const failing = Object.entries(report.checks).filter(([, { status }]) => status === 'failing');
    if (failing.length > 0)
      throw new PodliftError(
        'recovery.unhealthy',
        failing.map(([name, { reason }]) => `${name}: ${reason ?? 'is not well'}`).join('; '),
      );
    await recordRelease(database, VERSION, clock.now());
    return { applied, degraded };
  } finally {
    await close();
  }
}

function showPlan(output: Output, { from, to, postgres, pending }: UpgradePlan): void {
  output.table({
    columns: ['what', 'is', 'becomes'],
    rows: [
      ['Podlift', from ?? 'not written down', to],
      ['PostgreSQL', postgres.running, postgres.brought ?? 'as it is'],
    ],
  });
  if (pending.length === 0) output.line('No migration is pending.');
  else
    output.table({
      title: 'Migrations that will run, each owner in one transaction',
      columns: ['owner', 'migration'],
      rows: pending.map(({ owner, name }) => [owner, name]),
    });
  if (postgres.brought !== undefined && postgres.brought !== postgres.running)
    output.line('The programs of PostgreSQL are newer than the server that runs: it changes with its next start.');
}
