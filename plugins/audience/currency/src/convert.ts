/** @module Conversion with the tenant's rates: finds each rate once, and says which rate each figure used. */
import { PodliftError, type Column } from '@podlift/sdk';
import type { Book, FoundRate } from './book.ts';
import { convertColumn, convertFloats, NO_RATE } from './columns.ts';
import type { ExactRate } from './contract.ts';
import { dateOf, FIRST_DAY, LAST_DAY, tryDay } from './day.ts';
import { convertMicros, microsOfUnit, toDecimal } from './decimal.ts';
import { CurrencyErrors } from './errors.ts';
import { minorUnits } from './iso4217.ts';
import { readBook, rulesOf } from './ledger.ts';
import type { Ctx } from './manifest.ts';

/** The longest span of days of one conversion of columns; a century is a slip. */
const MAX_SPAN = 36_525;
/** Pairs without a rate that are told one by one. */
const MAX_TOLD = 100;

/** A rate as others see it. */
export const toExactRate = ({ quotes, ...rate }: FoundRate): ExactRate => ({
  ...rate,
  quotes: [...quotes],
  rate: toDecimal(rate),
});

/** Why there is no rate, in a sentence. */
export function reasonOf(settings: Ctx['settings'], from: string, to: string, date: string): string {
  const { order, maxAge } = rulesOf(settings);
  const ages = order.map((source) => `${maxAge[source]} days before (${source})`).join(' or ');
  return `there is no rate of ${from} in ${to} on ${date} or up to ${ages}`;
}

/** What micros are rounded to in a currency. */
export const unitOf = (rounding: 'micros' | 'minor', to: string): bigint =>
  rounding === 'minor' ? microsOfUnit(minorUnits(to)) : 1n;

export interface Item {
  readonly micros: bigint;
  readonly currency: string;
  readonly date: string;
}
export interface Converted {
  readonly micros: bigint | null;
  readonly rate: ExactRate | null;
  readonly reason?: string;
}

/** Converts single amounts. */
export async function convertItems(
  ctx: Ctx,
  { to, rounding, items }: { to: string; rounding: 'micros' | 'minor'; items: readonly Item[] },
): Promise<Converted[]> {
  const days = items.map(({ date }) => dayOrThrow(date));
  const book = await readBook(ctx, lowest(days), highest(days));
  const unit = unitOf(rounding, to);
  return items.map(({ micros, currency, date }, at) => {
    const rate = book.find(currency, to, days[at] ?? 0);
    if (!rate) return { micros: null, rate: null, reason: reasonOf(ctx.settings, currency, to, date) };
    const converted = convertMicros(micros, rate, unit);
    if (converted === undefined) throw CurrencyErrors.outOfRange(at);
    return { micros: converted, rate: toExactRate(rate) };
  });
}

/** The rates of pairs; null where there is none. */
export async function findRates(
  ctx: Ctx,
  pairs: readonly { readonly from: string; readonly to: string; readonly date: string }[],
): Promise<(ExactRate | null)[]> {
  const days = pairs.map(({ date }) => dayOrThrow(date));
  const book = await readBook(ctx, lowest(days), highest(days));
  return pairs.map(({ from, to }, at) => {
    const rate = book.find(from, to, days[at] ?? 0);
    return rate ? toExactRate(rate) : null;
  });
}

/** Which rows a column conversion is about. */
export interface Rows {
  readonly codes: readonly string[];
  readonly code?: Column<Uint16Array> | undefined;
  readonly to: string;
  readonly day?: Column<Int32Array> | undefined;
  readonly date?: string | undefined;
  readonly unknown: 'refuse' | 'mark';
}
interface Assigned {
  readonly rate: Uint32Array;
  readonly found: readonly FoundRate[];
  readonly unknown: { from: string; to: string; date: string; reason: string }[];
  readonly unknownRows: number;
}

/** Converts a column of micros, each row exactly. */
export async function convertMicrosColumn(
  ctx: Ctx,
  { amounts, rounding, ...rows }: Rows & { amounts: Column<BigInt64Array>; rounding: 'micros' | 'minor' },
) {
  const { rate, found, unknown, unknownRows } = await assignRates(ctx, amounts.length, rows);
  const unit = unitOf(rounding, rows.to);
  const out = new BigInt64Array(amounts.length);
  const failed = convertColumn(
    halves(amounts),
    rate,
    found.map((one) => ({ ...one, unit })),
    out,
  );
  if (failed >= 0) throw CurrencyErrors.outOfRange(failed);
  return { amounts: out, rate, rates: found.map(toExactRate), unknown, unknownRows };
}

