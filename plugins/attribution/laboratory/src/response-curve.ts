import type { Random } from './random.ts';

const DAY = 86_400_000;

/** Share of all responses within 60 days of an exposure that came within so many days (Magellan AI, first quarter of 2026). */
export const RESPONSE_CURVE = [
  { days: 1, share: 0.328 },
  { days: 7, share: 0.58 },
  { days: 30, share: 0.874 },
] as const;

/** Nobody answers an advertisement later than this. */
export const LONGEST_RESPONSE_DAYS = 60;

/**
 * How long people take to answer, as two kinds of response: a quick one with a mean of 18.6 hours and a slow one with a mean of
 * 23 days, each exponential and cut at 60 days. Three numbers for the three published shares: the curve meets each to 1e-9.
 */
const QUICK_SHARE = 0.41555717945006737;
const QUICK_MEAN = 0.7741758909090615 * DAY;
const SLOW_MEAN = 23.22783850408721 * DAY;

const within = (mean: number, ms: number): number => 1 - Math.exp(-ms / mean);
const QUICK_MASS = within(QUICK_MEAN, LONGEST_RESPONSE_DAYS * DAY);
const SLOW_MASS = within(SLOW_MEAN, LONGEST_RESPONSE_DAYS * DAY);

/** Share of responses that have come within `ms` of their exposure. */
export function computeResponseShare(ms: number): number {
  const capped = Math.min(Math.max(ms, 0), LONGEST_RESPONSE_DAYS * DAY);
  return (
    (QUICK_SHARE * within(QUICK_MEAN, capped)) / QUICK_MASS +
    ((1 - QUICK_SHARE) * within(SLOW_MEAN, capped)) / SLOW_MASS
  );
}

/** Draws the time between an exposure and its response, in whole milliseconds. */
export function drawResponseDelay(random: Random): number {
  const quick = random.uniform() < QUICK_SHARE;
  const drawn = random.uniform();
  return Math.floor(
    quick ? -QUICK_MEAN * Math.log(1 - drawn * QUICK_MASS) : -SLOW_MEAN * Math.log(1 - drawn * SLOW_MASS),
  );
}
