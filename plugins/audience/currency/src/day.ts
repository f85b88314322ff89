/** @module Days as whole numbers since 1970-01-01, without times and zones. */

const MS = 86_400_000;
/** The earliest and the latest day that a rate may be of. */
export const FIRST_DAY = 0;
export const LAST_DAY = Date.UTC(2200, 0, 1) / MS;

/** The number of a calendar day like 2026-02-28; undefined for what is none, like 2026-02-30. */
export function tryDay(text: string): number | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return undefined;
  const ms = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  const day = ms / MS;
  return dateOf(day) === text && day >= FIRST_DAY && day <= LAST_DAY ? day : undefined;
}

/** The calendar day of a number. */
export const dateOf = (day: number): string => new Date(day * MS).toISOString().slice(0, 10);

/** The day that a moment is in, in UTC. */
export const dayOf = (moment: Date): number => Math.floor(moment.getTime() / MS);

/** 0 for Sunday to 6 for Saturday. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;
