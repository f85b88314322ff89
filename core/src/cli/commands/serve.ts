import { join } from 'node:path';
import type { Command } from 'commander';
import { BOOT_JOURNAL, runFirstStart, startPodlift, type Role } from '../../app/index.ts';
import type { Config } from '../../config/index.ts';
import { reportToSupervisor, supervise } from '../../plugins/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';

interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly empty?: boolean;
}

const ROLES: readonly { readonly name: string; readonly role: Role; readonly description: string }[] = [
  { name: 'start', role: 'all', description: 'run everything: the API and the work behind it' },
  { name: 'api', role: 'api', description: 'answer requests; the work is left to workers' },
  { name: 'worker', role: 'worker', description: 'do the work: events, jobs, clean-up; no socket' },
];

/** `podlift start|api|worker`. */
export function addServeCommands(program: Command, cli: Cli): void {
  for (const { name, role, description } of ROLES) {
    const command = program.command(name).description(description);
    if (role !== 'worker')
      command
        .option('--port <number>', 'port to listen on; 0 picks a free one')
        .option('--host <address>', 'address to listen on');
    if (role === 'all') command.option('--empty', 'do not load the demo at the first start');
    command.action(async (options: ServeOptions) => {
      const config = cli.config(command, {
        logLevel: cli.env['PODLIFT_LOG_LEVEL'] ? undefined : 'info',
        ...(options.port !== undefined && { port: options.port }),
        ...(options.host !== undefined && { host: options.host }),
      });
      const output = cli.output(command);
      process.exitCode = cli.env['PODLIFT_SUPERVISED']
        ? await serve(config, role, options, output)
        : await superviseSelf(config, output);
    });
  }
}

/** Watches over a child that runs the same command line: a plugin that takes the process down costs a restart, not the product. */
function superviseSelf(config: Config, output: Output): Promise<number> {
  const [, script = '', ...args] = process.argv;
  return supervise({ script, args, journal: join(config.dataDir, BOOT_JOURNAL), say: (line) => output.warn(line) });
}

async function serve(config: Config, role: Role, options: ServeOptions, output: Output): Promise<number> {
  for (const warning of config.warnings) output.warn(warning);
  const supervisor = reportToSupervisor();
  // A database of its own has to be closed, however early the end is asked for; nothing else outlives a process that only starts.
  let holds = config.databaseUrl === undefined;
  const end = listenForEnd(() => holds);
  const started = performance.now();
  const podlift = await startPodlift(config, role);
  holds = true;
  supervisor.ready();
  const { server, rooms, isNew } = podlift;
  const stopped = end.asked.then(podlift.stop).then(
    () => 0,
    (error: unknown) => {
      rooms.log.error({ err: error }, 'Podlift did not end in order');
      return 1;
    },
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  output.line(server ? `Podlift is ready at ${server.url} (${seconds} s).` : `The worker is ready (${seconds} s).`);
  if (server && rooms.notify.mailbox)
    output.line(`Mails stay here, at ${server.url}/mailbox, until PODLIFT_SMTP_URL is set.`);
  for (const { id, reason } of rooms.plugins.list().filter(({ state }) => state === 'degraded'))
    output.warn(`${id} is degraded: ${reason}`);
  /** What follows is a courtesy: it neither ends the product nor complains when the end was asked for. */
  const tryTo = async (what: string, run: () => Promise<void>): Promise<void> => {
    if (end.isAsked()) return;
    await run().catch((error: unknown) => {
      if (!end.isAsked()) output.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  if (server) await tryTo("The owner's link could not be made", () => sayOwnerLink(rooms.identity, server.url, output));
  if (server && role === 'all' && isNew && !options.empty)
    await tryTo('The demo was not loaded', () => runFirstStart(rooms, output));
  return stopped;
}

async function sayOwnerLink(
  identity: { createSetupLink(publicUrl?: string): Promise<string | undefined> },
  url: string,
  output: Output,
): Promise<void> {
  const link = await identity.createSetupLink(url);
  if (!link) return;
  output.line('Nobody owns this installation yet. Open this link once, within a day, to become its owner:');
  output.line(`  ${link}`);
}

/** A terminal sends its signal to every process, and the supervisor passes it on: what comes so soon is the same one. */
const SAME_SIGNAL_MS = 1000;

/**
 * From now on a signal asks for the end instead of ending the process, also while it starts: what was begun has to be closed.
 * Who asks again does not wait.
 */
function listenForEnd(holds: () => boolean): { readonly asked: Promise<void>; isAsked(): boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let since: number | undefined;
  const onSignal = (): void => {
    if (!holds()) process.exit(0);
    if (since !== undefined && performance.now() - since > SAME_SIGNAL_MS) process.exit(1);
    since ??= performance.now();
    resolve();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { asked: promise, isAsked: () => since !== undefined };
}
