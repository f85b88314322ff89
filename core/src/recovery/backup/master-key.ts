import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Tells two master keys apart and gives neither away. */
export const fingerprintOf = (masterKey: Uint8Array): string =>
  createHmac('sha256', masterKey).update('podlift master key fingerprint').digest('hex').slice(0, 16);

const keyFrom = (masterKey: Uint8Array): Buffer =>
  createHmac('sha256', masterKey).update('podlift backup superuser').digest();

/** Seals a short text so that only who holds the master key can read it. */
export function sealWith(masterKey: Uint8Array, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(masterKey), nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** @throws Error when it was sealed with another key. */
export function openWith(masterKey: Uint8Array, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const opener = createDecipheriv('aes-256-gcm', keyFrom(masterKey), bytes.subarray(0, 12));
  opener.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([opener.update(bytes.subarray(12, -16)), opener.final()]).toString();
}
