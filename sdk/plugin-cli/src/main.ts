#!/usr/bin/env node
import { Command } from 'commander';
import { createFreezeCommand } from './freeze-command.ts';

const program = new Command('podlift-plugin')
  .description('Tools for authors of Podlift plugins.')
  .addCommand(createFreezeCommand(process.cwd(), { out: console.log, err: console.error }));

try {
  await program.parseAsync();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
// A plugin that was loaded may have left a timer behind, which is no reason to stay.
process.exit();
