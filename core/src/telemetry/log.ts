import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { formatLine } from './pretty.ts';
import { redact, scrub } from './redact.ts';

/** Writes one line: a message, or fields and a message. An error goes under the field `err`. */
export interface LogMethod {
  (message: string): void;
  (fields: object, message?: string): void;
}

/** Structured log lines. Fields with the name of a secret are masked, whoever writes them. */
export interface Log {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A log that adds these fields to each of its lines. */
  child(fields: object): Log;
}

/**
 * JSON lines for a collector, or readable ones when a person watches.
 *
 * @example
 * ```ts
 * const log = createLog(config);
 * log.info({ port: 3000 }, 'listening');
 * ```
 */
export function createLog(
  config: Pick<Config, 'logLevel'>,
  output: NodeJS.WritableStream & { isTTY?: boolean } = process.stdout,
): Log {
  const destination: DestinationStream = output.isTTY
    ? { write: (line) => void output.write(formatLine(line)) }
    : { write: (line) => void output.write(line) };
  const log = pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
      // `redact` has already made plain data of errors, with their secrets masked.
      serializers: { err: (error: unknown) => redact(error) },
      hooks: { streamWrite: scrub },
    },
    destination,
  );
  return toLog(log);
}

/** Fields of a child do not pass through the formatters, so they are masked here. */
const toLog = (log: Logger): Log => ({
  debug: log.debug.bind(log),
  info: log.info.bind(log),
  warn: log.warn.bind(log),
  error: log.error.bind(log),
  child: (fields) => toLog(log.child(redact(fields) as Record<string, unknown>)),
});

/** Says nothing; for tests and for one-shot tools. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
