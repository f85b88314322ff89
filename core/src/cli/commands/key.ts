import { InvalidArgumentError, type Command } from 'commander';
import { EVERYTHING } from '../../access/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;

/** `podlift key …`: API keys of a tenant. */
export function addKeyCommands(program: Command, cli: Cli): void {
  const key = program.command('key').description('create, list and revoke API keys');

  key
    .command('create')
    .description('create a key; it is shown once')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .requiredOption('--name <name>', 'what it is for')
    .option('--write', 'a write key: it may stand in a web page and only sends hits')
    .option('--scopes <list>', 'permissions with commas, as in campaigns:read,attribution:run', '*')
    .option('--days <number>', 'expires after so many days', readDays)
    .action(
      (options: { tenant: string; name: string; write?: boolean; scopes: string; days?: number }, command: Command) =>
        useRooms(cli, command, async (rooms, output) => {
          const tenant = await findTenant(rooms, options.tenant);
          const expiresAt = options.days ? new Date(rooms.clock.now() + options.days * 86_400_000) : undefined;
          const scopes = options.scopes === '*' ? undefined : options.scopes.split(',').map((one) => one.trim());
          const issued = await rooms.identity.keys.create({
            tenant: tenant.id,
            name: options.name,
            kind: options.write ? 'write' : 'secret',
            scopes: scopes ?? [EVERYTHING],
            role: 'owner',
            by: 'cli',
            ...(expiresAt && { expiresAt }),
            witness: (tx, { id, name, kind, scopes: given }) =>
              rooms.audit.record(tx, {
                tenant: tenant.id,
                operator: true,
                actor: ACTOR,
                action: 'key.created',
                target: `key:${id}`,
                details: { name, kind, scopes: given },
              }),
          });
          output.line(issued.key);
          output.warn('Keep it now: it is not shown again.');
          output.result(issued);
        }),
    );

  key
    .command('list')
    .description('list the keys of a tenant')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action((options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const keys = await rooms.identity.keys.list((await findTenant(rooms, options.tenant)).id);
        output.table({
          columns: ['id', 'name', 'kind', 'begins', 'status', 'scopes', 'last used'],
          rows: keys.map((one) => [
            one.id,
            one.name,
            one.kind,
            one.start,
            one.status,
            one.scopes.join(' '),
            one.lastUsedAt?.toISOString() ?? '',
          ]),
        });
        output.result(keys);
      }),
    );

  key
    .command('revoke <id>')
    .description('revoke a key at once')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action((id: string, options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const tenant = await findTenant(rooms, options.tenant);
        await rooms.identity.keys.revoke(tenant.id, id, (tx, { name }) =>
          rooms.audit.record(tx, {
            tenant: tenant.id,
            operator: true,
            actor: ACTOR,
            action: 'key.revoked',
            target: `key:${id}`,
            details: { name },
          }),
        );
        output.line(`Revoked the key ${id}.`);
        output.result({ id, status: 'revoked' });
      }),
    );
}

function readDays(given: string): number {
  const days = Number(given);
  if (!Number.isInteger(days) || days < 1 || days > 36_500)
    throw new InvalidArgumentError('Use a whole number of days, at least 1.');
  return days;
}
