/** @module What the REST operations speak. */
import { z } from '@podlift/sdk/http';
import { SOURCES } from '../book.ts';
import { CurrencyCode, RateDate, RateQuote, type ExactRate } from '../contract.ts';
import { tryMicros, tryRate } from '../decimal.ts';

export const tags = ['Currencies'];
export const READ = 'currency:read';
export const WRITE = 'currency:write';

export const Code = CurrencyCode.openapi({ example: 'USD' });
export const Day = RateDate.openapi({ example: '2026-03-02' });
/** Rates are written as text, because a number of JSON may lose digits. */
export const RateText = z
  .string()
  .refine(
    (text) => tryRate(text) !== undefined,
    'Is not a decimal above zero like "1.0845", with at most 12 digits before and behind the point.',
  )
  .openapi({ example: '1.0845' });
export const AmountText = z
  .string()
  .refine((text) => tryMicros(text) !== undefined, 'Is not an amount like "-12.50", with at most six decimals.')
  .openapi({ example: '12.50' });

const QUOTE = { source: 'ecb', date: '2026-02-27', base: 'EUR', currency: 'USD', rate: '1.1792' } as const;
export const RateJson = z
  .object({
    from: z.string(),
    to: z.string(),
    rate: z.string().openapi({ description: 'One unit of `from` in `to`; exact if it ends within 15 digits.' }),
    date: z
      .string()
      .openapi({ description: 'The day of the quotes: the one that was asked for, or the last one before.' }),
    age: z.int().openapi({ description: 'Days between the two.' }),
    source: z.enum([...SOURCES, 'same', 'mixed']),
    fraction: z.string().openapi({ description: 'The exact rate as a fraction of whole numbers.' }),
    quotes: z.array(RateQuote).openapi({ description: 'What it was made of, as its source states it.' }),
  })
  .openapi('Rate', {
    example: {
      from: 'EUR',
      to: 'USD',
      rate: '1.1792',
      date: '2026-02-27',
      age: 3,
      source: 'ecb',
      fraction: '737/625',
      quotes: [QUOTE],
    },
  });

export const toRateJson = ({ from, to, rate, date, age, source, numerator, denominator, quotes }: ExactRate) => ({
  from,
  to,
  rate,
  date,
  age,
  source,
  fraction: `${numerator}/${denominator}`,
  quotes,
});

export const RatesJson = z
  .object({
    base: z.string(),
    date: z.string(),
    items: z.array(RateJson).openapi({ description: 'One unit of the base in each currency.' }),
    unknown: z.array(z.string()).openapi({ description: 'Currencies without a rate that is young enough.' }),
  })
  .openapi('Rates');

export const HistoryJson = z
  .object({
    from: z.string(),
    to: z.string(),
    items: z.array(RateJson).openapi({ description: 'Days with a rate of their own, oldest first.' }),
    next: z.string().nullable().openapi({ description: 'The `since` of the next page.' }),
  })
  .openapi('RateHistory');

export const OwnRatesChange = z
  .strictObject({
    date: Day,
    base: Code,
    rates: z
      .record(Code, RateText.nullable())
      .refine((rates) => Object.keys(rates).length > 0, 'Names no currency.')
      .refine((rates) => Object.keys(rates).length <= 200, 'Names more than 200 currencies.')
      .openapi({ description: 'One unit of the base in each currency; null removes an own rate.' }),
  })
  .openapi('OwnRatesChange', {
    example: { date: '2026-03-01', base: 'USD', rates: { EUR: '0.8512', ARS: '1425.5', GBP: null } },
  });
export const OwnRatesJson = z
  .object({ date: z.string(), base: z.string(), rates: z.record(z.string(), z.string()) })
  .openapi('OwnRates', { example: { date: '2026-03-01', base: 'USD', rates: { EUR: '0.8512', ARS: '1425.5' } } });

export const ConversionJson = z
  .strictObject({
    to: Code,
    date: Day.optional().openapi({ description: 'Holds for items without a date of their own.' }),
    rounding: z.enum(['micros', 'minor']).default('minor').openapi({
      description: 'To a millionth, or to the smallest amount of the currency; halves go to the even neighbour.',
    }),
    items: z
      .array(z.strictObject({ amount: AmountText, currency: Code, date: Day.optional() }))
      .min(1)
      .max(1000),
  })
  .openapi('Conversion', {
    example: { to: 'EUR', date: '2026-03-02', items: [{ amount: '1500.00', currency: 'USD' }] },
  });
export const ConvertedJson = z
  .object({
    to: z.string(),
    items: z.array(
      z.object({
        amount: z.string().nullable().openapi({ description: 'Null when there is no rate; it is never guessed.' }),
        rate: RateJson.nullable(),
        reason: z.string().optional(),
      }),
    ),
    unknown: z.int().openapi({ description: 'Items without a rate.' }),
  })
  .openapi('Converted');

const Count = z.int().nonnegative();
export const ImportJson = z
  .object({
    id: z.uuid().nullable().openapi({ description: 'Of an import that goes on in the background.' }),
    status: z.enum(['dry-run', 'done', 'waiting']),
    rows: Count,
    imported: Count.openapi({ description: 'Rates that are new or differ from what was there.' }),
    failed: Count,
    problems: z.array(z.object({ row: z.int(), field: z.string(), value: z.string(), message: z.string() })),
  })
  .openapi('RateImport', {
    example: {
      id: null,
      status: 'dry-run',
      rows: 2,
      imported: 0,
      failed: 1,
      problems: [{ row: 3, field: 'rate', value: '0', message: 'Is not a decimal above zero.' }],
    },
  });
export const ImportStateJson = z
  .object({
    id: z.uuid(),
    status: z.enum(['waiting', 'done', 'failed']),
    rows: Count,
    imported: Count,
    failed: Count,
    error: z.string().nullable(),
  })
  .openapi('RateImportState');

export const CurrenciesJson = z
  .object({ items: z.array(z.object({ code: z.string(), minorUnits: z.int(), historic: z.boolean() })) })
  .openapi('Currencies', { example: { items: [{ code: 'EUR', minorUnits: 2, historic: false }] } });

export const SourcesJson = z
  .object({
    base: z.string(),
    order: z.array(z.enum(SOURCES)),
    reference: z.object({
      used: z.boolean(),
      lastDate: z.string().nullable(),
      readAt: z.string().nullable(),
      failures: z.int(),
      failingSince: z.string().nullable(),
      lastError: z.string().nullable(),
      warnings: z.array(z.string()),
    }),
  })
  .openapi('RateSources');

export const ChangesJson = z
  .object({
    items: z.array(
      z.object({
        at: z.string(),
        by: z.string().nullable(),
        action: z.enum(['set', 'removed', 'imported']),
        date: z.string().nullable(),
        base: z.string().nullable(),
        currency: z.string().nullable(),
        before: z.string().nullable(),
        after: z.string().nullable(),
        count: z.int().nullable(),
      }),
    ),
    next: z.string().nullable(),
  })
  .openapi('RateChanges');
