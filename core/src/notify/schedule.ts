import type { Spec } from './kind.ts';
import type { Profile } from './preferences.ts';

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/** When a mail leaves: at once, after quiet hours, or with the day's digest. */
export type Departure = { readonly how: 'alone' | 'digest'; readonly at: number };

/** Decides it for one reader. What is critical or about security waits for nothing. */
export function departureOf(
  { severity, category }: Pick<Spec, 'severity' | 'category'>,
  { digest, digestHour, quiet }: Pick<Profile, 'digest' | 'digestHour' | 'quiet'>,
  timeZone: string,
  now: number,
): Departure {
  if (severity === 'critical' || category === 'security') return { how: 'alone', at: now };
  if (severity === 'info' && digest) return { how: 'digest', at: nextTime(now, digestHour * 60, timeZone) };
  return { how: 'alone', at: quiet ? endOfQuiet(now, quiet, timeZone) : now };
}

/** Now, or when the quiet hours end that it falls into. Hours that end before they begin go over midnight. */
export function endOfQuiet(now: number, { from, to }: { from: number; to: number }, timeZone: string): number {
  const minute = minuteOfDay(now, timeZone);
  const quiet = from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  return quiet ? nextTime(now, to, timeZone) : now;
}

/**
 * The next moment at which a clock in this zone shows so many minutes of the day, later than now. When the clock is put
 * forward over that minute, it is the first one after the gap.
 */
export function nextTime(now: number, minute: number, timeZone: string): number {
  const whole = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const ahead = (minute - minuteOfDay(now, timeZone) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const guess = whole + ahead * MINUTE_MS;
  // Between now and then the zone may have changed its offset.
  let drift = minuteOfDay(guess, timeZone) - minute;
  if (drift > DAY_MINUTES / 2) drift -= DAY_MINUTES;
  if (drift < -DAY_MINUTES / 2) drift += DAY_MINUTES;
  const mended = guess - drift * MINUTE_MS;
  return minuteOfDay(mended, timeZone) === minute && mended > now ? mended : guess;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock in this zone shows. */
export function minuteOfDay(time: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(timeZone, format);
  }
  const parts = format.formatToParts(time);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return read('hour') * 60 + read('minute');
}
