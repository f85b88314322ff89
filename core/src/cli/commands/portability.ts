import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Rooms } from '../../app/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;
const RUNNING = { plugins: true } as const;
/** Never on a command line, where everybody on the machine can read it. */
const PASSPHRASE = 'PODLIFT_PASSPHRASE';

/** `podlift tenant export|import|compare`: a tenant moves to another installation. */
export function addPortabilityCommands(program: Command, cli: Cli): void {
  const tenant = program.commands.find((one) => one.name() === 'tenant') ?? program.command('tenant');
  const passphrase = (): { passphrase: string } | undefined => {
    const given = cli.env[PASSPHRASE];
    return given ? { passphrase: given } : undefined;
  };

  tenant
    .command('export <tenant>')
    .description('write everything of a tenant into one archive')
    .requiredOption('--out <file>', 'the archive to write')
    .option('--encrypt', `encrypt the archive with the passphrase in ${PASSPHRASE}`)
    .option('--with-passwords', 'take hashed passwords along, for people who have no account there')
    .action((name: string, options: { out: string; encrypt?: boolean; withPasswords?: boolean }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await findTenant(rooms, name);
        const path = resolve(options.out);
        const manifest = await rooms.portability.exportToFile(
          {
            tenant: found.id,
            ...passphrase(),
            encrypt: options.encrypt ?? false,
            withPasswords: options.withPasswords ?? false,
            progress: output.progress,
          },
          path,
        );
        const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
        await record(rooms, found.id, 'tenant.exported', { rows, files: manifest.files.count });
        const tables = manifest.tables.filter((table) => table.rows > 0).length;
        output.line(
          `Exported ${found.slug}: ${rows} rows of ${tables} tables, ${manifest.files.count} files, ${manifest.people.count} people.`,
        );
        tellLeftOut(output, manifest.leftOut);
        if (manifest.undelivered > 0)
          output.warn(
            `${manifest.undelivered} events were still on their way to subscribers. Suspend the tenant and export it again to take their effects along.`,
          );
        output.result({
          file: path,
          id: manifest.id,
          rows,
          files: manifest.files,
          people: manifest.people.count,
          leftOut: manifest.leftOut,
        });
      }),
    );

  tenant
    .command('import <file>')
    .description('bring a tenant in from an archive; run it again to go on where it was broken off')
    .option('--as <slug>', 'its address here, when the one it had is taken')
    .option(
      '--with-passwords',
      'take over the hashed passwords in it, for people without an account here; only when you trust who made the archive',
    )
    .action((file: string, options: { as?: string; withPasswords?: boolean }, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const report = await rooms.portability.importFromFile(resolve(file), {
            ...passphrase(),
            ...(options.as !== undefined && { slug: options.as }),
            withPasswords: options.withPasswords ?? false,
            progress: output.progress,
          });
          const { people } = report;
          if (!report.before) {
            const counts = { rows: report.rows, files: report.files };
            await record(rooms, report.tenant, 'tenant.imported', counts, true);
          }
          output.line(
            `${report.before ? 'It was here already' : 'Imported'}: ${report.slug}, ${report.rows} rows of ${report.tables} tables, ${report.files} files. Every table is the same as in the archive.`,
          );
          if (people.created.length > 0) output.line(`Accounts made: ${people.created.join(', ')}`);
          if (people.toInvite.length > 0)
            output.line(`Invite them, their address is not proven: ${people.toInvite.join(', ')}`);
          tellLeftOut(output, report.leftOut);
          output.result(report);
        },
        RUNNING,
      ),
    );

  tenant
    .command('compare <tenant> <file>')
    .description('hold every table of a tenant against an archive of it; fails when one differs')
    .action((name: string, file: string, _: object, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await findTenant(rooms, name);
        const result = await rooms.portability.compare(found.id, resolve(file), passphrase()?.passphrase);
        if (result.differences.length > 0) {
          output.table({
            columns: ['table', 'rows here', 'rows there'],
            rows: result.differences.map(({ table, here, there }) => [table, here.rows, there.rows]),
          });
          process.exitCode = 1;
        } else output.line(`The same: ${result.rows} rows in ${result.compared} tables.`);
        output.result(result);
      }),
    );
}

/** What nothing sealed, and somebody must enter again. */
function tellLeftOut(output: Output, leftOut: readonly { readonly table: string; readonly what: string }[]): void {
  if (leftOut.length === 0) return;
  output.line(`Left out; enter it again, or export with a passphrase in ${PASSPHRASE}:`);
  output.table({ columns: ['table', 'what'], rows: leftOut.map(({ table, what }) => [table, what]) });
}

/** In the trail of the operator; what came in stays as it came. */
const record = (
  { audit }: Rooms,
  tenant: string,
  action: string,
  details: Readonly<Record<string, unknown>>,
  operatorOnly = false,
): Promise<string> =>
  audit.record(null, {
    ...(operatorOnly ? {} : { tenant, operator: true }),
    actor: ACTOR,
    action,
    target: `tenant:${tenant}`,
    details,
  });
