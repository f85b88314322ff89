/** @module Days on which the European Central Bank publishes rates: weekdays without the closing days of TARGET. */
import { tryDay, dateOf, weekdayOf } from '../day.ts';

/** Closing days that fall on the same day every year. */
const FIXED = new Set(['01-01', '05-01', '12-25', '12-26']);

/** The number of Easter Sunday (Gregorian, after Meeus, Jones and Butcher). */
function easterOf(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const date = ((h + l - 7 * m + 114) % 31) + 1;
  return tryDay(`${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`) ?? 0;
}

/** Whether rates of this day are to be expected. */
export function isPublishingDay(day: number): boolean {
  const weekday = weekdayOf(day);
  if (weekday === 0 || weekday === 6) return false;
  const date = dateOf(day);
  if (FIXED.has(date.slice(5))) return false;
  const easter = easterOf(Number(date.slice(0, 4)));
  return day !== easter - 2 && day !== easter + 1;
}

/** How many days of rates are to be expected after one day and before another. */
export function publishingDaysBetween(after: number, before: number): number {
  let count = 0;
  for (let day = after + 1; day < before; day++) if (isPublishingDay(day)) count++;
  return count;
}
