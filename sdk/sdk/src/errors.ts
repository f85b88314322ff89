/** Codes that the platform itself raises. A plugin's own are `<plugin>.<what>`, as in `campaigns.code_taken`. */
export type PlatformCode =
  | 'aborted'
  | 'call_ended'
  | 'call_too_deep'
  | 'capability_denied'
  | 'conflict'
  | 'contract_violated'
  | 'deadline_exceeded'
  | 'declaration_mismatch'
  | 'input_mutated'
  | 'invalid_contract'
  | 'invalid_input'
  | 'invalid_plugin'
  | 'limit_exceeded'
  | 'malformed_body'
  | 'not_awaited'
  | 'not_found'
  | 'not_granted'
  | 'not_wireable'
  | 'plugin_busy'
  | 'plugin_crashed'
  | 'plugin_failed'
  | 'quota_exceeded'
  | 'transaction_open'
  | 'upstream_failed';

/** A platform code, or one of the plugin's own. */
export type ErrorCode = PlatformCode | `${string}.${string}`;

/** How the caller should take an error. Without a kind, it is a fault of the plugin and the caller learns nothing of it. */
export type ErrorKind = 'invalid' | 'forbidden' | 'missing' | 'conflict' | 'unavailable' | 'limit' | 'payment';

/** The HTTP status of each kind; an error without a kind is a 500. */
export const STATUS_OF_KIND = {
  invalid: 422,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  unavailable: 503,
  limit: 429,
  payment: 402,
} as const satisfies Record<ErrorKind, number>;

/** What an error carries besides code and message. */
export interface ErrorOptions {
  readonly kind?: ErrorKind;
  readonly cause?: unknown;
  /** Plain JSON for the reader; what JSON cannot hold is left out when the error crosses a boundary. */
  readonly details?: unknown;
}

/**
 * The one error that crosses a boundary. Tell errors apart by `code`; a class does not survive the journey.
 * @example throw new PodliftError('campaigns.code_taken', `the code ${code} is taken`, { kind: 'conflict', details: { code } });
 */
export class PodliftError extends Error {
  override readonly name = 'PodliftError';
  readonly code: string;
  readonly kind?: ErrorKind;
  readonly details?: unknown;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.kind) this.kind = options.kind;
    if (options.details !== undefined) this.details = options.details;
  }

  static invalidContract(id: string, why: string): PodliftError {
    return new PodliftError('invalid_contract', `${id}: ${why}`);
  }

  static invalidPlugin(plugin: string, why: string, details?: unknown): PodliftError {
    return new PodliftError('invalid_plugin', `${plugin} ${why}`, details === undefined ? {} : { details });
  }

  static invalidInput(what: string, issues: readonly InvalidField[]): PodliftError {
    const first = issues[0];
    const where = first?.path.length ? ` at ${first.path.join('.')}` : '';
    const message = `${what} is not valid${where}: ${first?.message ?? 'unknown'}`;
    return new PodliftError('invalid_input', message, { kind: 'invalid', details: issues });
  }

  /** A request whose body cannot be read at all; the host answers 400. */
  static malformedBody(why: string): PodliftError {
    return new PodliftError('malformed_body', `the body of the request cannot be read: ${why}`, {
      kind: 'invalid',
      details: [{ in: 'body', path: [], message: why }],
    });
  }

  static callEnded(what: string): PodliftError {
    return new PodliftError('call_ended', `${what} was used after its call had ended`);
  }

  static denied(plugin: string, what: string): PodliftError {
    return new PodliftError('capability_denied', `${plugin} was not granted ${what}`, { kind: 'forbidden' });
  }

  static notFound(what: string): PodliftError {
    return new PodliftError('not_found', `there is no ${what}`, { kind: 'missing' });
  }

  static deadline(what: string, ms: number): PodliftError {
    return new PodliftError('deadline_exceeded', `${what} took longer than ${ms} ms`, { kind: 'unavailable' });
  }

  static notWireable(path: string, what: string): PodliftError {
    return new PodliftError('not_wireable', `${path || 'the value'} is ${what}, which cannot cross a plugin boundary`);
  }

  static violated(who: string, what: string, cause: unknown): PodliftError {
    return new PodliftError('contract_violated', `${who} does not keep ${what}`, { cause });
  }
}

/** One wrong field of an input. */
export interface InvalidField {
  /** The part of a request that it stands in. */
  readonly in?: 'body' | 'query' | 'path' | 'header' | 'cookie';
  readonly path: readonly string[];
  readonly message: string;
}
