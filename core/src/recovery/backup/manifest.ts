import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, RecoveryErrors } from '../errors.ts';
import type { Destination } from '../store/destination.ts';
import { syncFolder } from '../../files/index.ts';
import { writeDurably } from '../store/durable.ts';
import { Entry } from '../store/entry.ts';

/** Everything that a backup consists of and was made from. Holds no secret that is not sealed. */
export const Manifest = z.object({
  format: z.literal(1),
  id: z.string(),
  /** When it was begun. */
  startedAt: z.iso.datetime(),
  /** The moment whose state it holds, and the first that `--to` can name. */
  finishedAt: z.iso.datetime(),
  podlift: z.string(),
  node: z.string(),
  /** Fingerprint of the master key; the key itself is never part of a backup. */
  masterKey: z.string(),
  postgres: z.object({
    version: z.string(),
    major: z.string(),
    systemId: z.string(),
    segmentBytes: z.number().int(),
    timeline: z.number().int(),
    startLsn: z.string(),
    stopLsn: z.string(),
    label: z.string(),
    /** Password of the superuser, sealed with the master key. */
    superuser: z.string(),
  }),
  /** The ledger: what had been applied. */
  migrations: z.array(z.object({ owner: z.string(), name: z.string() })),
  plugins: z.array(z.object({ id: z.string(), version: z.string(), state: z.string() })),
  /** The configuration with secrets masked, for whoever has to set up another machine. */
  config: z.array(z.object({ variable: z.string(), value: z.string(), source: z.string() })),
  /** Folders of the cluster, also empty ones. */
  folders: z.array(z.string()),
  database: z.array(Entry),
  /** The log from the start of the copy to its end. */
  log: z.array(Entry),
  files: z.object({
    /** `disk`: the files are part of the backup. Otherwise they lie elsewhere, and that place has backups of its own. */
    kept: z.enum(['disk', 'elsewhere']),
    entries: z.array(Entry),
  }),
  bytes: z.object({ database: z.number(), log: z.number(), files: z.number(), written: z.number() }),
});
export type Manifest = z.output<typeof Manifest>;

const FOLDER = 'backups';
const PLAIN = 'manifest.json';
const SEALED = 'manifest.sealed';
const ID = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

/** `2026-11-24T03-30-00-000Z`: sorts by time and is a good name for a folder everywhere. */
export const backupId = (at: Date): string => at.toISOString().replace('.', '-').replaceAll(':', '-');

/** The moment that an id names: the end of its backup. */
export const timeOf = (id: string): Date => new Date(id.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z$/, 'T$1:$2:$3.$4Z'));

const folderOf = (destination: Destination, id: string): string => join(destination.folder, FOLDER, id);

/** Makes a backup complete: before this it does not exist, after it it does. */
export async function publishManifest(destination: Destination, manifest: Manifest): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(manifest)}\n`);
  const { sealed } = destination.codec;
  const name = sealed ? SEALED : PLAIN;
  const bytes = sealed ? await destination.codec.encode(text, manifest.id) : text;
  const parent = join(destination.folder, FOLDER);
  const making = join(parent, `.${manifest.id}`);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  await writeDurably(join(making, name), bytes);
  await writeDurably(join(making, `${name}.sha256`), `${digestOf(bytes)}  ${name}\n`);
  await syncFolder(making);
  await rename(making, folderOf(destination, manifest.id));
  await syncFolder(parent);
  await syncFolder(destination.folder);
}

export async function readManifest(destination: Destination, id: string): Promise<Manifest> {
  const folder = folderOf(destination, id);
  if (!ID.test(id) || !existsSync(folder)) throw RecoveryErrors.unknownBackup(id, destination.folder);
  const name = destination.codec.sealed ? SEALED : PLAIN;
  const damaged = (why: string) => RecoveryErrors.damaged(`the list of ${id}`, why);
  const bytes = await readFile(join(folder, name)).catch(() => {
    throw damaged('cannot be read');
  });
  const expected = await readFile(join(folder, `${name}.sha256`), 'utf8').catch(() => '');
  if (!expected.startsWith(digestOf(bytes))) throw damaged('is not what was written');
  try {
    const text = destination.codec.sealed ? await destination.codec.decode(bytes, id) : bytes;
    return Manifest.parse(JSON.parse(text.toString('utf8')));
  } catch {
    throw damaged('cannot be understood');
  }
}

/** Ids, oldest first. */
export async function listBackups(destination: Destination): Promise<string[]> {
  const found = await readdir(join(destination.folder, FOLDER)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return found.filter((name) => ID.test(name)).toSorted();
}

/** By id; `latest` is the newest. */
export async function findBackup(destination: Destination, id: string): Promise<Manifest> {
  const ids = await listBackups(destination);
  const newest = ids.at(-1);
  if (newest === undefined) throw RecoveryErrors.noBackups(destination.folder);
  return readManifest(destination, id === 'latest' ? newest : id);
}

/** Makes a backup disappear; its parts go with the next sweep. */
export async function removeBackup(destination: Destination, id: string): Promise<void> {
  const parent = join(destination.folder, FOLDER);
  const gone = join(parent, `.${id}`);
  await rename(folderOf(destination, id), gone);
  await syncFolder(parent);
  await rm(gone, { recursive: true, force: true });
}

/** Throws away what a crash left between the two steps of making or removing one. */
export async function removeHalves(destination: Destination): Promise<void> {
  const parent = join(destination.folder, FOLDER);
  for (const name of await readdir(parent).catch(() => []))
    if (name.startsWith('.')) await rm(join(parent, name), { recursive: true, force: true });
}

/** Names of all parts that a backup needs. */
export function partsOf({ database, log, files }: Manifest): Set<string> {
  const parts = new Set<string>();
  for (const { pieces } of [...database, ...log, ...files.entries]) for (const [name] of pieces) parts.add(name);
  return parts;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
