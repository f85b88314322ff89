import type { Context } from 'hono';
import { PodliftError } from '@podlift/sdk';
import { problem, ProblemError, rawRoute, type CoreRoute, type HttpEnv } from '../../http/index.ts';
import { visitOf } from '../auth-route.ts';
import type { Identity } from '../identity.ts';
import type { FormState } from './form.ts';
import { crossSitePage } from './pages.ts';

/** A form is small; what is larger was not typed by a person. */
const FORM_BYTES = 16_384;
/** Links and forms are not to be tried in a row. */
const FORMS_PER_MINUTE = 20;
const FORM = { permission: 'public', tenant: 'optional', idempotency: 'off' } as const;

type C = Context<HttpEnv>;
type Values = Record<string, string>;

/** How pages answer a browser, and take a form that it sends from a page of ours. */
export interface FormRoutes {
  get(path: string, handler: (c: C) => Promise<Response>): CoreRoute;
  post(path: string, handler: (c: C, values: Values) => Promise<Response>): CoreRoute;
  /** Signs in with what was just typed and leads on. */
  enter(c: C, values: Values, next: string): Promise<Response>;
}

export const createFormRoutes = (identity: Identity): FormRoutes => ({
  get: (path, handler) => rawRoute({ ...FORM, methods: ['GET'], path }, handler),
  post: (path, handler) =>
    rawRoute({ ...FORM, methods: ['POST'], path, bodyLimit: FORM_BYTES, ratePerMinute: FORMS_PER_MINUTE }, async (c) =>
      identity.origins.isOwn(c.req.raw, c.get('origin').host)
        ? withWait(await handler(c, await readForm(c)))
        : crossSitePage(),
    ),
  async enter(c, { email = '', password = '' }, next) {
    const visit = visitOf(c);
    const cookies = await identity.signIn(email, password, visit);
    const user = await identity.users.find(email);
    const device = user && (await identity.letters.signedIn(user, visit));
    return redirect(next, device ? [...cookies, device] : cookies);
  },
});

/** Counting of sign-ins begins anew after so long at the latest. */
const LONGEST_WAIT_SECONDS = 300;

/** A page that says "too often" tells machines too how long to wait. */
function withWait(page: Response): Response {
  if (page.status === 429 && !page.headers.has('retry-after'))
    page.headers.set('retry-after', String(LONGEST_WAIT_SECONDS));
  return page;
}

async function readForm(c: C): Promise<Record<string, string>> {
  const body = await c.req.parseBody().catch((error: unknown) => {
    if (error instanceof ProblemError) throw error;
    throw problem(400, 'http.form_broken', 'The form cannot be read', { detail: 'Its parts are not what they say.' });
  });
  return Object.fromEntries(Object.entries(body).filter((one): one is [string, string] => typeof one[1] === 'string'));
}

const WANTED: Readonly<Record<string, string>> = {
  name: 'Tell us what to call you.',
  email: 'Enter your e-mail address.',
  password: 'Enter a password.',
  workspace: 'Give the workspace a name.',
};

/** What was left empty, as the page shows it. */
export function missing(values: Record<string, string>, names: readonly string[]): FormState | undefined {
  const empty = names.filter((name) => (values[name] ?? '').trim() === '');
  if (empty.length === 0) return undefined;
  return { values, wrong: Object.fromEntries(empty.map((name) => [name, WANTED[name] ?? 'Is missing.'])) };
}

/** An error as the page shows it: beside its field when it names one, above the form otherwise. What was not meant for people is thrown on. */
export function explain(error: unknown, values: Record<string, string>): [FormState, number] {
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

export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** A path of this very host, or `/`: nobody is sent elsewhere by a link to the sign-in page. */
export const safePath = (given: string | undefined): string =>
  given && /^\/(?![/\\])[\w\-./?=&%#~]*$/.test(given) ? given : '/';

export function redirect(location: string, cookies: readonly string[] = []): Response {
  const response = new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store' } });
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
