import type { Context } from 'hono';
import { createLimits, type Limits, type Window } from '../limits/index.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import type { RouteRules } from './rules.ts';

/** Bad credentials that one address may send per minute before it is not even asked who it is. */
const FAILURES: Window = { points: 60, seconds: 60 };

/** Counts requests per credential or address and minute, and tells the caller what is left. 0 means no limit. */
export function createRateLimit(limits: Limits, perMinute: number) {
  // Guessing is slowed by each process for itself: asking Redis before every request would cost more than it saves.
  const guesses = createLimits({});
  const rate = async (c: Context<HttpEnv>, key: string, rules: RouteRules): Promise<void> => {
    const points = rules.ratePerMinute ?? perMinute;
    if (points === 0) return;
    // A route with a limit of its own is counted on its own.
    const name = rules.ratePerMinute === undefined ? 'default' : 'route';
    const counted = name === 'route' ? `${key}:${c.get('found').template}` : key;
    const { allowed, remaining, resetSeconds } = await limits.take(`http:${counted}`, { points, seconds: 60 });
    c.set('rate', { policy: `"${name}";q=${points};w=60`, state: `"${name}";r=${remaining};t=${resetSeconds}` });
    if (!allowed) throw HttpErrors.tooManyRequests(resetSeconds);
  };
  return Object.assign(rate, {
    async checkFailures(ip: string): Promise<void> {
      const { allowed, resetSeconds } = await guesses.peek(ip, FAILURES);
      if (!allowed) throw HttpErrors.tooManyRequests(resetSeconds);
    },
    async countFailure(ip: string): Promise<void> {
      await guesses.take(ip, FAILURES);
    },
  });
}
