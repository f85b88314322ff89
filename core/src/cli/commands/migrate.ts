import type { Command } from 'commander';
import { boot } from '../../app/index.ts';
import { createLog } from '../../telemetry/index.ts';
import type { Cli } from '../cli.ts';

/** `podlift migrate`: brings every schema up to date, of the host and of plugins, without serving. */
export function addMigrateCommand(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .description('bring the schemas of the host and of all plugins up to date, and say what was done')
    .action(async (_, command: Command) => {
      const output = cli.output(command);
      const config = cli.config(command);
      const { root, applied, close } = await boot(config, {
        log: createLog(config, process.stderr),
        step: (what) => output.line(`${what} …`),
      });
      try {
        const { plugins } = root.cradle;
        await plugins.start();
        const degraded = plugins.list().filter(({ state }) => state === 'degraded');
        await plugins.stop();
        for (const name of applied) output.line(`applied ${name}`);
        for (const { id, reason } of degraded) output.warn(`${id} is degraded: ${reason}`);
        output.line(
          applied.length === 0 ? 'The host was up to date.' : `Applied ${applied.length} migrations of the host.`,
        );
        output.result({ applied, degraded });
        if (degraded.length > 0) process.exitCode = 1;
      } finally {
        await close();
      }
    });
}
