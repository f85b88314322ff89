import { createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { explainDisk, isMissing, RecoveryErrors } from '../errors.ts';
import { createCodec, type Codec } from './codec.ts';
import { syncFolder } from '../../files/index.ts';
import { ensureFolder, writeDurably } from './durable.ts';
import { holdLock } from './held-lock.ts';

/** A folder that holds backups: parts by digest, the log of the database, and a list of what each backup consists of. */
export interface Destination {
  readonly folder: string;
  readonly codec: Codec;
  /** Keeps bytes and returns their name and how many bytes that took; 0 when they were there already. */
  put(bytes: Buffer<ArrayBuffer>): Promise<{ name: string; written: number }>;
  /** Damage is noticed by checksum; with `strict` the digest that names the bytes is made anew as well. */
  get(name: string, options?: { strict?: boolean }): Promise<Buffer<ArrayBuffer>>;
  has(name: string): Promise<boolean>;
  /** What was put before is on the disk once this returns. */
  sync(): Promise<void>;
  /** Removes what is not in `keep`, and what crashed writers left. Returns how many parts and bytes went. */
  sweep(keep: ReadonlySet<string>): Promise<{ parts: number; bytes: number }>;
  /** Runs while nobody else changes the destination. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

const Marker = z.object({ format: z.literal(1), salt: z.string().optional(), check: z.string().optional() });
const MARKER = 'podlift-backups.json';
const LEAST_KEY = 16;

/** Opens a destination, and makes it at first use. With a key file everything in it is encrypted. */
export async function openDestination(
  folder: string,
  options: { keyFile?: string; create?: boolean } = {},
): Promise<Destination> {
  try {
    if (options.create) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const codec = await openCodec(folder, options);
    return destinationAt(folder, codec);
  } catch (error) {
    throw explainDisk(folder, error);
  }
}

/** Whether there are backups at all. */
export const isDestination = (folder: string): boolean => existsSync(join(folder, MARKER));

async function openCodec(folder: string, { keyFile, create }: { keyFile?: string; create?: boolean }): Promise<Codec> {
  const file = join(folder, MARKER);
  const secret = keyFile === undefined ? undefined : readSecret(keyFile);
  if (!existsSync(file)) {
    if (!create) throw RecoveryErrors.noBackups(folder);
    const salt = randomBytes(16);
    const key = secret === undefined ? undefined : scryptSync(secret, salt, 32);
    const marker = { format: 1, ...(key && { salt: salt.toString('hex'), check: checkOf(key) }) };
    await writeDurably(file, `${JSON.stringify(marker)}\n`);
    await syncFolder(folder);
    return createCodec(key);
  }
  const { salt, check } = Marker.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (salt === undefined || check === undefined) {
    if (secret) throw RecoveryErrors.notEncrypted(folder);
    return createCodec();
  }
  if (!secret) throw RecoveryErrors.keyNeeded(folder);
  const key = scryptSync(secret, Buffer.from(salt, 'hex'), 32);
  if (!timingSafeEqual(Buffer.from(check), Buffer.from(checkOf(key)))) throw RecoveryErrors.keyWrong(folder);
  return createCodec(key);
}

const checkOf = (key: Buffer): string => createHmac('sha256', key).update('podlift backup check').digest('hex');

function readSecret(file: string): string {
  let text = '';
  let cause: unknown;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    cause = error;
  }
  if (text.length < LEAST_KEY) throw RecoveryErrors.keyUnreadable(file, cause);
  return text;
}

function destinationAt(folder: string, codec: Codec): Destination {
  const root = join(folder, 'parts');
  const folderOf = (name: string): string => join(root, name.slice(0, 2));
  const pathOf = (name: string): string => join(folderOf(name), name);
  const touched = new Set<string>();
  const has = (name: string): Promise<boolean> =>
    stat(pathOf(name)).then(
      ({ size }) => size > 0,
      () => false,
    );

  return {
    folder,
    codec,
    has,
    async put(bytes) {
      const name = await codec.nameOf(bytes);
      if (await has(name)) return { name, written: 0 };
      const encoded = await codec.encode(bytes, name);
      try {
        if (!touched.has(folderOf(name))) await ensureFolder(folderOf(name));
        touched.add(folderOf(name));
        await writeDurably(pathOf(name), encoded);
      } catch (error) {
        throw explainDisk(folder, error);
      }
      return { name, written: encoded.length };
    },
    async get(name, { strict = false } = {}) {
      let bytes: Buffer<ArrayBuffer>;
      let sure: boolean;
      try {
        const encoded = await readFile(pathOf(name));
        bytes = await codec.decode(encoded, name);
        sure = codec.checksItself(encoded) && !strict;
      } catch (error) {
        if (isMissing(error)) throw RecoveryErrors.damaged(`part ${name}`, 'is missing');
        throw RecoveryErrors.damaged(`part ${name}`, error instanceof Error ? error.message : String(error));
      }
      if (!sure && (await codec.nameOf(bytes)) !== name)
        throw RecoveryErrors.damaged(`part ${name}`, 'is not what was written');
      return bytes;
    },
    async sync() {
      for (const one of touched) await syncFolder(one);
      if (touched.size > 0) await syncFolder(root);
      touched.clear();
    },
    async sweep(keep) {
      const gone = { parts: 0, bytes: 0 };
      for (const prefix of await names(root))
        for (const name of await names(join(root, prefix))) {
          if (keep.has(name)) continue;
          const path = join(root, prefix, name);
          gone.bytes += (await stat(path)).size;
          gone.parts += 1;
          await unlink(path);
        }
      for (const name of await names(folder))
        if (name.startsWith('.')) await rm(join(folder, name), { recursive: true });
      return gone;
    },
    exclusively: (work) => holdLock(join(folder, 'lock'), work, () => RecoveryErrors.busy(folder)),
  };
}

const names = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
