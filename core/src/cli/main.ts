#!/usr/bin/env node
import { runCli } from './program.ts';

process.exitCode = (await runCli(process.argv.slice(2), process.env)) ?? process.exitCode;
// Everything has ended and was closed; a timer that a plugin left behind is no reason to stay.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => void stream.write('', () => resolve()));
process.exit();
