import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const PURPOSE = 'podlift/auth/v1';
const BYTES = 48;

/** The secret that better-auth signs with, and our fast check verifies with. From the keyring, so that an exchange of the master key signs nobody out. */
export const authSecretOf = (keyring: { derive(purpose: string, bytes: number): Uint8Array }): string =>
  Buffer.from(keyring.derive(PURPOSE, BYTES)).toString('base64url');

/** The token inside `<token>.<HMAC-SHA256 in base64>`, or undefined when it was not signed by us. */
export function openSigned(signed: string, secret: string): string | undefined {
  const dot = signed.lastIndexOf('.');
  if (dot <= 0) return undefined;
  const token = signed.slice(0, dot);
  const given = Buffer.from(signed.slice(dot + 1), 'base64');
  const right = createHmac('sha256', secret).update(token).digest();
  return given.length === right.length && timingSafeEqual(given, right) ? token : undefined;
}

/** The value of one cookie, decoded; the first one when a name comes twice. */
export function readCookie(header: string | null, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (pair.slice(0, equals).trim() === name) return decode(pair.slice(equals + 1).trim());
  }
  return undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** How keys and setup tokens are kept: whoever reads the database cannot use them. Same form as better-auth's own. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** 256 random bits for a link or a key. */
export const randomToken = (): string => randomBytes(32).toString('base64url');
