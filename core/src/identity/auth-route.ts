import type { Context } from 'hono';
import { z } from 'zod';
import { problem, rawRoute, type CoreRoute, type HttpEnv } from '../http/index.ts';
import { languagesOf, type Visit } from './account-letters.ts';
import { AUTH_ROUTES } from './auth.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';
import { weakness } from './password-quality.ts';

const withEmail = z.object({ email: z.string() });
const withReset = z.object({ newPassword: z.string(), token: z.string().max(200) });
const withUser = z.object({ user: z.object({ id: z.string(), email: z.string(), name: z.string() }) });
const withPassword = z.looseObject({ newPassword: z.string() });

/** What stands in the audit trail when one of them went well. */
const ACTS: Readonly<Record<string, string>> = {
  '/sign-out': 'session.ended',
  '/revoke-session': 'session.revoked',
  '/revoke-sessions': 'session.all_revoked',
  '/revoke-other-sessions': 'session.others_revoked',
  '/change-password': 'user.password_changed',
  '/update-user': 'user.updated',
};

/** better-auth under /api/auth: the routes of {@link AUTH_ROUTES}, behind our own counters and our own look at the Origin. */
export function authRoutes(identity: Identity): CoreRoute[] {
  return Object.entries(AUTH_ROUTES).map(([path, method]) =>
    rawRoute(
      { methods: [method], path: `/api/auth${path}`, permission: 'public', tenant: 'optional', idempotency: 'off' },
      async (c) => {
        const { raw } = c.req;
        const ip = c.get('ip');
        const browser = raw.headers.has('origin') || raw.headers.has('cookie');
        if (method === 'POST' && browser && !identity.origins.isOwn(raw, c.get('origin').host))
          throw IdentityError.crossSite();
        if (path === '/request-password-reset') return forgotten(c, identity);
        if (path === '/reset-password') return reset(c, identity);
        // The edge has read the body already, to bound its depth.
        const { url, headers } = raw;
        const read = (): Promise<string> => (path === '/change-password' ? changeOf(c) : c.req.text());
        const request = method === 'POST' ? new Request(url, { method, headers, body: await read() }) : raw;
        if (path !== '/sign-in/email') {
          const act = ACTS[path];
          // Afterwards the session may be gone.
          const who = act === undefined ? undefined : await identity.authenticate(raw).catch(() => undefined);
          const answer = await identity.auth.handle(request, ip);
          if (act && answer.ok && who?.kind === 'session') {
            await identity.trail.did(who.user.id, act);
            if (path === '/change-password') await identity.letters.passwordChanged(who.user, visitOf(c).languages);
          }
          return answer;
        }
        const { email } = await c.req.json().then(
          (body) => withEmail.parse(body),
          () => {
            throw problem(400, 'identity.body_invalid', 'The body is not JSON with an e-mail address and a password');
          },
        );
        await identity.count(email, ip);
        const response = await identity.auth.handle(request, ip);
        await identity.settle(email, ip, response.ok);
        return response.ok ? withDevice(response, c, identity) : response;
      },
    ),
  );
}

/** Where a request comes from, as far as letters tell of it. */
export const visitOf = (c: Context<HttpEnv>): Visit => ({
  ip: c.get('ip'),
  userAgent: c.req.header('user-agent'),
  cookies: c.req.header('cookie') ?? null,
  languages: languagesOf(c.req.header('accept-language')),
});

/** Answers the same for everybody, and before anybody looked whether there is an account. */
async function forgotten(c: Context<HttpEnv>, { letters }: Identity): Promise<Response> {
  const given = withEmail.safeParse(await c.req.json().catch(() => undefined));
  if (!given.success) throw problem(400, 'identity.body_invalid', 'The body is not JSON with an e-mail address');
  await letters.forgot(given.data.email, visitOf(c));
  return c.json({ status: true });
}

async function reset(c: Context<HttpEnv>, { letters }: Identity): Promise<Response> {
  const given = withReset.safeParse(await c.req.json().catch(() => undefined));
  if (!given.success)
    throw problem(400, 'identity.body_invalid', 'The body is not JSON with a token and a new password');
  await letters.reset(given.data.token, given.data.newPassword, c.get('ip'));
  return c.json({ status: true });
}

/** Lets the browser be known at the next sign-in, and tells its owner when it was not known. */
async function withDevice(response: Response, c: Context<HttpEnv>, { letters }: Identity): Promise<Response> {
  const body = withUser.safeParse(
    await response
      .clone()
      .json()
      .catch(() => undefined),
  );
  const cookie = body.success ? await letters.signedIn(body.data.user, visitOf(c)) : undefined;
  if (!cookie) return response;
  const answer = new Response(response.body, response);
  answer.headers.append('set-cookie', cookie);
  return answer;
}

/** A change of the password: as hard to guess as a first one, and whoever else is signed in with the old one is out. */
async function changeOf(c: Context<HttpEnv>): Promise<string> {
  const given = withPassword.safeParse(await c.req.json().catch(() => undefined));
  if (!given.success) throw problem(400, 'identity.body_invalid', 'The body is not JSON with a new password');
  const weak = weakness(given.data.newPassword);
  if (weak) throw IdentityError.badPassword(weak);
  return JSON.stringify({ ...given.data, revokeOtherSessions: true });
}
