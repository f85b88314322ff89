import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PodliftError } from '@podlift/sdk';
import type { Rooms } from '../../app/index.ts';
import {
  checkChain,
  EXPORT_FORMATS,
  exportChain,
  fromLines,
  INSTALLATION,
  verifyChains,
  type AuditRecord,
  type ChainReport,
  type ExportFormat,
} from '../../audit/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

interface ListOptions {
  readonly tenant?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly limit: number;
}

/** `podlift audit …`: who did what, and whether somebody touched the record of it. */
export function addAuditCommands(program: Command, cli: Cli): void {
  const audit = program.command('audit').description('read, verify and export who did what');

  audit
    .command('list')
    .description('list acts, newest first: those of the installation, or of one tenant')
    .option('--tenant <tenant>', 'slug or id')
    .option('--actor <id>', 'only acts of this user, key or part of the host')
    .option('--action <action>', 'only this action, as in tenant.suspended')
    .option('--target <target>', 'only acts on this, as in plugin:podlift.tracking')
    .option('--from <time>', 'only from this time on, as in 2026-11-24 or 2026-11-24T20:00:00Z', readTime)
    .option('--until <time>', 'only before this time', readTime)
    .option('--limit <number>', 'at most so many', readCount, 50)
    .action(({ tenant, ...filter }: ListOptions, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = tenant
          ? await rooms.audit.list((await findTenant(rooms, tenant)).id, filter)
          : await rooms.audit.listOperator(filter);
        showActs(output, found);
        output.result(found);
      }),
    );

  audit
    .command('verify')
    .description('find acts that were changed, removed, inserted, moved or cut off; fails when there is one')
    .option('--tenant <tenant>', 'only the chain of this tenant; of the installation and all tenants otherwise')
    .option('--file <export>', 'an export in place of the database')
    .action((options: { tenant?: string; file?: string }, command: Command) =>
      options.file === undefined
        ? useRooms(cli, command, async (rooms, output) => {
            const chain = options.tenant && (await findTenant(rooms, options.tenant)).id;
            const { database, anchors } = rooms;
            await tell(output, verifyChains({ database, ...(anchors && { anchors }) }, chain));
          })
        : tell(cli.output(command), verifyFile(options.file)),
    );

  audit
    .command('export')
    .description('write sealed acts with their proofs to standard output or a file')
    .option('--tenant <tenant>', 'slug or id; the installation otherwise')
    .addOption(
      new Option('--format <format>', 'lines that can be verified, or a table')
        .choices(EXPORT_FORMATS)
        .default('ndjson'),
    )
    .option('--after <place>', 'only acts after this place of the chain', readCount)
    .option('--out <file>', 'where to write')
    .action((options: { tenant?: string; format: ExportFormat; after?: number; out?: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { format, after, out } = options;
        const chain = options.tenant ? (await findTenant(rooms, options.tenant)).id : INSTALLATION;
        const text = exportChain(rooms.database, { chain, format, ...(after !== undefined && { after }) });
        if (out === undefined && output.json)
          throw new PodliftError(
            'cli.out_missing',
            'Name a file with --out: --json prints one value, and an export is many.',
            {
              kind: 'invalid',
            },
          );
        // Standard output goes on after an export.
        await pipeline(
          Readable.from(text),
          out === undefined ? process.stdout : createWriteStream(out, { mode: 0o600 }),
          {
            end: out !== undefined,
          },
        );
        await rooms.audit.record(null, {
          ...(chain === INSTALLATION ? {} : { tenant: chain, operator: true }),
          actor: { kind: 'system', id: 'cli' },
          action: 'audit.exported',
          target: chain === INSTALLATION ? 'audit:installation' : `audit:${chain}`,
          details: { format, ...(after !== undefined && { after }) },
        });
        output.result({ chain, format, file: out });
      }),
    );

  audit
    .command('anchors')
    .description('show the newest anchors, and where they are kept; `--write` writes what is due now')
    .option('--write', 'seal what has committed and anchor it at once')
    .action((options: { write?: boolean }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const anchors = anchorsOf(rooms);
        if (options.write) {
          await rooms.auditSealer.seal();
          await anchors.write(true);
        }
        const { chains, unreadable } = await anchors.read();
        const newest = [...chains].flatMap(([chain, all]) =>
          all.slice(-1).map((one) => ({ chain: nameOf(chain), ...one })),
        );
        output.line(`Anchors are kept in ${anchors.file}.`);
        output.table({
          columns: ['chain', 'place', 'time', 'hash'],
          rows: newest.map(({ chain, seq, at, hash }) => [chain, seq, at, hash]),
        });
        if (unreadable.length > 0) output.warn(`Lines that cannot be read: ${unreadable.join(', ')}`);
        output.result({ file: anchors.file, anchors: newest, unreadable });
      }),
    );
}

const nameOf = (chain: string): string => (chain === INSTALLATION ? 'installation' : chain);

function anchorsOf({ anchors }: Rooms) {
  if (anchors) return anchors;
  throw new PodliftError('audit.anchors_off', 'Anchors are switched off: PODLIFT_AUDIT_ANCHORS is "off".', {
    kind: 'conflict',
  });
}

async function* verifyFile(file: string): AsyncGenerator<ChainReport> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  const { chain, start, head, rows } = await fromLines(lines);
  const checked = await checkChain(rows, { start, head, anchors: [] });
  yield {
    chain: nameOf(chain),
    acts: checked.rows,
    retired: start.seq,
    unsealed: 0,
    anchors: 0,
    findings: checked.findings,
    lost: [],
  };
}

async function tell(output: Output, reports: AsyncIterable<ChainReport>): Promise<void> {
  const all: ChainReport[] = [];
  let acts = 0;
  for await (const report of reports) {
    acts += report.acts;
    if (output.json || report.findings.length > 0) all.push(report);
    for (const { message } of report.lost) output.line(`${report.chain}: ${message}`);
    for (const { message } of report.findings) output.line(`${report.chain}: ${message}`);
  }
  const bad = all.filter(({ findings }) => findings.length > 0).length;
  output.line(bad === 0 ? `${acts} acts are as they were sealed.` : `${bad} chains are not as they were sealed.`);
  output.result({ ok: bad === 0, acts, chains: all });
  if (bad > 0) process.exitCode = 1;
}

function showActs(output: Output, acts: readonly AuditRecord[]): void {
  if (acts.length === 0) return output.line('Nothing was done that fits.');
  output.table({
    columns: ['time', 'actor', 'action', 'target', 'via', 'place', 'details'],
    rows: acts.map(({ time, actor, action, target, via, seq, details }) => [
      time.toISOString(),
      `${actor.kind}:${actor.id}`,
      action,
      target,
      via ?? '',
      seq ?? '',
      JSON.stringify(details),
    ]),
  });
}

function readTime(given: string): Date {
  const time = new Date(given);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Use a time like 2026-11-24T20:00:00Z.');
  return time;
}

function readCount(given: string): number {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 0) throw new InvalidArgumentError('Use a whole number.');
  return count;
}
