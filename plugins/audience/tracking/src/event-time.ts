/** @module When an event happened, by the server's clock. */
import { MAX_FUTURE_MS, MAX_SKEW_MS } from './limits.ts';

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Milliseconds of an ISO 8601 time. A time without a zone is UTC. */
export function tryTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !ISO.test(value)) return undefined;
  const zoned = /[TZ ].*(?:Z|[+-]\d{2}:?\d{2})$/i.test(value) || value.length === 10;
  const ms = Date.parse(zoned ? value : `${value}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** What is wrong with an event's time. */
export type TimeProblem = 'timestamp_invalid' | 'too_old' | 'in_future';

/**
 * The event's instant: what the device says, moved by how far its clock is off (it sent at `sentAt` what arrives now). Without a time it is now.
 * Hot path: bench/ingest.bench.ts.
 */
export function computeEventTime(
  now: number,
  ageMs: number,
  timestamp: unknown,
  originalTimestamp: unknown,
  sentAt: number | undefined,
): number | TimeProblem {
  const given = originalTimestamp ?? timestamp;
  if (given === undefined || given === null) return now;
  const time = tryTime(given);
  if (time === undefined) return 'timestamp_invalid';
  const skew = sentAt === undefined ? 0 : now - sentAt;
  const at = Math.abs(skew) > MAX_SKEW_MS ? time : time + skew;
  if (at < now - ageMs) return 'too_old';
  if (at > now + MAX_FUTURE_MS) return 'in_future';
  return at;
}
