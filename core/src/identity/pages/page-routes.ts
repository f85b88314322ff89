import type { Context } from 'hono';
import { PodliftError } from '@podlift/sdk';
import { ProblemError, rawRoute, type CoreRoute, type HttpEnv } from '../../http/index.ts';
import type { Identity } from '../identity.ts';
import type { FormState } from './form.ts';
import { crossSitePage, setupClosedPage, setupPage, signInPage, signOutPage, signUpPage } from './pages.ts';

/** A form is small; what is larger was not typed by a person. */
const FORM_BYTES = 16_384;
/** Setup links and sign-up forms are not to be tried in a row. */
const FORMS_PER_MINUTE = 20;
const FORM = { permission: 'public', tenant: 'optional', idempotency: 'off' } as const;

type C = Context<HttpEnv>;

/** The pages a person needs before the admin interface exists: set up, sign in, sign up, sign out. */
export function pageRoutes(identity: Identity, options: { readonly signUp: boolean }): CoreRoute[] {
  const get = (path: string, handler: (c: C) => Promise<Response>) =>
    rawRoute({ ...FORM, methods: ['GET'], path }, handler);
  const post = (path: string, handler: (c: C, values: Record<string, string>) => Promise<Response>) =>
    rawRoute({ ...FORM, methods: ['POST'], path, bodyLimit: FORM_BYTES, ratePerMinute: FORMS_PER_MINUTE }, async (c) =>
      identity.origins.isOwn(c.req.raw, c.get('origin').host) ? handler(c, await readForm(c)) : crossSitePage(),
    );
  const enter = async (c: C, { email = '', password = '' }: Record<string, string>, next: string): Promise<Response> =>
    redirect(next, await identity.signIn(email, password, { ip: c.get('ip'), userAgent: c.req.header('user-agent') }));

  return [
    get('/setup', async (c) => {
      const token = c.req.query('token') ?? '';
      return (await identity.isSetupOpen(token)) ? setupPage(token) : setupClosedPage();
    }),
    post('/setup', async (c, values) => {
      const { token = '' } = values;
      const state = missing(values, ['name', 'email', 'password', 'workspace']);
      if (state) return (await identity.isSetupOpen(token)) ? setupPage(token, state, 422) : setupClosedPage();
      try {
        await identity.setUp(token, owner(values));
      } catch (error) {
        if (codeOf(error) === 'identity.setup_closed') return setupClosedPage();
        return setupPage(token, ...explain(error, values));
      }
      return enter(c, values, '/');
    }),
    get('/sign-in', async (c) => {
      const next = safePath(c.req.query('next'));
      return (await identity.authenticate(c.req.raw)) ? redirect(next) : signInPage({ next, ...options });
    }),
    post('/sign-in', async (c, values) => {
      const next = safePath(values['next']);
      const state = missing(values, ['email', 'password']);
      if (state) return signInPage({ next, ...options }, state, 422);
      try {
        return await enter(c, values, next);
      } catch (error) {
        return signInPage({ next, ...options }, ...explain(error, values));
      }
    }),
    get('/sign-out', async (c) => {
      const who = await identity.authenticate(c.req.raw);
      return who?.kind === 'session' ? signOutPage(who.user.email) : redirect('/sign-in');
    }),
    post('/sign-out', async (c) => redirect('/sign-in', await identity.signOut(c.req.raw, c.get('ip')))),
    ...(options.signUp
      ? [
          get('/sign-up', () => signUpPage()),
          post('/sign-up', async (c, values) => {
            const state = missing(values, ['name', 'email', 'password', 'workspace']);
            if (state) return signUpPage(state, 422);
            try {
              await identity.signUp(owner(values));
            } catch (error) {
              return signUpPage(...explain(error, values));
            }
            return enter(c, values, '/');
          }),
        ]
      : []),
  ];
}

async function readForm(c: C): Promise<Record<string, string>> {
  const body = await c.req.parseBody();
  return Object.fromEntries(Object.entries(body).filter((one): one is [string, string] => typeof one[1] === 'string'));
}

const owner = ({ name = '', email = '', password = '', workspace = '' }: Record<string, string>) => ({
  name: name.trim(),
  email,
  password,
  workspace: workspace.trim(),
});

const WANTED: Readonly<Record<string, string>> = {
  name: 'Tell us what to call you.',
  email: 'Enter your e-mail address.',
  password: 'Enter a password.',
  workspace: 'Give the workspace a name.',
};

function missing(values: Record<string, string>, names: readonly string[]): FormState | undefined {
  const empty = names.filter((name) => (values[name] ?? '').trim() === '');
  if (empty.length === 0) return undefined;
  return { values, wrong: Object.fromEntries(empty.map((name) => [name, WANTED[name] ?? 'Is missing.'])) };
}

/** An error as the page shows it: beside its field when it names one, above the form otherwise. What was not meant for people is thrown on. */
function explain(error: unknown, values: Record<string, string>): [FormState, number] {
  if (error instanceof ProblemError) return [{ values, wrong: {}, alert: error.message }, error.status];
  if (!(error instanceof PodliftError) || !error.kind) throw error;
  const status = STATUS[error.kind] ?? 422;
  const named = fieldOf(error.details);
  return named && named in values
    ? [{ values, wrong: { [named]: error.message } }, status]
    : [{ values, wrong: {}, alert: error.message }, status];
}

const STATUS: Readonly<Record<string, number>> = { forbidden: 403, conflict: 409, limit: 429, unavailable: 503 };

function fieldOf(details: unknown): string | undefined {
  const first: unknown = Array.isArray(details) ? details[0] : undefined;
  if (typeof first !== 'object' || first === null || !('path' in first) || !Array.isArray(first.path)) return undefined;
  return typeof first.path[0] === 'string' ? first.path[0] : undefined;
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** A path of this very host, or `/`: nobody is sent elsewhere by a link to the sign-in page. */
export const safePath = (given: string | undefined): string =>
  given && /^\/(?![/\\])[\w\-./?=&%#~]*$/.test(given) ? given : '/';

function redirect(location: string, cookies: readonly string[] = []): Response {
  const response = new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store' } });
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
