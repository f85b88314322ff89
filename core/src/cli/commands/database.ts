import { InvalidArgumentError, type Command } from 'commander';
import { forgetStatements, readStatements, STATEMENT_ORDERS, type StatementOrder } from '../../data/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';

const WIDTH = 90;

/** `podlift database …`: what the database does. */
export function addDatabaseCommands(program: Command, cli: Cli): void {
  const database = program.command('database').description('tell what statements cost');

  database
    .command('slow')
    .description('list the dearest statements since they were measured anew; texts have no values')
    .option('--order <what>', STATEMENT_ORDERS.join(', '), readOrder, 'total')
    .option('--limit <number>', 'how many', readLimit, 20)
    .action((options: { order: StatementOrder; limit: number }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const items = await readStatements(rooms.database, options.order, options.limit);
        output.table({
          columns: ['share', 'total ms', 'mean ms', 'calls', 'in memory', 'role', 'statement'],
          rows: items.map(({ share, totalMs, meanMs, calls, hitRatio, role, statement }) => [
            percent(share),
            totalMs.toFixed(0),
            meanMs.toFixed(2),
            String(calls),
            hitRatio === null ? '' : percent(hitRatio),
            role,
            statement.replaceAll(/\s+/g, ' ').slice(0, WIDTH),
          ]),
        });
        output.result(items);
      }),
    );

  database
    .command('measure')
    .description('forget what was measured and begin anew')
    .action((_, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        await forgetStatements(rooms.database);
        await rooms.audit.record(null, {
          actor: { kind: 'system', id: 'cli' },
          action: 'database.statements_forgotten',
          target: 'database',
        });
        output.line('Statements are measured anew.');
        output.result({ measured: 'anew' });
      }),
    );
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

function readOrder(given: string): StatementOrder {
  const order = STATEMENT_ORDERS.find((one) => one === given);
  if (!order) throw new InvalidArgumentError(`Is one of ${STATEMENT_ORDERS.join(', ')}.`);
  return order;
}

function readLimit(given: string): number {
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200)
    throw new InvalidArgumentError('Is a number from 1 to 200.');
  return limit;
}
