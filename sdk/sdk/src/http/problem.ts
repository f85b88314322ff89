import type { z } from 'zod';
import { STATUS_OF_KIND } from '../errors.ts';
import { errorData } from '../kernel/error-data.ts';

/** RFC 9457, with the code that machines read and the path of every wrong field. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly details?: unknown;
}

type Part = 'json' | 'form' | 'query' | 'param' | 'header' | 'cookie';
const PLACE: Readonly<Record<Part, string>> = {
  json: 'body',
  form: 'body',
  query: 'query',
  param: 'path',
  header: 'header',
  cookie: 'cookie',
};

/** The problem of a request that does not fit its schema: `body.touches.0` is wrong because … */
export function problemOfInput(part: Part, error: z.ZodError): Problem {
  const errors = error.issues.map(({ path, message }) => ({
    path: [PLACE[part], ...path.map(String)].join('.'),
    message,
  }));
  return { type: 'about:blank', title: 'The request is not valid', status: 422, code: 'invalid_input', errors };
}

/** The problem of an error with a kind; undefined for one without, which is nobody's business outside. */
export function tryProblemOfError(thrown: unknown): Problem | undefined {
  const { code, message, kind, details } = errorData(thrown);
  if (!kind) return undefined;
  const problem = { type: 'about:blank', title: message, status: STATUS_OF_KIND[kind], code } as const;
  return details === undefined ? problem : { ...problem, details };
}

/** The problem of a request that Hono could not read, such as a body that is no JSON. */
export const problemOfException = ({
  status,
  message,
}: {
  readonly status: number;
  readonly message: string;
}): Problem => ({
  type: 'about:blank',
  title: message,
  status,
  code: 'invalid_request',
});

/** A problem as a response. */
export const respond = (problem: Problem): Response =>
  new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json' },
  });
