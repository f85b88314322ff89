import { PodliftError, STATUS_OF_KIND, type ErrorCode, type ErrorKind } from '../errors.ts';

/** An error as it crosses a boundary: never a stack. */
export interface ErrorData {
  readonly code: string;
  readonly message: string;
  readonly kind?: ErrorKind;
  readonly details?: unknown;
  readonly cause?: ErrorData;
}

/** Cause chains deeper than this are cut: enough for every honest error, a bound for the others. */
const MAX_CAUSES = 8;
/** In characters. */
const MAX_MESSAGE = 4000;
/** In characters of JSON. */
const MAX_DETAILS = 100_000;

const isKind = (value: unknown): value is ErrorKind =>
  typeof value === 'string' && Object.hasOwn(STATUS_OF_KIND, value);

/** Whatever was thrown, as data. It never throws itself, whatever it is given. */
export function errorData(thrown: unknown, depth = 0): ErrorData {
  try {
    if (thrown instanceof Error) return describe(thrown, depth);
    const message = typeof thrown === 'string' ? thrown : 'a value that is not an Error was thrown';
    return { code: 'plugin_failed', message: message.slice(0, MAX_MESSAGE) };
  } catch {
    return { code: 'plugin_failed', message: 'an error that could not be read was thrown' };
  }
}

function describe(error: Error, depth: number): ErrorData {
  // Nothing says that what somebody threw keeps the types of Error.
  const { code, kind, details, message }: Partial<Record<'code' | 'kind' | 'details' | 'message', unknown>> = error;
  const kept = details === undefined ? undefined : tryJson(details);
  return {
    code: codeOf(error, code),
    message: String(message).slice(0, MAX_MESSAGE),
    ...(isKind(kind) && { kind }),
    ...(kept !== undefined && { details: kept }),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: errorData(error.cause, depth + 1) }),
  };
}

function codeOf(error: Error, code: unknown): string {
  if (typeof code === 'string') return code.slice(0, 200);
  return error.name === 'AbortError' ? 'aborted' : 'plugin_failed';
}

/** Details are for people and problem+json: what JSON cannot hold is left out, but the error is not lost for it. */
function tryJson(value: unknown): unknown {
  try {
    const json = JSON.stringify(value);
    const parsed: unknown = json.length < MAX_DETAILS ? JSON.parse(json) : undefined;
    return parsed;
  } catch {
    return undefined;
  }
}

/** The receiving half of `errorData`. The stack is the receiver's own. */
export function errorFrom({ code, message, kind, details, cause }: ErrorData): PodliftError {
  // A code that came over is one of the sender's, which this copy of the SDK need not know.
  return new PodliftError(code as ErrorCode, message, {
    ...(kind && { kind }),
    ...(details !== undefined && { details }),
    ...(cause && { cause: errorFrom(cause) }),
  });
}
