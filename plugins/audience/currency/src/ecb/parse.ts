/** @module Reads the reference rates of the European Central Bank (eurofxref), strictly: a file that is not whole gives nothing. */
import { dateOf, tryDay } from '../day.ts';
import { tryRate } from '../decimal.ts';
import { CurrencyErrors } from '../errors.ts';
import { isCurrency } from '../iso4217.ts';

/** The first day of the euro's rates. */
const EPOCH = tryDay('1999-01-04') ?? 0;
/** The most days of a file: every working day for over fifty years. */
const MAX_DAYS = 15_000;
/** The most currencies of a day. */
const MAX_CURRENCIES = 200;
const MAX_DEPTH = 8;
const MAX_WARNINGS = 50;

/** One day of reference rates: one euro is so much of each currency. */
export interface ReferenceDay {
  readonly day: number;
  readonly rates: Readonly<Record<string, string>>;
}
/** What a file holds, oldest day first. */
export interface ReferenceRates {
  readonly days: readonly ReferenceDay[];
  /** What was left out, once each. */
  readonly warnings: readonly string[];
}

// No part can match in two ways, so a long text costs no more than its length.
const TOKEN = /([^<]*)<(?:(\/)([\w:.-]+)\s*|([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?))>/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const PROLOGUE = /^\uFEFF?\s*(?:<\?xml[^?]{0,200}\?>)?/;
const ROOT = 'gesmes:Envelope';

/** Parses `eurofxref-daily.xml`, `-hist-90d.xml` or `-hist.xml`. `today` bounds the days that can be. */
export function parseReferenceRates(xml: string, today: number): ReferenceRates {
  const days = new Map<number, Record<string, string>>();
  const warnings = new Set<string>();
  const open: string[] = [];
  let current: Record<string, string> | undefined;
  let closed = false;
  TOKEN.lastIndex = PROLOGUE.exec(xml)?.[0].length ?? 0;
  while (!closed) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(xml);
    if (!token) throw refuseAt(xml, at, open);
    const [, , closing, closedName, name = '', attributes = '', empty] = token;
    if (closing) {
      if (open.pop() !== closedName) throw CurrencyErrors.notAFeed(`</${closedName}> closes what is not open`);
      if (open.length === 2) current = undefined;
      closed = open.length === 0;
      continue;
    }
    if (open.length === 0 && name !== ROOT)
      throw CurrencyErrors.notAFeed(`its first element is <${name.slice(0, 50)}> and not <${ROOT}>`);
    if (name === 'Cube' && open.length === 2) {
      current = addDay(days, read(attributes)['time'], today);
    } else if (name === 'Cube' && open.length === 3) {
      if (!current) throw CurrencyErrors.notAFeed('a rate stands outside of a day');
      addRate(current, read(attributes), warnings);
    }
    if (empty) {
      closed = open.length === 0;
      if (open.length === 2) current = undefined;
    } else if (open.push(name) > MAX_DEPTH) throw CurrencyErrors.notAFeed('its elements are nested too deep');
  }
  if (xml.slice(TOKEN.lastIndex).trim() !== '') throw CurrencyErrors.notAFeed('something follows its end');
  if (days.size === 0) throw CurrencyErrors.notAFeed('it holds no day');
  for (const [day, rates] of days)
    if (Object.keys(rates).length === 0) throw CurrencyErrors.notAFeed(`${dateOf(day)} has no rates`);
  return {
    days: [...days].map(([day, rates]) => ({ day, rates })).toSorted((a, b) => a.day - b.day),
    warnings: [...warnings].slice(0, MAX_WARNINGS),
  };
}

function refuseAt(xml: string, at: number, open: readonly string[]): Error {
  const rest = xml.slice(at, at + 200);
  if (xml.indexOf('>', at) === -1 && (open.length > 0 || rest.includes('<'))) return CurrencyErrors.truncated();
  if (rest.trim() === '') return CurrencyErrors.notAFeed('it is empty');
  return CurrencyErrors.notAFeed(`${JSON.stringify(rest.trim().slice(0, 40))} was not expected`);
}

function read(attributes: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null);
  for (const [, name = '', double, single] of attributes.matchAll(ATTRIBUTE)) found[name] = double ?? single ?? '';
  return found;
}

function addDay(days: Map<number, Record<string, string>>, time: string | undefined, today: number) {
  const day = time === undefined ? undefined : tryDay(time);
  if (day === undefined) throw CurrencyErrors.feedDate(`${JSON.stringify(time ?? '')} is no day`);
  if (day < EPOCH) throw CurrencyErrors.feedDate(`${time} is before the euro`);
  // The bank's day may have begun while it is still yesterday in UTC.
  if (day > today + 1) throw CurrencyErrors.feedDate(`${time} is in the future`);
  if (days.has(day)) throw CurrencyErrors.feedDate(`${time} occurs twice`);
  if (days.size >= MAX_DAYS) throw CurrencyErrors.notAFeed(`it has more than ${MAX_DAYS} days`);
  const rates: Record<string, string> = {};
  days.set(day, rates);
  return rates;
}

function addRate(
  rates: Record<string, string>,
  { currency = '', rate = '' }: Readonly<Record<string, string>>,
  warnings: Set<string>,
): void {
  if (!/^[A-Z]{3}$/.test(currency))
    throw CurrencyErrors.notAFeed(`${JSON.stringify(currency.slice(0, 20))} is no currency`);
  if (!tryRate(rate)) throw CurrencyErrors.notAFeed(`${JSON.stringify(rate.slice(0, 30))} is no rate (of ${currency})`);
  if (Object.hasOwn(rates, currency)) throw CurrencyErrors.notAFeed(`${currency} occurs twice on one day`);
  if (Object.keys(rates).length >= MAX_CURRENCIES) throw CurrencyErrors.notAFeed('a day has too many currencies');
  if (isCurrency(currency) && currency !== 'EUR') rates[currency] = rate;
  else warnings.add(`${currency} is not known and was left out`);
}
