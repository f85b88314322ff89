import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { Rooms } from '../../app/index.ts';
import type { FileRecord } from '../../files/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const OPERATOR = { kind: 'system', id: 'cli' } as const;

/** `podlift files …`: the files of tenants and the store that holds them. */
export function addFilesCommands(program: Command, cli: Cli): void {
  const files = program.command('files').description('list, move, check and clean up the files of tenants');

  files
    .command('list')
    .description('list the files of a tenant, newest first')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--owner <owner>', 'only those of core or of a plugin')
    .option('--kind <kind>', 'only those of a kind')
    .option('--limit <number>', 'at most so many', toNumber, 100)
    .action((options: { tenant: string; owner?: string; kind?: string; limit: number }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id: tenant } = await findTenant(rooms, options.tenant);
        const { owner, kind, limit } = options;
        const found = await rooms.files.list({ tenant, ...(owner && { owner }) }, { limit, ...(kind && { kind }) });
        const usage = await rooms.files.usage(tenant);
        showFiles(output, found);
        output.line(`${toMb(usage.kept)} kept and ${toMb(usage.reserved)} reserved of ${toMb(usage.quota)}.`);
        output.result({ items: found, usage });
      }),
    );

  files
    .command('get <file>')
    .description('write the content of a file to the disk, checked')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--out <path>', 'where to; the name of the file in this folder otherwise')
    .action((ref: string, options: { tenant: string; out?: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id: tenant } = await findTenant(rooms, options.tenant);
        const { file, body } = await rooms.files.open({ tenant }, ref);
        const out = options.out ?? safeName(file.name);
        await write(body, out);
        await tell(rooms, tenant, 'file.read', file);
        output.line(`Wrote ${file.bytes} bytes to ${out}.`);
        output.result({ ...file, out });
      }),
    );

  files
    .command('put <path>')
    .description('keep a file of the disk for a tenant')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--name <name>', 'what it is called; its name on the disk otherwise')
    .option('--type <media type>', 'what it is', 'application/octet-stream')
    .action((path: string, options: { tenant: string; name?: string; type: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id: tenant } = await findTenant(rooms, options.tenant);
        const total = (await stat(path)).size;
        let done = 0;
        async function* content(): AsyncGenerator<Uint8Array> {
          for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
            output.progress('Storing', (done += chunk.byteLength), total);
            yield chunk;
          }
        }
        const about = { kind: 'upload', name: options.name ?? basename(path), mediaType: options.type };
        const file = await rooms.files.put({ tenant, owner: 'core' }, content(), { ...about, createdBy: 'system:cli' });
        await tell(rooms, tenant, 'file.uploaded', file);
        output.line(`Kept ${file.name} (${file.bytes} bytes) as ${file.id}.`);
        output.result(file);
      }),
    );

  files
    .command('verify')
    .description('read every byte that is kept and compare it with its digest')
    .option('--tenant <tenant>', 'only those of one tenant')
    .action((options: { tenant?: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const tenant = options.tenant && (await findTenant(rooms, options.tenant)).id;
        const found = await rooms.files.verify({
          ...(tenant && { tenant }),
          progress: (bytes) => output.progress('Read bytes', bytes, 0),
        });
        const { checked, bytes, damages } = found;
        if (damages.length > 0)
          output.table({
            columns: ['tenant', 'SHA-256', 'what', 'files'],
            rows: damages.map(({ tenant: of, sha256, damage, files: ids }) => [of, sha256, damage, ids.join(' ')]),
          });
        output.line(
          damages.length === 0
            ? `All ${checked} contents (${toMb(bytes)}) are what they were when they were kept.`
            : `${damages.length} of ${checked} contents are lost or damaged. Put these files again, or restore them from a backup.`,
        );
        output.result(found);
        if (damages.length > 0) process.exitCode = 1;
      }),
    );

  files
    .command('gc')
    .description('do now what is due: retention, uploads that were left, contents that no file has any more')
    .option('--orphans', 'also remove what stands in no row, as after restoring the database to an earlier time')
    .option('--older-than <hours>', 'only orphans that old', toNumber, 24)
    .option('--dry-run', 'count the orphans and remove none')
    .action((options: { orphans?: boolean; olderThan: number; dryRun?: boolean }, command: Command) =>
      useRooms(
        cli,
        command,
        async ({ files: room, audit }, output) => {
          const tended = await room.tend();
          const dryRun = options.dryRun ?? false;
          const orphans = options.orphans
            ? await room.removeOrphans({ olderThanMs: options.olderThan * 3600_000, dryRun })
            : 0;
          await audit.record(null, {
            actor: OPERATOR,
            action: 'files.collected',
            target: 'files',
            details: { ...tended, orphans, dryRun },
          });
          output.table({
            columns: ['what', 'how many'],
            rows: [
              ['files past their retention', tended.expired],
              ['whole uploads made a file', tended.completed],
              ['uploads ended', tended.ended],
              ['contents collected', tended.collected],
              ['objects removed', tended.removed],
              ...(options.orphans ? [[dryRun ? 'orphans found' : 'orphans removed', orphans] as [string, number]] : []),
            ],
          });
          output.result({ ...tended, orphans });
        },
        // What plugins declare about their files decides.
        { plugins: true },
      ),
    );
}

/** Writes to a new file; what broke off leaves none. */
async function write(body: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const target = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(Readable.from(body as AsyncIterable<Uint8Array>), target);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere) await rm(path, { force: true });
    throw error;
  }
}

/** What a stranger called a file must not say where it goes. */
const safeName = (name: string): string => basename(name.replaceAll('\\', '/')).replace(/^\.+/, '_') || 'file';

function showFiles(output: Output, found: readonly FileRecord[]): void {
  if (found.length === 0) return output.line('There is no such file.');
  output.table({
    columns: ['id', 'name', 'type', 'bytes', 'owner', 'kind', 'created'],
    rows: found.map(({ id, name, mediaType, bytes, owner, kind, createdAt }) => [
      id,
      name,
      mediaType,
      bytes,
      owner,
      kind,
      createdAt.toISOString().slice(0, 16),
    ]),
  });
}

const toMb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function toNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Use a whole number.');
  return Number(text);
}

async function tell({ audit }: Pick<Rooms, 'audit'>, tenant: string, action: string, file: FileRecord): Promise<void> {
  const { id, name, bytes, sha256 } = file;
  const details = { name, bytes, sha256 };
  await audit.record(null, { tenant, operator: true, actor: OPERATOR, action, target: `file:${id}`, details });
}
