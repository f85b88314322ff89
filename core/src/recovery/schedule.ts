import type { Clock } from '../config/index.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Younger than this the last backup is good: a day, and time to make one. */
export const STALE_MS = 26 * HOUR_MS;
/** After a failure. */
const RETRY_MS = 15 * 60_000;

/** The last moment at which a backup was due. `at` is a time of day in UTC, `03:30`. */
export function dueBefore(now: number, at: string): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const today = Math.floor(now / DAY_MS) * DAY_MS + hours * HOUR_MS + minutes * 60_000;
  return today <= now ? today : today - DAY_MS;
}

/** Decides when to back up. An installation that was off at its time makes up for it; one without any backup begins at once. */
export function createSchedule({ clock, at }: { readonly clock: Clock; readonly at: string }): {
  isDue(last: number | undefined): boolean;
  next(): number;
  failed(): void;
} {
  let notBefore = 0;
  return {
    isDue(last) {
      const now = clock.now();
      // A clock that was set back must not make a backup of the future count for ever.
      const known = last !== undefined && last > now + DAY_MS ? undefined : last;
      return now >= notBefore && (known === undefined || known < dueBefore(now, at));
    },
    next: () => dueBefore(clock.now(), at) + DAY_MS,
    failed: () => void (notBefore = clock.now() + RETRY_MS),
  };
}
