import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { noteAct } from '../../audit/index.ts';
import { VERSION } from '../../http/index.ts';
import { findBackup, openConfigured, parsePoint, RecoveryErrors, restoreBackup } from '../../recovery/index.ts';
import { createLog } from '../../telemetry/index.ts';
import type { Cli } from '../cli.ts';

/** `podlift restore`: puts an installation back as it was. */
export function addRestoreCommand(program: Command, cli: Cli): void {
  program
    .command('restore <backup>')
    .description('put database and files back as they were; `latest` is the newest backup')
    .option('--to <time>', 'a moment after the backup, with its zone (2026-11-24T10:15:00Z), or `latest`')
    .option('--force', 'move what is there aside; nothing is ever deleted')
    .action(async (id: string, options: { to?: string; force?: boolean }, command: Command) => {
      const output = cli.output(command);
      const to = parsePoint(options.to);
      const { dataDir } = command.optsWithGlobals<{ dataDir?: string }>();
      const folder = dataDir ?? cli.env['PODLIFT_DATA_DIR'] ?? '.data';
      // Reading the configuration would make a key, and it would be the wrong one.
      if (!cli.env['PODLIFT_MASTER_KEY'] && !existsSync(join(folder, 'master.key')))
        throw RecoveryErrors.masterKeyMissing(folder);
      const config = cli.config(command);
      const destination = await openConfigured(config, false);
      const restored = await restoreBackup({
        destination,
        manifest: await findBackup(destination, id),
        dataDir: config.dataDir,
        masterKeys: [config.masterKey, ...config.oldMasterKeys],
        to,
        force: options.force ?? false,
        podlift: VERSION,
        major: POSTGRES_MAJOR,
        log: createLog(config, process.stderr),
        progress: (what, bytes) => output.progress(`writing ${what}`, Math.round(bytes / 2 ** 20), 0),
      });
      await noteAct(config.dataDir, {
        actor: { kind: 'system', id: 'cli' },
        action: 'backup.restored',
        target: `backup:${restored.backup}`,
        details: { state: restored.state, missingFiles: restored.missingFiles },
      });
      output.line(`Restored ${restored.backup} as of ${restored.state} in ${(restored.ms / 1000).toFixed(1)} s.`);
      for (const aside of restored.aside) output.line(`What was there before is in ${aside}.`);
      if (restored.missingFiles > 0)
        output.warn(`${restored.missingFiles} files that were put after the backup are lost; their rows are there.`);
      output.line('Start Podlift again.');
      output.result(restored);
    });
}

/** Of the server that comes with this version. */
const POSTGRES_MAJOR = '18';
