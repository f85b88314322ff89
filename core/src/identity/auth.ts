import type { AuthSettings } from './auth-options.ts';
import { CLIENT_IP_HEADER } from './limits.ts';

/** better-auth as we use it: whole requests in, whole responses out. */
export interface Auth {
  handle(request: Request, ip: string): Promise<Response>;
}

/** better-auth's routes that are open to browsers and apps. Everything else it could answer does not exist here. */
export const AUTH_ROUTES: Readonly<Record<string, 'GET' | 'POST'>> = {
  '/sign-in/email': 'POST',
  '/sign-out': 'POST',
  '/get-session': 'GET',
  '/list-sessions': 'GET',
  '/revoke-session': 'POST',
  '/revoke-sessions': 'POST',
  '/revoke-other-sessions': 'POST',
  '/change-password': 'POST',
  '/request-password-reset': 'POST',
  '/reset-password': 'POST',
  '/update-user': 'POST',
  '/ok': 'GET',
};

/** Loads better-auth at the first request that needs it. */
export function createAuth(settings: AuthSettings): Auth {
  let started: Promise<{ handler(request: Request): Promise<Response> }> | undefined;
  return {
    async handle(request, ip) {
      started ??= import('./better-auth.ts').then(({ startBetterAuth }) => startBetterAuth(settings));
      const headers = new Headers(request.headers);
      headers.set(CLIENT_IP_HEADER, ip);
      const auth = await started;
      return auth.handler(new Request(request, { headers }));
    },
  };
}
