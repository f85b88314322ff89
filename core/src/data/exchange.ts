import { masterKeyId } from '../config/index.ts';
import { connectClient, withUser } from './connection.ts';
import { DataError } from './errors.ts';
import { ident, literal } from './names.ts';
import { isWrongPassword, rolePassword, scramVerifier } from './passwords.ts';
import { POOL_NAMES, roleOf } from './roles.ts';

/** The id of the master key behind each role's password; undefined for a password that no known key makes. */
export type PasswordKeys = Readonly<Record<string, string | undefined>>;

/** Tells by trying. */
export async function findPasswordKeys(url: string, masterKeys: readonly Uint8Array[]): Promise<PasswordKeys> {
  const found: Record<string, string | undefined> = {};
  for (const role of POOL_NAMES.map(roleOf)) {
    const key = await findKey(url, role, masterKeys);
    found[role] = key && masterKeyId(key);
  }
  return found;
}

/**
 * Gives every role the password of the newest key. Each role changes its own, which needs no administrator; connections that are open
 * stay. Interrupted between two roles it goes on where it stopped.
 */
export async function exchangePasswords(url: string, masterKeys: readonly Uint8Array[]): Promise<readonly string[]> {
  const [newest] = masterKeys;
  const changed: string[] = [];
  for (const role of POOL_NAMES.map(roleOf)) {
    const key = await findKey(url, role, masterKeys);
    if (!key || !newest) throw DataError.passwordUnknown(role);
    if (key === newest) continue;
    const client = await connectClient(withUser(url, role, rolePassword(key, role)));
    try {
      await client.query(`alter role ${ident(role)} password ${literal(scramVerifier(rolePassword(newest, role)))}`);
      changed.push(role);
    } finally {
      await client.end();
    }
  }
  return changed;
}

async function findKey(url: string, role: string, keys: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  for (const key of keys) {
    try {
      await (await connectClient(withUser(url, role, rolePassword(key, role)))).end();
      return key;
    } catch (error) {
      if (!isWrongPassword(error)) throw error;
    }
  }
  return undefined;
}
