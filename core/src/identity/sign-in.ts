import type { Limits, Window } from '../limits/index.ts';
import type { Auth } from './auth.ts';
import { IdentityError } from './errors.ts';
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
  /** Forgets the attempts of this address at this account, after a good one. */
  forget(email: string, ip: string): Promise<void>;
  /** Checks the password and starts a session; returns the cookies to set. */
  signIn(email: string, password: string, from: From): Promise<string[]>;
  /** Ends the session of a request; returns the cookies to set. */
  signOut(request: Request, ip: string): Promise<string[]>;
}

export function createSignIn({
  auth,
  limits,
  publicUrl,
}: {
  readonly auth: Auth;
  readonly limits: Limits;
  readonly publicUrl: string;
}): SignIn {
  const pairOf = (email: string, ip: string) => `sign-in:pair:${hashToken(normalizeEmail(email))}:${ip}`;

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
      await limits.ensure(`sign-in:ip:${ip}`, WINDOWS.ip, what);
      await limits.ensure(pairOf(email, ip), WINDOWS.pair, what);
      await limits.ensure(`sign-in:account:${hashToken(normalizeEmail(email))}`, WINDOWS.account, what);
    },
    forget: (email, ip) => limits.reset(pairOf(email, ip), WINDOWS.pair),
    async signIn(email, password, { ip, userAgent }) {
      await self.count(email, ip);
      const headers: Record<string, string> = userAgent ? { 'user-agent': userAgent } : {};
      const response = await ask('/sign-in/email', ip, headers, { email: normalizeEmail(email), password });
      if (!response.ok) throw IdentityError.wrongPassword();
      await self.forget(email, ip);
      return response.headers.getSetCookie();
    },
    async signOut(request, ip) {
      const cookie = request.headers.get('cookie');
      return (await ask('/sign-out', ip, cookie ? { cookie } : {}, {})).headers.getSetCookie();
    },
  };
  return self;
}
