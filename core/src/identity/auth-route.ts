import type { Context } from 'hono';
import { z } from 'zod';
import { problem, rawRoute, type CoreRoute, type HttpEnv } from '../http/index.ts';
import { AUTH_ROUTES } from './auth.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';
import { weakness } from './password-quality.ts';

const withEmail = z.object({ email: z.string() });
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
        // The edge has read the body already, to bound its depth.
        const { url, headers } = raw;
        const read = (): Promise<string> => (path === '/change-password' ? changeOf(c) : c.req.text());
        const request = method === 'POST' ? new Request(url, { method, headers, body: await read() }) : raw;
        if (path !== '/sign-in/email') {
          const act = ACTS[path];
          // Afterwards the session may be gone.
          const who = act === undefined ? undefined : await identity.authenticate(raw).catch(() => undefined);
          const answer = await identity.auth.handle(request, ip);
          if (act && answer.ok && who?.kind === 'session') await identity.trail.did(who.user.id, act);
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
        return response;
      },
    ),
  );
}

/** A change of the password: as hard to guess as a first one, and whoever else is signed in with the old one is out. */
async function changeOf(c: Context<HttpEnv>): Promise<string> {
  const given = withPassword.safeParse(await c.req.json().catch(() => undefined));
  if (!given.success) throw problem(400, 'identity.body_invalid', 'The body is not JSON with a new password');
  const weak = weakness(given.data.newPassword);
  if (weak) throw IdentityError.badPassword(weak);
  return JSON.stringify({ ...given.data, revokeOtherSessions: true });
}
