/** @module Which rate holds between two currencies on a day: whose, of which day, and over which currencies. */
import { dateOf } from './day.ts';
import { invert, multiply, tryRate, type Fraction } from './decimal.ts';

/** Where a rate comes from: `own` is the workspace, `ecb` the European Central Bank. */
export const SOURCES = ['own', 'ecb'] as const;
export type Source = (typeof SOURCES)[number];

/** What one source says of one day: one unit of `base` is so much of each currency. */
export interface Sheet {
  readonly source: Source;
  readonly base: string;
  readonly day: number;
  /** Decimals as they are written, by currency. */
  readonly rates: Readonly<Record<string, string>>;
}

/** A quote that a rate was made of, as its source states it. */
export interface Quote {
  readonly source: Source;
  readonly date: string;
  readonly base: string;
  readonly currency: string;
  readonly rate: string;
}

/** One unit of `from` is `fraction` of `to`. */
export interface FoundRate extends Fraction {
  readonly from: string;
  readonly to: string;
  /** The day that was asked for. */
  readonly asked: string;
  /** The day whose quotes were used; the older one where two days had to be joined. */
  readonly date: string;
  /** Days between the two. */
  readonly age: number;
  readonly source: Source | 'same' | 'mixed';
  readonly quotes: readonly Quote[];
}

/** How a book is asked. */
export interface BookRules {
  /** Sources that count; the first that knows a rate wins. */
  readonly order: readonly Source[];
  /** The most days that a rate may be old, by source. */
  readonly maxAge: Readonly<Record<Source, number>>;
  /** Currencies over which two rates may be joined when no source knows the pair, in this order. */
  readonly pivots: readonly string[];
}

/** Rates that were read, to be asked many times. */
export interface Book {
  /** The rate of the day or the last one before; undefined when there is none that is young enough. */
  find(from: string, to: string, day: number): FoundRate | undefined;
  /** Currencies that any sheet names. */
  readonly currencies: ReadonlySet<string>;
}

interface Leg extends Fraction {
  readonly source: Source;
  readonly day: number;
  readonly quotes: readonly Quote[];
}

/** Makes a book of sheets. */
export function createBook(sheets: Iterable<Sheet>, { order, maxAge, pivots }: BookRules): Book {
  const days = new Map<Source, Map<number, Sheet[]>>(order.map((source) => [source, new Map()]));
  const currencies = new Set<string>();
  for (const sheet of sheets) {
    const byDay = days.get(sheet.source);
    if (!byDay) continue;
    const same = byDay.get(sheet.day);
    if (same) same.push(sheet);
    else byDay.set(sheet.day, [sheet]);
    currencies.add(sheet.base);
    for (const code in sheet.rates) currencies.add(code);
  }
  for (const byDay of days.values())
    for (const same of byDay.values()) same.sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));

  const legOf = (from: string, to: string, day: number): Leg | undefined => {
    for (const source of order) {
      const oldest = day - maxAge[source];
      for (let at = day; at >= oldest; at--) {
        const found = joinOf(days.get(source)?.get(at) ?? [], from, to);
        if (found) return { ...found, source, day: at };
      }
    }
    return undefined;
  };
  const legsOf = (from: string, to: string, day: number): readonly Leg[] | undefined => {
    const one = legOf(from, to, day);
    if (one) return [one];
    for (const pivot of pivots) {
      if (pivot === from || pivot === to) continue;
      const first = legOf(from, pivot, day);
      const second = first && legOf(pivot, to, day);
      if (second) return [first, second];
    }
    return undefined;
  };

  return {
    currencies,
    find(from, to, day) {
      const asked = dateOf(day);
      if (from === to)
        return { from, to, asked, date: asked, age: 0, source: 'same', quotes: [], numerator: 1n, denominator: 1n };
      const legs = legsOf(from, to, day);
      if (!legs) return undefined;
      const oldest = Math.min(...legs.map((leg) => leg.day));
      const [first] = legs;
      const source = first && legs.every((leg) => leg.source === first.source) ? first.source : 'mixed';
      const quotes = legs.flatMap((leg) => leg.quotes);
      return { from, to, asked, date: dateOf(oldest), age: day - oldest, source, quotes, ...multiply(...legs) };
    },
  };
}

/** The rate within one source's sheets of one day: stated, the inverse of a stated one, or over the sheet's base. */
function joinOf(sheets: readonly Sheet[], from: string, to: string): (Fraction & { quotes: Quote[] }) | undefined {
  const sorted = sheets.length < 2 ? sheets : [...sheets].sort((a, b) => rank(a, from, to) - rank(b, from, to));
  for (const sheet of sorted) {
    const one = quoteOf(sheet, from);
    const other = one && quoteOf(sheet, to);
    if (other) return { ...multiply(invert(one), other), quotes: [...one.quotes, ...other.quotes] };
  }
  return undefined;
}

/** A sheet that states the pair counts before one that states its inverse, and that before a third currency's. */
const rank = ({ base }: Sheet, from: string, to: string): number => (base === from ? 0 : base === to ? 1 : 2);

function quoteOf({ source, base, day, rates }: Sheet, currency: string): (Fraction & { quotes: Quote[] }) | undefined {
  if (currency === base) return { numerator: 1n, denominator: 1n, quotes: [] };
  const rate = Object.hasOwn(rates, currency) ? rates[currency] : undefined;
  if (rate === undefined) return undefined;
  const fraction = tryRate(rate);
  return fraction && { ...fraction, quotes: [{ source, date: dateOf(day), base, currency, rate }] };
}
