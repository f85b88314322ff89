import type { Command } from 'commander';
import { loadConfig, type Config, type ConfigOverrides, type Env } from '../config/index.ts';
import { createOutput, type Output } from './output.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly dataDir?: string;
  readonly logLevel?: Config['logLevel'];
}

/** What a command gets: its output, the configuration, and the product's rooms for as long as it runs. */
export interface Cli {
  readonly env: Env;
  output(command: Command): Output;
  /** The configuration with what the command line says on top. */
  config(command: Command, overrides?: ConfigOverrides): Config;
}

/** Commands talk to people: what the product would log is shown only when something is wrong. */
const QUIET: Config['logLevel'] = 'warn';

/** Variables of the command line itself, which are no configuration. */
const OWN = new Set(['PODLIFT_PASSWORD', 'PODLIFT_PASSPHRASE', 'PODLIFT_SUPERVISED']);

export function createCli(env: Env): Cli {
  const told = Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.has(name)));
  return {
    env,
    output: (command) => createOutput({ json: command.optsWithGlobals<GlobalOptions>().json ?? false }),
    config(command, overrides = {}) {
      const { dataDir, logLevel } = command.optsWithGlobals<GlobalOptions>();
      const quiet = env['PODLIFT_LOG_LEVEL'] || env['LOG_LEVEL'] ? undefined : QUIET;
      const level = logLevel ?? overrides.logLevel ?? quiet;
      return loadConfig(told, {
        ...overrides,
        ...(dataDir !== undefined && { dataDir }),
        ...(level !== undefined && { logLevel: level }),
      });
    },
  };
}
