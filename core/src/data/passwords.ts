import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The password of a login role: whoever holds the master key can make it, nobody has to keep it. */
export const rolePassword = (masterKey: Uint8Array, role: string): string =>
  createHmac('sha256', masterKey).update(`podlift database role ${role}`).digest('base64url');

/**
 * Under which of the known master keys the roles have their passwords. While a key is exchanged a role changes from one to the other at
 * any moment, so what was believed is tried first and the others after it.
 */
export interface RoleKeys {
  readonly count: number;
  /** The master key that is believed now. */
  key(role: string): Uint8Array;
  /** The password that is believed now. */
  password(role: string): string;
  /** Believes another key than the one whose password was refused. */
  refused(role: string, password: string): void;
  /** A role without a belief of its own is believed to follow this one. */
  follow(role: string): void;
}

/** Keys, newest first. */
export function createRoleKeys(masterKeys: readonly [Uint8Array, ...Uint8Array[]]): RoleKeys {
  const believed = new Map<string, number>();
  let first = 0;
  const at = (role: string): number => believed.get(role) ?? first;
  const keyOf = (role: string): Uint8Array => masterKeys[at(role)] ?? masterKeys[0];
  const passwordOf = (role: string): string => rolePassword(keyOf(role), role);
  return {
    count: masterKeys.length,
    key: keyOf,
    password: passwordOf,
    refused(role, password) {
      // Of many connections that were refused at once, the first one has changed the belief already.
      if (passwordOf(role) === password) believed.set(role, (at(role) + 1) % masterKeys.length);
    },
    follow: (role) => void (first = at(role)),
  };
}

/** The server, or a pooler before it, did not take the password. */
export const isWrongPassword = (error: unknown): boolean => {
  const { code, message = '' } = error as { code?: string; message?: string };
  return code === '28P01' || (code === '08P01' && /authentication failed/i.test(message));
};

const ITERATIONS = 4096;

/** What PostgreSQL stores for a password (RFC 5803), so that the password itself never stands in a statement or a server's log. */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}
