import { Command, CommanderError } from 'commander';
import { createCli, type Cli } from './cli.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addConfigCommand } from './commands/config.ts';
import { addContributedCommands } from './commands/contributed.ts';
import { addDatabaseCommands } from './commands/database.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEventCommands } from './commands/events/index.ts';
import { addFilesCommands } from './commands/files.ts';
import { addJobCommands } from './commands/jobs.ts';
import { addKeyCommands } from './commands/key.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addNotifyCommands } from './commands/notify.ts';
import { addPortabilityCommands } from './commands/portability.ts';
import { addPluginCommands } from './commands/plugin.ts';
import { addFlagCommands } from './commands/flags.ts';
import { addUsageCommands } from './commands/usage.ts';
import { addSecretsCommands } from './commands/secrets.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addSearchCommands } from './commands/search.ts';
import { addServeCommands } from './commands/serve.ts';
import { addSubjectCommands } from './commands/subject.ts';
import { addTenantCommands } from './commands/tenant.ts';
import { addSupportBundleCommand } from './commands/support-bundle.ts';
import { addUpgradeCommand } from './commands/upgrade.ts';
import { addUserCommands } from './commands/user.ts';
import { toFailure } from './failure.ts';
import { loadConfig, type Env } from '../config/index.ts';
import { discoverPlugins, type PluginCommand } from '../plugins/index.ts';

const GROUPS: readonly ((program: Command, cli: Cli) => void)[] = [
  addServeCommands,
  addMigrateCommand,
  addTenantCommands,
  addPortabilityCommands,
  addSubjectCommands,
  addUserCommands,
  addKeyCommands,
  addFilesCommands,
  addJobCommands,
  addNotifyCommands,
  addSearchCommands,
  addPluginCommands,
  addEventCommands,
  addSecretsCommands,
  addFlagCommands,
  addUsageCommands,
  addBackupCommands,
  addRestoreCommand,
  addUpgradeCommand,
  addAuditCommands,
  addConfigCommand,
  addDatabaseCommands,
  addDoctorCommand,
  addSupportBundleCommand,
];

/** Runs one command line. Returns the exit code when it failed, otherwise leaves `process.exitCode` as the command set it. */
export async function runCli(args: readonly string[], env: Env): Promise<number | undefined> {
  const program = createProgram(createCli(env), await findContributed(env));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    if (env['PODLIFT_DEBUG']) console.error(thrown);
    const { exitCode, ...failure } = toFailure(thrown);
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`);
    process.stderr.write(`${failure.message}\n`);
    return exitCode;
  }
}

/** What plugins add. A configuration that cannot be read is told by the command that needs it. */
async function findContributed(env: Env): Promise<readonly PluginCommand[]> {
  try {
    const { pluginsDir } = loadConfig(env, { masterKey: new Uint8Array(32) });
    const { sources } = await discoverPlugins([{ dir: pluginsDir, trusted: true }]);
    return sources.flatMap(({ json }) => json.declares.commands.map((command) => ({ ...command, plugin: json.id })));
  } catch {
    return [];
  }
}

/** Every command there is. */
export function createProgram(cli: Cli, contributed: readonly PluginCommand[]): Command {
  const program = new Command('podlift')
    .description('Which ad, on which show, brought which customer. Runs and looks after a Podlift installation.')
    .option('--json', 'print one JSON value for machines; what people read goes to standard error')
    .option('--data-dir <folder>', 'where the embedded database, files and the first-start key are kept')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .showHelpAfterError('(add --help to see what there is)')
    .exitOverride();
  for (const add of GROUPS) add(program, cli);
  addContributedCommands(program, cli, contributed);
  inherit(program);
  return program;
}

/** Sub-commands throw like the program, and suggest help like it. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}
