import { PodliftError } from '@podlift/sdk';
import { ConfigError } from '../config/index.ts';

/** What a command that failed says: one sentence for a person, data for `--json`, and how the process ends. */
export interface Failure {
  readonly message: string;
  readonly code: string;
  readonly details?: unknown;
  /** 1 for what failed, 2 for what was asked wrongly. */
  readonly exitCode: 1 | 2;
}

/** Makes a sentence of whatever was thrown. Errors of our own are sentences; of others the first line is shown. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof ConfigError)
    return { message: thrown.message, code: 'config_invalid', details: thrown.problems, exitCode: 2 };
  if (thrown instanceof PodliftError) {
    const { message, code, details, kind } = thrown;
    return { message, code, ...(details !== undefined && { details }), exitCode: kind === 'invalid' ? 2 : 1 };
  }
  if (thrown instanceof Error) {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'failed';
    const why = thrown.cause instanceof Error ? thrown.cause.message : '';
    // A message that is a sentence is one of ours, and says the cause as far as it helps.
    const cause = why && !thrown.message.endsWith('.') && !thrown.message.includes(why) ? ` (${why})` : '';
    return { message: `${thrown.message}${cause}`, code, exitCode: 1 };
  }
  return { message: String(thrown), code: 'failed', exitCode: 1 };
}
