import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { PodliftError } from '@podlift/sdk';
import { watchRedis, type LimitsLog } from './redis.ts';

/** So many points within so many seconds; the window begins with the first. */
export interface Window {
  readonly points: number;
  readonly seconds: number;
}

/** What is left after taking. */
export interface Taken {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window begins anew, at least 1. */
  readonly resetSeconds: number;
}

/** Counters by key. */
export interface Limits {
  /** Takes points and says whether they were there. Exact however many ask at once. */
  take(key: string, window: Window, points?: number): Promise<Taken>;
  /** The same without taking. */
  peek(key: string, window: Window): Promise<Taken>;
  /** Takes points, or throws `limits.exceeded` with the seconds to wait. `what` ends the sentence "Too many …". */
  ensure(key: string, window: Window, what: string): Promise<void>;
  /** Forgets a key: after a good sign-in, for example. */
  reset(key: string, window: Window): Promise<void>;
}

/** Where to count. */
export interface LimitsOptions {
  readonly redis?: Redis;
  readonly log?: LimitsLog;
}

/**
 * Counts in memory, or in Redis when there is one, so that all processes count together. While Redis is away, each process counts
 * for itself and nobody waits for it: a limit then holds per process, and nothing is let through uncounted.
 *
 * @example
 * ```ts
 * const limits = createLimits({});
 * await limits.ensure(`sign-in:${email}`, { points: 5, seconds: 60 }, 'sign-in attempts');
 * ```
 */
export function createLimits({ redis, log }: LimitsOptions): Limits {
  let settling: Promise<void> | undefined = redis && watchRedis(redis, log).then(() => void (settling = undefined));
  const limiters = new Map<string, RateLimiterAbstract>();

  function limiterOf({ points, seconds }: Window): RateLimiterAbstract {
    const name = `${points}/${seconds}`;
    const known = limiters.get(name);
    if (known) return known;
    const options = { points, duration: seconds, keyPrefix: `podlift:limit:${name}` };
    const memory = new RateLimiterMemory(options);
    const made = redis
      ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory, rejectIfRedisNotReady: true })
      : memory;
    limiters.set(name, made);
    return made;
  }

  async function take(key: string, window: Window, points = 1): Promise<Taken> {
    if (settling) await settling;
    try {
      return toTaken(await limiterOf(window).consume(key, points), window, true);
    } catch (rejected) {
      // The limiter rejects with what is left, not with an error, when the points were not there.
      if (rejected instanceof RateLimiterRes) return toTaken(rejected, window, false);
      throw rejected;
    }
  }

  return {
    take,
    async peek(key, window) {
      const found = await limiterOf(window).get(key);
      if (!found)
        return { allowed: true, limit: window.points, remaining: window.points, resetSeconds: window.seconds };
      return toTaken(found, window, found.consumedPoints < window.points);
    },
    async ensure(key, window, what) {
      const { allowed, resetSeconds } = await take(key, window);
      if (!allowed)
        throw new PodliftError('limits.exceeded', `Too many ${what}; try again in ${resetSeconds} s.`, {
          kind: 'limit',
          details: {
            policy: what,
            limit: window.points,
            windowSeconds: window.seconds,
            retryAfterSeconds: resetSeconds,
          },
        });
    },
    async reset(key, window) {
      await limiterOf(window).delete(key);
    },
  };
}

const toTaken = (result: RateLimiterRes, { points, seconds }: Window, allowed: boolean): Taken => ({
  allowed,
  limit: points,
  remaining: Math.max(0, points - result.consumedPoints),
  resetSeconds: Math.max(1, Math.ceil(waitMs(result.msBeforeNext, seconds) / 1000)),
});

/** A window never lasts longer than it does, also when the clock was set back within it. */
const waitMs = (ms: number, seconds: number): number => (ms < 0 ? seconds * 1000 : Math.min(ms, seconds * 1000));
