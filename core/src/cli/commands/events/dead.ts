import type { Command } from 'commander';
import type { Rooms } from '../../../app/index.ts';
import type { DeadLetter, DeadLetterState } from '../../../events/index.ts';
import type { Cli } from '../../cli.ts';
import type { Output } from '../../output.ts';
import { useRooms } from '../../tool.ts';
import { findTenant } from '../tenant.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;

interface Options {
  readonly tenant: string;
  readonly subscriber: string;
  readonly key?: string;
  readonly all?: boolean;
  readonly reason?: string;
}

/** `podlift events dead …`: events that a handler could not take. */
export function addDeadCommands(events: Command, cli: Cli): void {
  const dead = events.command('dead').description('look after events that a handler could not take');

  dead
    .command('list')
    .description('list parked events, newest first')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--subscriber <name>', 'of one handler')
    .option('--state <state>', 'retrying, behind or dead')
    .option('--key <key>', 'of one key')
    .action(
      (options: { tenant: string; subscriber?: string; state?: DeadLetterState; key?: string }, command: Command) =>
        useRooms(cli, command, async (rooms, output) => {
          const { tenant, ...filter } = options;
          const found = await rooms.events.deadLetters.list((await findTenant(rooms, tenant)).id, {
            ...filter,
            limit: 200,
          });
          showLetters(output, found);
          output.result(found);
        }),
    );

  dead
    .command('show <event>')
    .description('show a parked event with its payload, and why it was not taken')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .requiredOption('--subscriber <name>', 'the handler')
    .action((event: string, { tenant, subscriber }: Options, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await rooms.events.deadLetters.get((await findTenant(rooms, tenant)).id, subscriber, event);
        showLetters(output, [found]);
        output.line(JSON.stringify(found.event.payload, null, 2));
        output.result(found);
      }),
    );

  dead
    .command('retry [event]')
    .description('deliver a parked event again, or --all of a handler, or all of one --key')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .requiredOption('--subscriber <name>', 'the handler')
    .option('--key <key>', 'all of one key')
    .option('--all', 'all of the handler')
    .action((event: string | undefined, options: Options, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        if (!namesOne(event, options)) refuse(command);
        const tenant = (await findTenant(rooms, options.tenant)).id;
        const { deadLetters } = rooms.events;
        const { subscriber, key } = options;
        const count = event
          ? await deadLetters
              .retry(tenant, subscriber, event, (tx) =>
                record(rooms, tx, tenant, 'event.retried', `event:${event}`, { subscriber }),
              )
              .then(() => 1)
          : await deadLetters.retryAll(tenant, subscriber, key, (tx, many) =>
              record(rooms, tx, tenant, 'event.all-retried', `subscriber:${subscriber}`, {
                eventKey: key,
                count: many,
              }),
            );
        rooms.events.wake();
        output.line(count === 1 ? 'One event is tried again.' : `${count} events are tried again.`);
        output.result({ count });
      }),
    );

  dead
    .command('discard [event]')
    .description('give a parked event up, or --all dead ones of a handler, or those of one --key')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .requiredOption('--subscriber <name>', 'the handler')
    .option('--key <key>', 'all of one key')
    .option('--all', 'all of the handler')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action((event: string | undefined, options: Options, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        if (!namesOne(event, options)) refuse(command);
        const tenant = (await findTenant(rooms, options.tenant)).id;
        const { deadLetters } = rooms.events;
        const { subscriber, key, reason } = options;
        const count = event
          ? await deadLetters
              .discard(tenant, subscriber, event, (tx) =>
                record(rooms, tx, tenant, 'event.discarded', `event:${event}`, { subscriber, reason }),
              )
              .then(() => 1)
          : await deadLetters.discardAll(tenant, subscriber, key, (tx, many) =>
              record(rooms, tx, tenant, 'event.all-discarded', `subscriber:${subscriber}`, {
                key,
                reason,
                count: many,
              }),
            );
        output.line(count === 1 ? 'One event was given up.' : `${count} events were given up.`);
        output.result({ count });
      }),
    );
}

type Transaction = Parameters<Rooms['audit']['record']>[0];

const record = (
  rooms: Rooms,
  tx: Transaction,
  tenant: string,
  action: string,
  target: string,
  details: Record<string, unknown>,
): Promise<unknown> => rooms.audit.record(tx, { tenant, operator: true, actor: ACTOR, action, target, details });

/** One event, or many by a word that cannot be meant by mistake. */
const namesOne = (event: string | undefined, { key, all }: Options): boolean =>
  [event !== undefined, key !== undefined, all === true].filter(Boolean).length === 1;

const refuse = (command: Command): never =>
  command.error('error: name one event, or say --key <key>, or --all', { exitCode: 2 });

function showLetters(output: Output, letters: readonly DeadLetter[]): void {
  if (letters.length === 0) return output.line('Nothing is parked.');
  output.table({
    columns: ['event', 'subscriber', 'type', 'key', 'state', 'attempts', 'parked', 'error'],
    rows: letters.map(({ event, subscriber, state, attempts, parkedAt, error }) => [
      event.id,
      subscriber,
      event.type,
      event.key ?? '',
      state,
      attempts,
      parkedAt.toISOString(),
      (error ?? '').split('\n')[0]?.slice(0, 80) ?? '',
    ]),
  });
}
