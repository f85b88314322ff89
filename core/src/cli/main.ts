#!/usr/bin/env node
import { runCli } from './program.ts';

// Whoever reads has gone (`podlift … | head`): what is left to say is said to nobody, and saying so would not be heard either.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = (await runCli(process.argv.slice(2), process.env)) ?? process.exitCode;
