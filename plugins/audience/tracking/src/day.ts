/** @module Days of a time zone. */
import { z } from '@podlift/sdk/http';

/** An IANA name that this system knows. */
export const TimeZone = z.string().max(64).refine(isTimeZone, 'Is the name of a time zone, such as Europe/Berlin.');

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The day of an instant there, as in `2026-03-29`. */
export function dayOf(at: Date, zone: string): string {
  // Swedish writes days as ISO 8601 does.
  return at.toLocaleDateString('sv-SE', { timeZone: zone });
}

/** The day after. */
export const nextDay = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

/** The instant at which a day begins there. */
export function startOfDay(day: string, zone: string): Date {
  const midnight = Date.parse(day);
  // The offset at midnight may be another than that at the first guess: asked twice, it is settled.
  const guess = midnight - offsetAt(midnight, zone);
  return new Date(midnight - offsetAt(guess, zone));
}

/** Milliseconds that clocks there are ahead of UTC. */
function offsetAt(instant: number, zone: string): number {
  const there = new Date(instant).toLocaleString('sv-SE', { timeZone: zone });
  return Date.parse(`${there.replace(' ', 'T')}Z`) - Math.floor(instant / 1000) * 1000;
}
