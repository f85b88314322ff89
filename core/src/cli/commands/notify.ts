import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

/** `podlift notify …`: whether mails leave, and how messages fared. */
export function addNotifyCommands(program: Command, cli: Cli): void {
  const notify = program
    .command('notify')
    .description('mails and messages: try the mail server, see what was not delivered');

  notify
    .command('test')
    .description('send a test mail now and say what the mail server answered')
    .requiredOption('--to <address>', 'where to')
    .action((options: { to: string }, command: Command) =>
      useRooms(cli, command, async ({ notify: { driver, sendTest }, config }, output) => {
        const sent = await sendTest(options.to);
        output.table({
          columns: ['', ''],
          rows: [
            ['by', driver.kind],
            ['from', driver.from],
            ['to', options.to],
            ['Message-ID', sent.messageId],
            ['answer', sent.answer],
          ],
        });
        if (driver.kind === 'mailbox')
          output.warn(`No mail server is configured (PODLIFT_SMTP_URL), so it was kept: ${config.publicUrl}/mailbox`);
        output.result({ by: driver.kind, from: driver.from, to: options.to, ...sent });
      }),
    );

  notify
    .command('check')
    .description('connect to the mail server and sign in, without sending anything')
    .action((_: object, command: Command) =>
      useRooms(cli, command, async ({ notify: { driver } }, output) => {
        const { ok, note } = await driver.check();
        output.line(note);
        output.result({ by: driver.kind, from: driver.from, ok, note });
        if (!ok) process.exitCode = 1;
      }),
    );

  notify
    .command('deliveries')
    .description('list messages that left a tenant by mail and other channels, newest first')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--state <state>', 'waiting, digest, sent, failed or skipped', 'failed')
    .action((options: { tenant: string; state: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id } = await findTenant(rooms, options.tenant);
        const found = await rooms.notify.deliveries(id, options.state);
        if (found.length === 0) output.line(`No message of ${options.tenant} is ${options.state}.`);
        else
          output.table({
            columns: ['id', 'kind', 'channel', 'to', 'attempts', 'when', 'why'],
            rows: found.map((one) => [
              one.id,
              one.kind,
              one.channel,
              one.userId || 'workspace',
              String(one.attempts),
              one.createdAt.toISOString(),
              one.error ?? '',
            ]),
          });
        output.result(found);
      }),
    );
}
