import type { Command } from 'commander';
import { letterShelf, type Rooms } from '../../app/index.ts';
import { rotateKeys, verifyKeys, type KeyReport } from '../../settings/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

/** `podlift secrets …`: what is sealed, and the exchange of the master key that seals it. */
export function addSecretsCommands(program: Command, cli: Cli): void {
  const secrets = program.command('secrets').description('list sealed secrets, and exchange the master key');

  secrets
    .command('list')
    .description('list the secrets of a tenant by name; what they are is never shown')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action((options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const kept = await rooms.secrets.list((await findTenant(rooms, options.tenant)).id);
        output.table({
          columns: ['plugin', 'name', 'since', 'by'],
          rows: kept.map(({ owner, name, updatedAt, updatedBy }) => [owner, name, updatedAt.toISOString(), updatedBy]),
        });
        output.result(kept);
      }),
    );

  secrets
    .command('rotate')
    .description(
      'seal everything with the key in PODLIFT_MASTER_KEY; every running node must know it, and the earlier ones from PODLIFT_MASTER_KEYS_OLD',
    )
    .action((_, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const {
          from,
          to,
          secrets: sealed,
          roles,
          report,
        } = await rotateKeys({
          ...keysOf(rooms),
          progress: (label, done, total) => output.progress(label, done, total),
        });
        await rooms.audit.record(null, {
          operator: true,
          actor: { kind: 'system', id: 'cli' },
          action: 'keys.rotated',
          target: `key:${to}`,
          details: { from, to, secrets: sealed, roles, complete: report.ok },
        });
        output.line(
          `Sealed ${sealed} texts anew and changed the passwords of ${roles.length} roles. Active key: ${to}.`,
        );
        show(output, report);
        output.result({ from, to, secrets: sealed, roles, report });
      }),
    );

  secrets
    .command('verify')
    .description(
      'open every secret and tell under which master key everything is; fails when something is left under an earlier one',
    )
    .action((_, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const report = await verifyKeys(keysOf(rooms));
        show(output, report);
        output.result(report);
      }),
    );
}

const keysOf = ({ database, clock, keyring, config }: Rooms) => ({
  database,
  clock,
  keyring,
  masterKeys: [config.masterKey, ...config.oldMasterKeys] as const,
  shelves: [letterShelf],
});

function show(output: Output, report: KeyReport): void {
  const { newest, sealed, root, roles, unreadable, unneeded, nodes } = report;
  output.table({
    columns: ['what', 'key'],
    rows: [
      ...Object.entries(sealed).flatMap(([what, counts]) =>
        Object.entries(counts).map(([kid, count]) => [`${count} ${what}`, kid]),
      ),
      ['signatures', root],
      ...Object.entries(roles).map(([role, kid]) => [`password of ${role}`, kid ?? 'none that is known']),
      ...nodes.map(({ name, active, known }) => [`node ${name}`, `${active} (knows ${known.join(', ')})`]),
    ],
  });
  for (const { tenant, owner, name } of unreadable)
    output.warn(`The secret ${name} of ${owner} in the tenant ${tenant} does not open; enter it again.`);
  if (report.ok && unneeded.length > 0)
    output.line(
      `Nothing is left under ${unneeded.join(' and ')}: take it out of PODLIFT_MASTER_KEYS_OLD and restart the nodes one by one.`,
    );
  else if (report.ok) output.line(`Everything is under ${newest}.`);
  if (report.ok) return;
  output.warn(`Not everything is under ${newest}. Run \`podlift secrets rotate\`.`);
  process.exitCode = 1;
}
