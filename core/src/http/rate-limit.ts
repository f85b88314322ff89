import type { Context } from 'hono';
import { countedAddress, createLimits, type Limits, type Taken, type Window } from '../limits/index.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import type { RouteRules } from './rules.ts';

/** Bad credentials that one address may send per minute before it is not even asked who it is. */
const FAILURES: Window = { points: 60, seconds: 60 };

/** How often may be asked: per minute and credential or address, and per minute and tenant. 0 means no limit. */
export interface RateRules {
  readonly ratePerMinute: number;
  readonly tenantRatePerMinute?: number | undefined;
}

/** Counts requests and tells the caller what is left. */
export function createRateLimit(limits: Limits, { ratePerMinute: perMinute, tenantRatePerMinute = 0 }: RateRules) {
  // Guessing is slowed by each process for itself: asking Redis before every request would cost more than it saves.
  const guesses = createLimits({});
  const rate = async (c: Context<HttpEnv>, key: string, rules: RouteRules): Promise<void> => {
    const points = rules.ratePerMinute ?? perMinute;
    if (points === 0) return;
    // A route with a limit of its own is counted on its own.
    const name = rules.ratePerMinute === undefined ? 'default' : 'route';
    const counted = name === 'route' ? `${key}:${c.get('found').template}` : key;
    tell(c, name, await limits.take(`http:${counted}`, { points, seconds: 60 }));
  };
  return Object.assign(rate, {
    /** All credentials of a tenant together, on routes without a limit of their own: no tenant takes the installation for itself. */
    async ofTenant(c: Context<HttpEnv>, tenant: string, rules: RouteRules): Promise<void> {
      if (tenantRatePerMinute === 0 || perMinute === 0 || rules.ratePerMinute !== undefined) return;
      tell(c, 'tenant', await limits.take(`http:tenant:${tenant}`, { points: tenantRatePerMinute, seconds: 60 }));
    },
    async checkFailures(c: Context<HttpEnv>): Promise<void> {
      const taken = await guesses.peek(countedAddress(c.get('ip')), FAILURES);
      if (!taken.allowed) tell(c, 'failures', taken);
    },
    async countFailure(ip: string): Promise<void> {
      await guesses.take(countedAddress(ip), FAILURES);
    },
  });
}

/** Says in the headers what is left of a limit, beside others. @throws ProblemError when nothing is. */
function tell(c: Context<HttpEnv>, name: string, { allowed, limit, remaining, resetSeconds }: Taken): void {
  const before = c.get('rate');
  const also = (known: string | undefined, one: string): string => (known === undefined ? one : `${known}, ${one}`);
  c.set('rate', {
    policy: also(before?.policy, `"${name}";q=${limit};w=60`),
    state: also(before?.state, `"${name}";r=${remaining};t=${resetSeconds}`),
  });
  if (!allowed) throw HttpErrors.tooManyRequests(resetSeconds);
}
