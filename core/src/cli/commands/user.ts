import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { PodliftError } from '@podlift/sdk';
import { isRole, ROLES, type Role } from '../../access/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;

/** `podlift user …`: people of the installation. */
export function addUserCommands(program: Command, cli: Cli): void {
  const user = program.command('user').description('list and create people, reset passwords');

  user
    .command('list')
    .description('list people, oldest first')
    .action((_, command: Command) =>
      useRooms(cli, command, async ({ identity }, output) => {
        const { items } = await identity.users.list({ limit: 200 });
        output.table({
          columns: ['e-mail', 'name', 'operator', 'id'],
          rows: items.map(({ email, name, operator, id }) => [email, name, operator ? 'yes' : '', id]),
        });
        output.result(items);
      }),
    );

  user
    .command('create <email>')
    .description('create somebody; the password is read from PODLIFT_PASSWORD or made up and shown once')
    .option('--name <name>', 'what others read; the e-mail address otherwise')
    .option('--operator', 'runs the installation')
    .option('--tenant <tenant>', 'makes them a member of this tenant')
    .option('--role <role>', 'their role there', 'owner')
    .action(
      (
        email: string,
        options: { name?: string; operator?: boolean; tenant?: string; role: string },
        command: Command,
      ) =>
        useRooms(cli, command, async (rooms, output) => {
          const password = passwordOf(cli);
          // What cannot be is told before anybody is made.
          const tenant = options.tenant && (await findTenant(rooms, options.tenant)).id;
          const role = roleOf(options.role);
          const { users, members } = rooms.identity;
          const made = await users.create(
            { email, name: options.name ?? email, password: password.value },
            (tx, { id }) => rooms.audit.record(tx, { actor: ACTOR, action: 'user.created', target: `user:${id}` }),
          );
          const target = `user:${made.id}`;
          if (options.operator)
            await users.setOperator(made.id, true, 'cli', (tx) =>
              rooms.audit.record(tx, { actor: ACTOR, action: 'operator.granted', target }),
            );
          if (tenant)
            await members.add(tenant, email, role, (tx) =>
              rooms.audit.record(tx, {
                tenant,
                operator: true,
                actor: ACTOR,
                action: 'member.added',
                target,
                details: { role },
              }),
            );
          output.line(`Created ${made.email} (${made.id}).`);
          if (password.madeUp) output.line(`Password, shown once: ${password.value}`);
          output.result({
            ...made,
            operator: options.operator === true,
            ...(password.madeUp && { password: password.value }),
          });
        }),
    );

  user
    .command('reset-password <email>')
    .description('set a new password and end every session')
    .action((email: string, _, command: Command) =>
      useRooms(cli, command, async ({ identity, audit }, output) => {
        const password = passwordOf(cli);
        const changed = await identity.users.resetPassword(email, password.value, (tx, { id }) =>
          audit.record(tx, { actor: ACTOR, action: 'user.password_reset', target: `user:${id}` }),
        );
        output.line(`Reset the password of ${changed.email}; all sessions ended.`);
        if (password.madeUp) output.line(`Password, shown once: ${password.value}`);
        output.result({ ...changed, ...(password.madeUp && { password: password.value }) });
      }),
    );
}

function roleOf(given: string): Role {
  if (isRole(given)) return given;
  throw new PodliftError('identity.role_unknown', `There is no role "${given}". Use one of ${ROLES.join(', ')}.`, {
    kind: 'invalid',
  });
}

/** A password on the command line would stand in the shell's history. */
function passwordOf({ env }: Cli): { value: string; madeUp: boolean } {
  const given = env['PODLIFT_PASSWORD'];
  return given ? { value: given, madeUp: false } : { value: randomBytes(15).toString('base64url'), madeUp: true };
}
