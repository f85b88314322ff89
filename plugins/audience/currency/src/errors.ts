/** @module Every error that this plugin raises. */
import { PodliftError, type InvalidField } from '@podlift/sdk';

const feed = (code: `currency.${string}`, message: string, details?: unknown): PodliftError =>
  new PodliftError(code, message, { kind: 'invalid', ...(details !== undefined && { details }) });

/** A pair and a day without a rate. */
interface Missing {
  readonly from: string;
  readonly to: string;
  readonly date: string;
  readonly reason: string;
}

export const CurrencyErrors = {
  /** Conversions that must not be guessed. */
  unknown: (missing: readonly Missing[], rows: number): PodliftError =>
    new PodliftError(
      'currency.rate_unknown',
      `${rows} ${rows === 1 ? 'amount has' : 'amounts have'} no rate: ${missing[0]?.reason ?? ''}`,
      { kind: 'invalid', details: { rows, missing } },
    ),
  field: (path: readonly string[], message: string, part: InvalidField['in'] = 'body'): PodliftError =>
    PodliftError.invalidInput('the request', [{ in: part, path, message }]),
  input: (path: readonly string[], message: string): PodliftError =>
    PodliftError.invalidInput('the conversion', [{ path, message }]),
  outOfRange: (row: number): PodliftError =>
    new PodliftError('currency.out_of_range', `the amount of row ${row} does not fit 64 bits after the conversion`, {
      kind: 'invalid',
      details: [{ path: ['amounts', String(row)], message: 'Does not fit 64 bits after the conversion.' }],
    }),
  notUsed: (): PodliftError =>
    new PodliftError('currency.reference_not_used', 'the settings of the workspace want own rates only', {
      kind: 'invalid',
    }),
  importRefused: (problems: readonly unknown[], failed: number): PodliftError =>
    new PodliftError(
      'currency.import_refused',
      `${failed} ${failed === 1 ? 'row is' : 'rows are'} not valid, so nothing was imported; correct them, or send partial=true to import the others`,
      { kind: 'invalid', details: { failed, problems } },
    ),
  fileTooLarge: (bytes: number): PodliftError =>
    feed('currency.file_too_large', `the file is larger than ${bytes / 1_048_576} MB`),
  notCsv: (why: string): PodliftError => feed('currency.not_csv', `this is not a file of rates: ${why}`),
  noFile: (): PodliftError => CurrencyErrors.field(['file'], 'Send the file as text/csv, or in a form as `file`.'),

  feedUnreachable: (host: string, status: number): PodliftError =>
    new PodliftError('currency.feed_unreachable', `${host} answered ${status} instead of rates`, {
      kind: status >= 500 || status === 429 ? 'unavailable' : 'invalid',
      details: { status },
    }),
  feedTooLarge: (bytes: number): PodliftError =>
    feed('currency.feed_too_large', `the rates are larger than ${bytes / 1_048_576} MB`),
  notAFeed: (why: string): PodliftError => feed('currency.not_a_feed', `this is not a file of reference rates: ${why}`),
  truncated: (): PodliftError =>
    new PodliftError('currency.feed_truncated', 'the reference rates end in the middle', { kind: 'unavailable' }),
  feedDate: (why: string): PodliftError => feed('currency.feed_date', `the reference rates are of a wrong day: ${why}`),
  feedStill: (date: string): PodliftError =>
    feed('currency.feed_stands_still', `the newest reference rates are still of ${date}`),
} as const;

/** What people are told of a failure: a named error's own sentence, else only that it failed. */
export const errorText = (error: unknown): string =>
  error instanceof Error && 'code' in error ? error.message.slice(0, 1000) : 'the reference rates could not be read';
