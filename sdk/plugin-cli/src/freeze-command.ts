import { Command } from 'commander';
import { freeze, type Frozen } from './freeze.ts';
import { findPluginPackages, shownPath } from './plugin-package.ts';

/** Where a command prints. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

const MARK: Readonly<Record<Frozen['outcome'], string>> = {
  fresh: 'fresh  ',
  written: 'written',
  stale: 'STALE  ',
  failed: 'FAILED ',
};

/** `freeze [folder…] [--check]`. Sets the exit code to 1 when a plugin fails, or with `--check` is stale. */
export const createFreezeCommand = (root: string, output: Output): Command =>
  new Command('freeze')
    .description('Writes plugin.json of every plugin, from its manifest and what its setup declares.')
    .argument('[folder...]', 'plugin folders; all of plugins/*/* when none is named')
    .option('--check', 'write nothing; fail when a plugin.json is not what its source says')
    .action(async (folders: string[], options: { check?: boolean }) => {
      const check = options.check ?? false;
      const packages = findPluginPackages(root, folders);
      if (packages.length === 0) output.out('there is no plugin in plugins/*/*');
      let stale = 0;
      for (const one of packages) {
        const result = await freeze(one, { check });
        const reason = result.outcome === 'failed' ? `: ${result.reason}` : '';
        const line = `${MARK[result.outcome]} ${shownPath(root, one.json)}${reason}`;
        if (result.outcome === 'failed') output.err(line);
        else output.out(line);
        if (result.outcome === 'stale') stale++;
        if (result.outcome === 'stale' || result.outcome === 'failed') process.exitCode = 1;
      }
      if (stale > 0) output.err(`${stale} stale; write them with: npx -y pnpm@12 freeze`);
    });
