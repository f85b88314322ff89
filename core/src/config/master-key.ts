import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** The name of the file in the data directory that holds the key of an installation without PODLIFT_MASTER_KEY. */
export const MASTER_KEY_FILE = 'master.key';

/** Twelve characters that name a master key and tell nothing of it. */
export function masterKeyId(masterKey: Uint8Array): string {
  const wrapping = new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(), 'podlift/secrets/v1', 32));
  return createHash('sha256').update(wrapping).digest('base64url').slice(0, 12);
}

/**
 * Reads the key kept in the data directory, and makes it at the first start. Two processes that start at once end
 * with the same key: the file is written beside, and linked into place, which only one of them can do.
 */
export function ensureMasterKeyFile(dataDir: string): Uint8Array {
  const file = join(dataDir, MASTER_KEY_FILE);
  return tryRead(file) ?? create(dataDir, file);
}

function tryRead(file: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new Error('others than its owner may read it');
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32) throw new Error(`it holds ${key.length} bytes instead of 32`);
  return key;
}

function create(dataDir: string, file: string): Uint8Array {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = openSync(draft, 'wx', 0o600);
    try {
      writeSync(handle, `${randomBytes(32).toString('base64')}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const key = tryRead(file);
  if (!key) throw new Error('it vanished right after it was written');
  return key;
}
