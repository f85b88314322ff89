import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The password of a login role: whoever holds the master key can make it, nobody has to keep it. */
export const rolePassword = (masterKey: Uint8Array, role: string): string =>
  createHmac('sha256', masterKey).update(`podlift database role ${role}`).digest('base64url');

const ITERATIONS = 4096;

/** What PostgreSQL stores for a password (RFC 5803), so that the password itself never stands in a statement or a server's log. */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}
