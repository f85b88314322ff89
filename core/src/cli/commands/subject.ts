import { resolve } from 'node:path';
import { PodliftError, type Identifier } from '@podlift/sdk';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const RUNNING = { plugins: true } as const;
const BY = 'system:cli';
const TENANT = ['--tenant <tenant>', 'slug or id'] as const;
const IS = ['--is <kind=value...>', 'a name of the person: email=ada@example.com, user=…, anonymous=…'] as const;

interface Options {
  readonly tenant: string;
  readonly is: readonly string[];
  readonly note?: string;
}

/** `podlift subject …`: what is kept about one person is handed out or erased. `podlift retention …`: what is past its time goes. */
export function addSubjectCommands(program: Command, cli: Cli): void {
  const subject = program.command('subject').description("export and erase one person's data");

  subject
    .command('export')
    .description('write everything that is kept about a person into an archive')
    .requiredOption(...TENANT)
    .requiredOption(...IS)
    .requiredOption('--out <file>', 'the archive to write')
    .option('--note <text>', 'where the request is kept elsewhere, such as a ticket')
    .action((options: Options & { out: string }, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const { id: tenant } = await findTenant(rooms, options.tenant);
          const { subjects } = rooms.portability;
          const { id } = await subjects.create(tenant, { kind: 'export', by: BY, ...named(options) });
          const done = await subjects.run(tenant, id, { step: stepOn(output) });
          await subjects.save(tenant, id, resolve(options.out));
          output.line(`Written to ${options.out}; request ${id}.`);
          output.result({ ...done, file: resolve(options.out) });
        },
        RUNNING,
      ),
    );

  subject
    .command('erase')
    .description('delete or clear what is kept about a person, as every column declares it')
    .requiredOption(...TENANT)
    .requiredOption(...IS)
    .option('--account', 'also the account with which the person signs in here')
    .option('--note <text>', 'where the request is kept elsewhere, such as a ticket')
    .action((options: Options & { account?: boolean }, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const { id: tenant } = await findTenant(rooms, options.tenant);
          const { subjects } = rooms.portability;
          const { id } = await subjects.create(tenant, { kind: 'erase', by: BY, ...named(options) });
          const account = options.account ?? false;
          const done = await subjects.run(tenant, id, { account, step: stepOn(output) });
          showReport(output, done.report);
          output.line(`Erased; request ${id}.`);
          output.result(done);
        },
        RUNNING,
      ),
    );

  subject
    .command('list')
    .description('list the requests of persons')
    .requiredOption(...TENANT)
    .action((options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id: tenant } = await findTenant(rooms, options.tenant);
        const all = await rooms.portability.subjects.list(tenant, { limit: 200 });
        output.table({
          columns: ['request', 'kind', 'state', 'by', 'due', 'note'],
          rows: all.map(({ id, kind, state, givenBy, dueAt, note }) => [
            id,
            kind,
            state,
            givenBy.join(', '),
            dueAt.toISOString().slice(0, 10),
            note ?? '',
          ]),
        });
        output.result(all);
      }),
    );

  subject
    .command('retry <request>')
    .description('go on with a request that failed or was broken off')
    .requiredOption(...TENANT)
    .action((request: string, options: { tenant: string }, command: Command) =>
      useRooms(
        cli,
        command,
        async (rooms, output) => {
          const { id: tenant } = await findTenant(rooms, options.tenant);
          const done = await rooms.portability.subjects.run(tenant, request, { step: stepOn(output) });
          output.line(`The request is ${done.state}.`);
          output.result(done);
        },
        RUNNING,
      ),
    );

  subject
    .command('reapply')
    .description('erase again who was erased before: after a restore of the database, or after an import')
    .requiredOption(...TENANT)
    .action((options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id: tenant } = await findTenant(rooms, options.tenant);
        const erased = await rooms.portability.subjects.reapply(tenant);
        showReport(output, { erased });
        output.line(erased.length === 0 ? 'Nothing of anybody who was erased is here.' : 'Erased again.');
        output.result({ erased });
      }),
    );

  program
    .command('retention')
    .description('show what is removed after how many days, or remove what is due')
    .requiredOption(...TENANT)
    .option('--run', 'remove what is due now; the product does it every night')
    .action((options: { tenant: string; run?: boolean }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id: tenant } = await findTenant(rooms, options.tenant);
        const report = await rooms.portability.retain(tenant, { dryRun: !options.run });
        const { removed, hold, unknown } = report;
        if (hold !== undefined) output.warn(`Nothing is deleted while a legal hold is in force: ${hold}`);
        output.table({
          title: options.run ? 'Removed' : 'Due now',
          columns: ['table', 'deleted', 'cleared'],
          rows: removed.map(({ table, deleted, cleared }) => [table, deleted, cleared]),
        });
        for (const table of unknown) output.warn(`${table} promises an end and does not say from when it counts.`);
        output.result(report);
      }),
    );
}

function named({ is, note }: Options): { identifiers: Identifier[]; note?: string } {
  const identifiers = is.map((text) => {
    const at = text.indexOf('=');
    if (at < 1)
      throw new PodliftError('cli.bad_name', `"${text}" does not name a person. Write it like email=ada@example.com.`, {
        kind: 'invalid',
      });
    return { kind: text.slice(0, at), value: text.slice(at + 1) };
  });
  return { identifiers, ...(note !== undefined && { note }) };
}

const stepOn =
  (output: Output) =>
  (_: string, done: number, total: number): void => {
    if (total > 0) output.progress('tables', done, total);
  };

/** The report is what erasing returned, kept as JSON. */
function showReport(output: Output, report: unknown): void {
  const { erased = [] } = report as {
    erased?: readonly {
      table: string;
      deleted: number;
      cleared: number;
      kept: number;
      keeps?: readonly { column: string; purpose: string }[];
    }[];
  };
  output.table({
    columns: ['table', 'deleted', 'cleared', 'kept', 'why'],
    rows: erased.map(({ table, deleted, cleared, kept, keeps = [] }) => [
      table,
      deleted,
      cleared,
      kept,
      keeps.map(({ column, purpose }) => `${column}: ${purpose}`).join('; '),
    ]),
  });
}
