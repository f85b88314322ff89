import { uuidv7, type Actor } from '@podlift/sdk';
import { target, type DeclaredCommand } from '@podlift/sdk/kernel';
import { invoke } from '../calls/invoke.ts';
import type { CommandOutput } from '../calls/table.ts';
import type { World } from '../calls/world.ts';
import { PluginErrors } from '../errors.ts';
import { ensureTenant, removeTenant } from './tenants.ts';

/** A command line that a plugin adds. */
export interface PluginCommand extends DeclaredCommand {
  readonly plugin: string;
}

/** One run of a command. */
export interface CommandRequest {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Id of the tenant to run in, for commands that bring none of their own. */
  readonly tenant?: string;
  /** Purges the command's own tenant instead of running. */
  readonly remove?: boolean;
  readonly actor?: Actor;
  readonly io?: (message: CommandOutput) => void;
  readonly signal?: AbortSignal;
}

const ACTOR: Actor = { kind: 'system', id: 'cli' };

/** The commands of all plugins that run, sorted by name. */
export const listCommands = ({ loaded }: Pick<World, 'loaded'>): readonly PluginCommand[] =>
  [...loaded.values()]
    .flatMap(({ id, json }) => json.declares.commands.map((command) => ({ ...command, plugin: id })))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Runs a command inside its tenant, which is made when it is not there. A command may take as long as it needs. */
export async function runCommand(world: World, request: CommandRequest): Promise<void> {
  const { name, options, remove = false, io } = request;
  const command = listCommands(world).find((one) => one.name === name);
  if (!command) throw PluginErrors.nobodyAnswers(`the command ${name}`);
  if (remove) {
    if (!command.tenant?.disposable) throw PluginErrors.nothingToRemove(name);
    await removeTenant(world.deps, command.tenant.slug);
    return;
  }
  const tenant = command.tenant ? await ensureTenant(world.deps, command.tenant) : request.tenant;
  if (tenant === undefined) throw PluginErrors.tenantUnknown();
  await invoke(world, {
    plugin: command.plugin,
    target: target.command(name),
    input: options,
    tenant,
    actor: request.actor ?? ACTOR,
    trace: uuidv7(),
    timeoutMs: Infinity,
    listen: { ...(io && { io }) },
  });
}
