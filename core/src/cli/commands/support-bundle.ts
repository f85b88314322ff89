import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { clusterOf } from '../../data/index.ts';
import { doctorDeps } from '../../app/index.ts';
import { writeBundle } from '../../recovery/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';

/** `podlift support-bundle`: what helps others to help, without secrets and without people. */
export function addSupportBundleCommand(program: Command, cli: Cli): void {
  program
    .command('support-bundle')
    .description('collect versions, configuration, findings and logs into one file, without secrets and without people')
    .option('--out <file>', 'where to write it', 'podlift-support.tar.gz')
    .option('--log-file <file...>', 'files whose last lines go in, beside the log of the embedded database')
    .action((options: { out: string; logFile?: string[] }, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const out = resolve(options.out);
          const own = rooms.database.embedded ? [join(clusterOf(rooms.config.dataDir), 'server.log')] : [];
          const names = await writeBundle(
            { ...doctorDeps(rooms), plugins: rooms.plugins, metrics: rooms.metrics },
            { out, logFiles: [...(options.logFile ?? []), ...own] },
          );
          output.line(`Wrote ${out}: ${names.join(', ')}.`);
          output.line(
            'Secrets, addresses and keys were taken out as far as their form tells. Look into it before you send it.',
          );
          output.result({ out, files: names });
        },
        { plugins: true },
      ),
    );
}
