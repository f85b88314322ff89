/** @module What other plugins may use of `podlift.currency`: rates by date, and exact conversion of single amounts and whole columns. */
import { event, f64, i32, i64, method, service, u16, u32 } from '@podlift/sdk';
import { z } from 'zod';
import { SOURCES } from './book.ts';
import { isCurrency } from './iso4217.ts';

export { convertMicros, divideHalfEven, formatMicros, microsOfUnit, tryMicros } from './decimal.ts';
export { dateOf, dayOf, tryDay } from './day.ts';
export { minorUnits } from './iso4217.ts';
export { NO_RATE } from './columns.ts';

/** A code of ISO 4217, in capital letters. */
export const CurrencyCode = z
  .string()
  .refine(isCurrency, 'Is not a currency of ISO 4217 in capital letters, like EUR.');
/** A calendar day like 2026-02-28. */
export const RateDate = z.iso
  .date({ error: 'Is not a calendar day like 2026-02-28.' })
  .refine((date) => date >= '1970-01-01' && date < '2200-01-01', 'Is not between 1970 and 2199.');
/** Money in millionths of a currency's unit. */
const Micros = z
  .bigint()
  .min(-(2n ** 63n) + 1n)
  .max(2n ** 63n - 1n);
/** `micros`: to a millionth. `minor`: to the smallest amount of the currency, such as a cent. Halves go to the even neighbour. */
export const Rounding = z.enum(['micros', 'minor']);

/** What a rate was made of, as its source states it: one unit of `base` is `rate` of `currency`. */
export const RateQuote = z.object({
  source: z.enum(SOURCES),
  date: z.string(),
  base: z.string(),
  currency: z.string(),
  rate: z.string(),
});
/** One unit of `from` is numerator/denominator of `to`, exactly. */
export const ExactRate = z.object({
  from: z.string(),
  to: z.string(),
  asked: z.string(),
  /** The day of the quotes: the one that was asked for, or the last one before. */
  date: z.string(),
  age: z.int().nonnegative(),
  source: z.enum([...SOURCES, 'same', 'mixed']),
  /** As a decimal, exactly if it ends within 15 digits. */
  rate: z.string(),
  numerator: z.bigint(),
  denominator: z.bigint(),
  quotes: z.array(RateQuote),
});
export type ExactRate = z.output<typeof ExactRate>;

/** A pair and a day for which there is no rate that is young enough. Nothing was put in its place. */
export const UnknownRate = z.object({ from: z.string(), to: z.string(), date: z.string(), reason: z.string() });

/** Which rows a column conversion is about. */
const Rows = {
  /** Currencies that the rows name. */
  codes: z.array(CurrencyCode).min(1).max(256),
  /** Each row's place in `codes`; without it, all rows are of the first one. */
  code: u16().optional(),
  to: CurrencyCode,
  /** Each row's day, counted from 1970-01-01 (`dayOf`); without it, `date` holds for all. */
  day: i32().optional(),
  date: RateDate.optional(),
  /** `refuse`: rows without a rate are an error that names their pairs. `mark`: they are marked in `rate`, and their amount is 0 or NaN. */
  unknown: z.enum(['refuse', 'mark']).default('refuse'),
};
const Used = {
  /** Each row's place in `rates`, or `NO_RATE`. */
  rate: u32(),
  rates: z.array(ExactRate),
  /** Pairs and days without a rate, at most a hundred; `unknownRows` counts all rows of them. */
  unknown: z.array(UnknownRate),
  unknownRows: z.int().nonnegative(),
};

/** Rates by date. A rate that is missing is said to be missing: it is never one to one. */
export const rates = service('currency.rates@1', {
  /** The workspace's base currency and how old a rate may be. */
  profile: method(
    z.object({}),
    z.object({ base: z.string(), sources: z.array(z.enum(SOURCES)), maxAgeDays: z.record(z.string(), z.int()) }),
  ),
  /** Rates of pairs, in the order of the question; null where there is none. */
  find: method(
    z.object({
      pairs: z
        .array(z.object({ from: CurrencyCode, to: CurrencyCode, date: RateDate }))
        .min(1)
        .max(1000),
    }),
    z.object({ items: z.array(ExactRate.nullable()) }),
  ),
  /** Converts single amounts; each says which rate it used, or why there is none. */
  convert: method(
    z.object({
      to: CurrencyCode,
      rounding: Rounding.default('micros'),
      items: z
        .array(z.object({ micros: Micros, currency: CurrencyCode, date: RateDate }))
        .min(1)
        .max(10_000),
    }),
    z.object({
      items: z.array(
        z.object({ micros: z.bigint().nullable(), rate: ExactRate.nullable(), reason: z.string().optional() }),
      ),
    }),
  ),
  /** Converts a column of micros, each row exactly, rounded once. */
  convertColumn: method(
    z.object({ ...Rows, amounts: i64(), rounding: Rounding.default('micros') }),
    z.object({ ...Used, amounts: i64() }),
  ),
  /** Converts a column of floating point amounts, for figures that are estimates anyway, such as the ends of intervals. */
  convertFloats: method(z.object({ ...Rows, amounts: f64() }), z.object({ ...Used, amounts: f64() })),
});

/** Rates of some days changed: what was computed with them may be computed anew. */
export const ratesChanged = event(
  'currency.rates-changed@1',
  z.object({
    source: z.enum(SOURCES),
    /** The first and the last day that changed. */
    from: z.string(),
    until: z.string(),
    days: z.int().positive(),
    currencies: z.array(z.string()),
  }),
);
