import type { Command } from 'commander';
import { PodliftError } from '@podlift/sdk';
import type { PluginCommand } from '../../plugins/index.ts';
import { showOn, type Rooms } from '../../app/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

/** The commands that installed plugins add, from their plugin.json; their code is loaded when one runs. */
export function addContributedCommands(program: Command, cli: Cli, declared: readonly PluginCommand[]): void {
  for (const { plugin, name, description, options, tenant } of declared) {
    const command = program.command(name).description(description);
    for (const [field, property] of Object.entries(propertiesOf(options))) addFlag(command, field, property);
    if (!tenant) command.requiredOption('--tenant <tenant>', 'slug or id of the tenant to run in');
    if (tenant?.disposable) command.option('--remove', `remove the tenant ${tenant.slug} and everything in it`);
    command.action((given: Record<string, unknown> & { tenant?: string; remove?: boolean }) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          assertRuns(rooms, plugin);
          const { tenant: into, remove = false, ...values } = given;
          await rooms.plugins.runCommand({
            name,
            options: values,
            remove,
            ...(into !== undefined && { tenant: (await findTenant(rooms, into)).id }),
            io: showOn(output),
          });
          if (remove) output.line(`Removed the tenant ${tenant?.slug ?? ''}; nothing of it is left.`);
          output.result({ command: name, removed: remove });
        },
        { plugins: true },
      ),
    );
  }
}

/** @throws PodliftError that says why the plugin which brings the command does not run. */
function assertRuns({ plugins }: Rooms, id: string): void {
  const { state, reason = 'nobody knows why' } = plugins.show(id);
  if (state === 'active') return;
  throw new PodliftError('plugins.down', `${id}, which brings this command, is ${state}: ${reason}`, {
    kind: 'unavailable',
  });
}

function addFlag(command: Command, field: string, { type, description = '', default: preset }: Property): void {
  const flag = `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const help = preset === undefined ? description : `${description} (${JSON.stringify(preset)})`;
  if (type === 'boolean') command.option(flag, help);
  else if (type === 'integer' || type === 'number') command.option(`${flag} <number>`, help, Number);
  else command.option(`${flag} <value>`, help);
}

const propertiesOf = (schema: object): Readonly<Record<string, Property>> =>
  // JSON schema of a zod object, frozen by our own tool.
  'properties' in schema ? (schema.properties as Record<string, Property>) : {};
