import type { Command } from 'commander';
import type { Cli } from '../../cli.ts';
import { useRooms } from '../../tool.ts';
import { addDeadCommands } from './dead.ts';
import { addReplayCommands } from './replay.ts';
import { addTailCommand } from './tail.ts';

/** `podlift events …`: follow what happens, bring it once more, look after what could not be delivered. */
export function addEventCommands(program: Command, cli: Cli): void {
  const events = program.command('events').description('follow events, replay them, and look after parked ones');
  addTailCommand(events, cli);
  events
    .command('subscribers')
    .description('list who listens to events, and how far they are')
    .action((_, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await rooms.events.subscribers();
        output.table({
          columns: ['subscriber', 'behind', 'oldest waiting', 'retrying', 'waiting behind', 'dead', 'replay', 'seen'],
          rows: found.map((one) => [
            one.id,
            one.behind,
            one.oldest?.toISOString() ?? '',
            one.retrying,
            one.behindAnother,
            one.dead,
            one.replay ? 'yes' : 'refused',
            one.seenAt.toISOString(),
          ]),
        });
        output.result(found);
      }),
    );
  addReplayCommands(events, cli);
  addDeadCommands(events, cli);
}
