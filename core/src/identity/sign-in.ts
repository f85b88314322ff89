import { countedAddress, type Limits, type Window } from '../limits/index.ts';
import type { Auth } from './auth.ts';
import { IdentityError } from './errors.ts';
import type { SecurityTrail } from './security-trail.ts';
import { hashToken } from './token.ts';
import { normalizeEmail } from './users.ts';

/**
 * An address that guesses one account, an address that tries many accounts, many addresses that guess one account.
 * The last is wide enough that one address alone cannot lock an account for its owner.
 */
const WINDOWS = {
  pair: { points: 5, seconds: 300 },
  ip: { points: 50, seconds: 900 },
  account: { points: 200, seconds: 3600 },
} as const satisfies Record<string, Window>;

/** Where a sign-in comes from. */
interface From {
  readonly ip: string;
  readonly userAgent?: string | undefined;
}

export interface SignIn {
  /** Counts an attempt, or throws with the seconds to wait. */
  count(email: string, ip: string): Promise<void>;
  /** What came of an attempt: a good one is kept and forgets the others of this address, a bad one is counted. */
  settle(email: string, ip: string, good: boolean): Promise<void>;
  /** Checks the password and starts a session; returns the cookies to set. */
  signIn(email: string, password: string, from: From): Promise<string[]>;
  /** Ends the session of a request; returns the cookies to set. */
  signOut(request: Request, ip: string): Promise<string[]>;
}

export function createSignIn({
  auth,
  limits,
  publicUrl,
  trail,
}: {
  readonly auth: Auth;
  readonly limits: Limits;
  readonly publicUrl: string;
  readonly trail: SecurityTrail;
}): SignIn {
  const pairOf = (email: string, ip: string) =>
    `sign-in:pair:${hashToken(normalizeEmail(email))}:${countedAddress(ip)}`;

  const ask = (path: string, ip: string, headers: Readonly<Record<string, string>>, body: object): Promise<Response> =>
    auth.handle(
      new Request(`${publicUrl}/api/auth${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(publicUrl).origin, ...headers },
        body: JSON.stringify(body),
      }),
      ip,
    );

  const self: SignIn = {
    async count(email, ip) {
      const what = 'sign-in attempts';
      await limits.ensure(`sign-in:ip:${countedAddress(ip)}`, WINDOWS.ip, what);
      await limits.ensure(pairOf(email, ip), WINDOWS.pair, what);
      await limits.ensure(`sign-in:account:${hashToken(normalizeEmail(email))}`, WINDOWS.account, what);
    },
    async settle(email, ip, good) {
      if (!good) return trail.failed(email, ip);
      await limits.reset(pairOf(email, ip), WINDOWS.pair);
      await trail.signedIn(normalizeEmail(email));
    },
    async signIn(email, password, { ip, userAgent }) {
      await self.count(email, ip);
      const headers: Record<string, string> = userAgent ? { 'user-agent': userAgent } : {};
      const response = await ask('/sign-in/email', ip, headers, { email: normalizeEmail(email), password });
      await self.settle(email, ip, response.ok);
      if (!response.ok) throw IdentityError.wrongPassword();
      return response.headers.getSetCookie();
    },
    async signOut(request, ip) {
      const cookie = request.headers.get('cookie');
      return (await ask('/sign-out', ip, cookie ? { cookie } : {}, {})).headers.getSetCookie();
    },
  };
  return self;
}
