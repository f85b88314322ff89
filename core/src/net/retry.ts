const WORTH_REPEATING = new Set([429, 502, 503, 504]);
const BASE_MS = 200;
const LONGEST_MS = 10_000;

export const isWorthRepeating = (status: number): boolean => WORTH_REPEATING.has(status);

/** How long to wait after attempt number `attempt`: anywhere up to a growing longest, so that many do not come back together. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return Math.min(LONGEST_MS, BASE_MS * 2 ** (attempt - 1)) * random();
}

/** What Retry-After asks for, in milliseconds; `undefined` when there is none that can be read. */
export function tryRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

export const LONGEST_RETRY_AFTER_MS = LONGEST_MS;
