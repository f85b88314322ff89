import type { z } from 'zod';

/** One field that is wrong: where it stands, and why. */
export interface FieldError {
  /** `body`, `query`, `path`, `header` or `cookie`. */
  readonly in: string;
  /** `items[2].price`; empty when the whole is meant. */
  readonly path: string;
  readonly message: string;
}

/** Problem details of RFC 9457, as every error of Podlift is answered. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What happened this time, in a sentence. */
  readonly detail?: string;
  readonly code: string;
  readonly errors?: readonly FieldError[];
  readonly details?: unknown;
  /** The line in the log that belongs to this answer. */
  readonly requestId?: string;
}

/** More about a problem. */
export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly details?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Ends a request with a problem. Its text is written for the caller and is sent to it. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly options: ProblemOptions;

  constructor(status: number, code: string, title: string, options: ProblemOptions = {}) {
    super(options.detail ?? title, { cause: options.cause });
    this.name = 'ProblemError';
    this.status = status;
    this.code = code;
    this.title = title;
    this.options = options;
  }
}

/**
 * A problem to throw.
 *
 * @example
 * ```ts
 * throw problem(409, 'tenants.slug_taken', 'The slug is taken', { errors: [{ in: 'body', path: 'slug', message: 'Is taken.' }] });
 * ```
 */
export const problem = (status: number, code: string, title: string, options?: ProblemOptions): ProblemError =>
  new ProblemError(status, code, title, options);

/** Names each field that a schema refused. */
export const fieldErrors = (error: Pick<z.ZodError, 'issues'>, place: string): FieldError[] =>
  error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        in: place,
        path: fieldPath([...issue.path, key]),
        message: 'Is not a known field.',
      }));
    return [{ in: place, path: fieldPath(issue.path), message: issue.message }];
  });

/** A path as people write it: `items[2].price`. */
export const fieldPath = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) => {
      if (typeof part === 'number' || /^\d+$/.test(String(part))) return `[${String(part)}]`;
      const name = String(part);
      if (!/^[\w$-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
