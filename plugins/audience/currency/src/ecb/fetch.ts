/** @module Fetches reference rates: which file, whether it changed, and what of it is new. Every failure is named, and none leaves half of a file. */
import { FEED, sheetId, type FeedRecord } from '../collections.ts';
import { ratesChanged } from '../contract.ts';
import { dateOf, dayOf } from '../day.ts';
import { CurrencyErrors } from '../errors.ts';
import { readSheets } from '../ledger.ts';
import type { Ctx } from '../manifest.ts';
import { publishingDaysBetween } from './calendar.ts';
import { parseReferenceRates, type ReferenceDay, type ReferenceRates } from './parse.ts';

const HOST = 'https://www.ecb.europa.eu/stats/eurofxref/';
/** The bank's files, and how much of each is read: four times what they have today. */
const FILES = {
  daily: { url: `${HOST}eurofxref-daily.xml`, maxBytes: 64 * 1024 },
  '90-days': { url: `${HOST}eurofxref-hist-90d.xml`, maxBytes: 1024 * 1024 },
  all: { url: `${HOST}eurofxref-hist.xml`, maxBytes: 32 * 1024 * 1024 },
} as const;
export type ReferenceFile = keyof typeof FILES;
/** What is asked for: the days since the last time, or at least so much. */
export type Wanted = 'new' | '90-days' | 'all';

/** Calendar days back that the file of 90 days surely covers. */
const COVERED = 80;
/** So many days of rates may be missing before the feed is said to stand still. */
const PATIENCE = 3;
/** Writes of one request to the host. */
const CHUNK = 500;

/** What a fetch did. */
export interface Fetched {
  readonly feed: FeedRecord;
  readonly changed: number;
}

/** Reads what is new and stores it. The feed's record is returned and not written, so that failures go the same way. */
export async function fetchRates(ctx: Ctx, before: FeedRecord, wanted: Wanted): Promise<Fetched> {
  const today = dayOf(ctx.now());
  let feed = before;
  let file = chooseFile(before.lastDay, today, wanted);
  let read = await readFile(ctx, feed, file, today);
  feed = read.feed;
  if (file === 'daily' && read.rates && leavesGap(before.lastDay, read.rates)) {
    file = '90-days';
    read = await readFile(ctx, feed, file, today);
    feed = read.feed;
  }
  const newest = read.rates?.days.at(-1)?.day;
  if (newest !== undefined && feed.lastDay !== undefined && newest < feed.lastDay)
    throw CurrencyErrors.feedDate(`${dateOf(newest)}, but ${dateOf(feed.lastDay)} is known already`);
  const lastDay = newest ?? feed.lastDay;
  const changed = read.rates ? await store(ctx, read.rates.days) : 0;
  // A file that is whole but old is stored, and its age told as a failure by the caller.
  const { lastError: _, failingSince: __, ...rest } = feed;
  return {
    changed,
    feed: {
      ...rest,
      readAt: ctx.now(),
      failures: 0,
      told: false,
      ...(lastDay !== undefined && { lastDay }),
      ...(read.rates && { warnings: [...read.rates.warnings] }),
    },
  };
}

/** Says that the newest rates are older than the calendar of the bank explains. */
export function checkMoves({ lastDay }: FeedRecord, today: number): void {
  if (lastDay !== undefined && publishingDaysBetween(lastDay, today) > PATIENCE)
    throw CurrencyErrors.feedStill(dateOf(lastDay));
}

/** The smallest file that holds every day since the last one. */
export function chooseFile(lastDay: number | undefined, today: number, wanted: Wanted): ReferenceFile {
  if (wanted !== 'new') return wanted;
  if (lastDay === undefined) return '90-days';
  if (publishingDaysBetween(lastDay, today + 1) <= 1) return 'daily';
  return today - lastDay > COVERED ? 'all' : '90-days';
}

function leavesGap(lastDay: number | undefined, { days: [first] }: ReferenceRates): boolean {
  return lastDay !== undefined && first !== undefined && publishingDaysBetween(lastDay, first.day) > 0;
}

async function readFile(
  ctx: Ctx,
  feed: FeedRecord,
  file: ReferenceFile,
  today: number,
): Promise<{ feed: FeedRecord; rates?: ReferenceRates }> {
  const { url, maxBytes } = FILES[file];
  const { etag, lastModified } = feed.validators[file] ?? {};
  const response = await ctx.fetch(url, {
    headers: {
      accept: 'application/xml, text/xml;q=0.9',
      ...(etag !== undefined && { 'if-none-match': etag }),
      ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
    },
    signal: ctx.signal,
  });
  if (response.status === 304 && (etag !== undefined || lastModified !== undefined)) return { feed };
  if (response.status !== 200 || !response.body)
    throw CurrencyErrors.feedUnreachable(new URL(url).host, response.status);
  const rates = parseReferenceRates(await readText(response.body, maxBytes), today);
  const validators = {
    ...validator('etag', response.headers.get('etag'), 500),
    ...validator('lastModified', response.headers.get('last-modified'), 100),
  };
  return { feed: { ...feed, validators: { ...feed.validators, [file]: validators } }, rates };
}

const validator = (name: 'etag' | 'lastModified', value: string | null, most: number) =>
  value === null || value.length > most ? {} : { [name]: value };

async function readText(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8');
  let bytes = 0;
  let text = '';
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw CurrencyErrors.feedTooLarge(maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Writes days that are new or differ, and says so. Returns how many. */
async function store(ctx: Ctx, days: readonly ReferenceDay[]): Promise<number> {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return 0;
  const known = new Map((await readSheets(ctx, 'ecb', first.day, last.day)).map((sheet) => [sheet.day, sheet.rates]));
  const fresh = days.filter(({ day, rates }) => !same(known.get(day), rates));
  const writes = fresh.map(({ day, rates }) => {
    const value = { source: 'ecb', base: 'EUR', day, rates } as const;
    return { op: 'upsert', id: sheetId(value), value } as const;
  });
  for (let at = 0; at < writes.length; at += CHUNK) await ctx.collections.sheets.batch(writes.slice(at, at + CHUNK));
  const [from, until] = [fresh[0], fresh.at(-1)];
  if (from && until)
    await ctx.emit(ratesChanged, {
      source: 'ecb',
      from: dateOf(from.day),
      until: dateOf(until.day),
      days: fresh.length,
      currencies: [...new Set(fresh.flatMap(({ rates }) => Object.keys(rates)))].toSorted(),
    });
  return fresh.length;
}

function same(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): boolean {
  if (!a) return false;
  const codes = Object.keys(b);
  return codes.length === Object.keys(a).length && codes.every((code) => a[code] === b[code]);
}

/** A feed that was never read. */
export const newFeed = (): FeedRecord => ({ validators: {}, failures: 0, told: false, warnings: [] });
/** The record of the feed, as it is or as it begins. */
export async function readFeed(ctx: Ctx): Promise<FeedRecord> {
  return (await ctx.collections.feeds.get(FEED))?.value ?? newFeed();
}
