import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

/** `podlift search …`: what people can find. */
export function addSearchCommands(program: Command, cli: Cli): void {
  const search = program.command('search').description('list what can be found anew');

  search
    .command('rebuild <tenant>')
    .description('ask for a job that lists everything of a tenant anew; a worker does it')
    .action((given: string, _, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const tenant = await findTenant(rooms, given);
        const job = await rooms.search.requestRebuild(tenant.id);
        await rooms.audit.record(null, {
          tenant: tenant.id,
          operator: true,
          actor: { kind: 'system', id: 'cli' },
          action: 'search.rebuild',
          target: `job:${job}`,
        });
        output.line(`Job ${job} lists everything of ${tenant.slug} anew.`);
        output.result({ job });
      }),
    );
}
