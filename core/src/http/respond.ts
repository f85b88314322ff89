import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import { PodliftError } from '@podlift/sdk';
import { STATUS_OF_KIND } from '@podlift/sdk/kernel';
import { isAway, isDiskFull, isUnstorable } from '../data/index.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import { fieldPath, problem, ProblemError, type FieldError, type Problem } from './problem.ts';

/** Failures that have a status of their own. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'files.too_large': 413,
  'files.disk_full': 507,
  'files.lost': 500,
  'files.damaged': 500,
  'files.sender_silent': 408,
  // As tus has it.
  'files.checksum_mismatch': 460,
  // A plugin's own route found another version than the one in If-Match.
  'http.version_differs': 412,
  deadline_exceeded: 504,
  malformed_body: 400,
};

const TITLE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'It cannot be read',
  401: 'This needs a good credential',
  402: 'The plan does not include it',
  403: 'You may not do this',
  404: 'It does not exist',
  408: 'Nothing came any more',
  409: 'It conflicts with the current state',
  412: 'It was changed meanwhile',
  413: 'It is too large',
  422: 'The request does not fit',
  429: 'Too much was asked',
  460: 'It is not what was announced',
  500: 'It is damaged',
  503: 'It is not available now',
  504: 'It took too long',
  507: 'There is no space left',
};

/** Any throw as a problem. What was not meant for the caller becomes `http.internal`. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof PodliftError && error.kind) return ofPodliftError(error);
  if (isUnstorable(error)) return HttpErrors.textUnstorable();
  if (isAway(error)) return HttpErrors.databaseAway();
  if (isDiskFull(error)) return HttpErrors.diskFull();
  if (error instanceof PodliftError) return ofPodliftError(error);
  if (error instanceof HTTPException) return ofHonoError(error);
  return HttpErrors.internal();
}

function ofPodliftError(error: PodliftError): ProblemError {
  const status = STATUS_OF_CODE[error.code] ?? (error.kind ? STATUS_OF_KIND[error.kind] : undefined);
  if (status === undefined) return HttpErrors.internal();
  const wait = retryAfter(error.details);
  return problem(status, error.code, TITLE_OF_STATUS[status] ?? error.code, {
    detail: error.message,
    ...fieldsOf(error.details),
    ...(wait !== undefined && { headers: { 'retry-after': wait, ...(status === 429 && limitHeaders(error.details)) } }),
  });
}

/** Wrong fields of an input stand in `errors`, whoever found them; anything else is passed on. */
function fieldsOf(details: unknown): { errors?: FieldError[]; details?: unknown } {
  const fields = InvalidFields.safeParse(details);
  if (!fields.success) return details === undefined ? {} : { details };
  return { errors: fields.data.map(({ path, message, in: place }) => ({ in: place, path: fieldPath(path), message })) };
}

const InvalidFields = z
  .array(
    z.object({
      in: z.string().default('body'),
      path: z.array(z.union([z.string(), z.number()])),
      message: z.string(),
    }),
  )
  .min(1);

function retryAfter(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('retryAfterSeconds' in details)) return undefined;
  return String(details.retryAfterSeconds);
}

const Limit = z.object({
  policy: z.string().optional(),
  quota: z.string().optional(),
  limit: z.number(),
  windowSeconds: z.number().optional(),
  retryAfterSeconds: z.number(),
});

/** What was used up, as RateLimit headers tell it. */
function limitHeaders(details: unknown): Readonly<Record<string, string>> {
  const limit = Limit.safeParse(details);
  if (!limit.success) return {};
  const { policy, quota, limit: q, windowSeconds: w, retryAfterSeconds: t } = limit.data;
  const name = JSON.stringify(policy ?? quota ?? 'limit');
  return { 'ratelimit-policy': `${name};q=${q}${w === undefined ? '' : `;w=${w}`}`, ratelimit: `${name};r=0;t=${t}` };
}

function ofHonoError(error: HTTPException): ProblemError {
  if (error.status === 415) return HttpErrors.wrongMediaType();
  if (error.status === 400) return HttpErrors.notJson();
  return error.status < 500 ? problem(error.status, 'http.refused', error.message) : HttpErrors.internal();
}

/** The answer to a throw; logs what was held back, under the request id that the answer names. */
export function respondWithProblem(error: unknown, c: Context<HttpEnv>): Response {
  const found = toProblem(error);
  if (found.status >= 500) logFailure(error, found, c);
  return problemResponse(found, c.get('requestId'));
}

function logFailure(error: unknown, found: ProblemError, c: Context<HttpEnv>): void {
  const line = { err: error, code: found.code, method: c.req.method, path: c.req.path };
  if (found.status === 500) c.get('log')?.error(line, 'request failed');
  else c.get('log')?.warn(line, 'request could not be served');
}

/** A problem as a response of its own content type. */
export function problemResponse({ status, code, title, options }: ProblemError, requestId?: string): Response {
  const { detail, errors, details, headers } = options;
  const body: Problem = {
    type: `urn:podlift:problem:${code}`,
    title,
    status,
    ...(detail !== undefined && { detail }),
    code,
    ...(errors && { errors }),
    ...(details !== undefined && { details }),
    ...(requestId !== undefined && { requestId }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}
