import type { Database } from '../data/index.ts';
import { findKey, findSession } from './checks.ts';
import type { Identified } from './credential.ts';
import { IdentityError } from './errors.ts';
import { createSharedLookup } from './shared-lookup.ts';
import { openSigned, readCookie } from './token.ts';
import { createWriteKeyMemory } from './write-key-memory.ts';

export interface AuthenticateDeps {
  readonly database: Database;
  readonly secret: string;
  readonly cookieName: string;
  readonly noteKeyUse: (keyId: string) => void;
}

const KEY = /^pl[kw]_[\w-]{43}$/;
const WRITE_KEY = /^plw_[\w-]{43}$/;

/**
 * First what kind of credential was sent, then whether it is good. An Authorization header decides alone: when it is bad
 * the answer is no, whatever cookie stands beside it. A cookie that is forged or has run out is as none.
 */
export function createAuthenticate(deps: AuthenticateDeps): (request: Request) => Promise<Identified | undefined> {
  const { database, secret, cookieName, noteKeyUse } = deps;
  const find = createSharedLookup((key) => findKey(database, key));
  const bySession = createSharedLookup((token) => findSession(database, token, true));
  const remembered = createWriteKeyMemory(find);

  async function byKey(key: string): Promise<Identified> {
    const credential = await (WRITE_KEY.test(key) ? remembered(key) : find(key));
    if (!credential) throw IdentityError.badKey();
    noteKeyUse(credential.actor.id);
    return credential;
  }

  async function byHeader(header: string): Promise<Identified> {
    const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(header) ?? [];
    if (scheme.toLowerCase() === 'basic') {
      const [user = ''] = Buffer.from(value, 'base64').toString().split(':');
      if (WRITE_KEY.test(user)) return byKey(user);
    } else if (KEY.test(value)) return byKey(value);
    else if (value.includes('.')) {
      const token = openSigned(decode(value), secret);
      const session = token && (await findSession(database, token, false));
      if (session) return session;
    }
    throw IdentityError.badAuthorization();
  }

  return async ({ headers }) => {
    const header = headers.get('authorization');
    if (header !== null) return byHeader(header);
    const cookie = readCookie(headers.get('cookie'), cookieName);
    const token = cookie && openSigned(cookie, secret);
    return token ? bySession(token) : undefined;
  };
}

/** The token may come as the cookie holds it, percent-encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
