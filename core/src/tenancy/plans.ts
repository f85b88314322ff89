import type { PlanLimits } from '../settings/index.ts';

/** A plan as it is seeded; operators change its limits in the table. */
export interface Plan {
  readonly id: string;
  readonly title: string;
  readonly limits: PlanLimits;
}

/** For who runs the installation for themselves. */
export const UNLIMITED = 'unlimited';
/** For who signs up by themselves. */
export const FREE = 'free';

/** What the migration seeds. Limits are data: a name that a room or a plugin takes from, how many, and per what. */
export const PLANS: readonly Plan[] = [
  {
    id: FREE,
    title: 'Free',
    limits: {
      hits: { limit: 100_000, per: 'month' },
      members: { limit: 3, per: 'total' },
      keys: { limit: 5, per: 'total' },
    },
  },
  {
    id: 'pro',
    title: 'Pro',
    limits: {
      hits: { limit: 10_000_000, per: 'month' },
      members: { limit: 25, per: 'total' },
      keys: { limit: 50, per: 'total' },
    },
  },
  { id: UNLIMITED, title: 'Unlimited', limits: {} },
];
