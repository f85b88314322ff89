import type { Command } from 'commander';
import { describeConfig } from '../../config/index.ts';
import type { Cli } from '../cli.ts';

/** `podlift config`: what the installation was told, and where each value came from. */
export function addConfigCommand(program: Command, cli: Cli): void {
  program
    .command('config')
    .description('show the effective configuration and where each value came from; secrets are masked')
    .action((_, command: Command) => {
      const config = cli.config(command);
      const output = cli.output(command);
      const rows = describeConfig(config);
      output.table({
        columns: ['variable', 'value', 'from', 'what it is'],
        rows: rows.map(({ variable, value, source, about }) => [variable, value, source, about]),
      });
      for (const warning of config.warnings) output.warn(warning);
      output.result(rows);
    });
}