/** Converts a column of floating point amounts. */
export async function convertFloatsColumn(ctx: Ctx, { amounts, ...rows }: Rows & { amounts: Column<Float64Array> }) {
  const { rate, found, unknown, unknownRows } = await assignRates(ctx, amounts.length, rows);
  return { amounts: convertFloats(amounts, rate, found), rate, rates: found.map(toExactRate), unknown, unknownRows };
}

/** Gives each row its rate: a table of currency and day, so that a row costs two additions. */
async function assignRates(ctx: Ctx, length: number, rows: Rows): Promise<Assigned> {
  const { codes, code, to, day } = rows;
  if (code && code.length !== length)
    throw CurrencyErrors.input(['code'], `Has ${code.length} rows, amounts ${length}.`);
  if (day && day.length !== length) throw CurrencyErrors.input(['day'], `Has ${day.length} rows, amounts ${length}.`);
  if (day && rows.date !== undefined) throw CurrencyErrors.input(['date'], 'Stands beside day; give one of them.');
  if (!day && rows.date === undefined) throw CurrencyErrors.input(['date'], 'Is missing, and so is day.');
  const fixed = rows.date === undefined ? 0 : dayOrThrow(rows.date);
  const [first, last] = day ? boundsOf(day) : [fixed, fixed];
  const book = length === 0 ? undefined : await readBook(ctx, first, last);
  return fill(ctx, book, { length, codes, code, to, day, unknown: rows.unknown, first, span: last - first + 1 });
}

/** Marks of the table: a pair that was not looked up yet. What has no rate is `NO_RATE`. */
const NOT_ASKED = 0xfffffffe;

function fill(
  ctx: Ctx,
  book: Book | undefined,
  {
    length,
    codes,
    code,
    to,
    day,
    unknown: policy,
    first,
    span,
  }: Omit<Rows, 'date'> & { length: number; first: number; span: number },
): Assigned {
  const table = new Uint32Array(codes.length * span).fill(NOT_ASKED);
  const rate = new Uint32Array(length);
  const found: FoundRate[] = [];
  const unknown: Assigned['unknown'] = [];
  let unknownRows = 0;
  const ask = (place: number, at: number): number => {
    const from = codes[place];
    if (from === undefined)
      throw CurrencyErrors.input(['code'], `Row ${at} names place ${place}, codes has ${codes.length}.`);
    const asked = day ? (day[at] ?? first) : first;
    const one = book?.find(from, to, asked);
    if (one) return found.push(one) - 1;
    const date = dateOf(asked);
    if (unknown.length < MAX_TOLD) unknown.push({ from, to, date, reason: reasonOf(ctx.settings, from, to, date) });
    return NO_RATE;
  };
  for (let i = 0; i < length; i++) {
    const place = code ? (code[i] ?? 0) : 0;
    const key = place * span + (day ? (day[i] ?? first) - first : 0);
    let slot = table[key] ?? NOT_ASKED;
    if (slot === NOT_ASKED) {
      slot = ask(place, i);
      table[key] = slot;
    }
    if (slot === NO_RATE) unknownRows++;
    rate[i] = slot;
  }
  if (unknownRows > 0 && policy === 'refuse') throw CurrencyErrors.unknown(unknown, unknownRows);
  return { rate, found, unknown, unknownRows };
}

function boundsOf(day: Column<Int32Array>): [number, number] {
  let [first, last] = [day[0] ?? 0, day[0] ?? 0];
  for (let i = 0; i < day.length; i++) {
    const one = day[i] ?? 0;
    if (one < FIRST_DAY || one > LAST_DAY)
      throw CurrencyErrors.input(['day', String(i)], 'Is not a day between 1970 and 2199, counted from 1970-01-01.');
    if (one < first) first = one;
    else if (one > last) last = one;
  }
  if (last - first > MAX_SPAN) throw CurrencyErrors.input(['day'], `Spans more than ${MAX_SPAN} days.`);
  return [first, last];
}

/** The column's own memory, which is only read. It is a BigInt64Array: the contract's schema has seen to it. */
function halves(column: Column<BigInt64Array>): BigInt64Array {
  if (column instanceof BigInt64Array) return column;
  throw CurrencyErrors.input(['amounts'], 'Is not an i64 column.');
}

function dayOrThrow(date: string): number {
  const day = tryDay(date);
  if (day === undefined)
    throw PodliftError.invalidInput('the date', [{ path: ['date'], message: 'Is not a calendar day.' }]);
  return day;
}

// Not Math.min(...days): ten thousand arguments are too many for some stacks.
const lowest = (days: readonly number[]): number => days.reduce((a, b) => (b < a ? b : a), days[0] ?? 0);
const highest = (days: readonly number[]): number => days.reduce((a, b) => (b > a ? b : a), days[0] ?? 0);
