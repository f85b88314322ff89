import { type MarketData, type MarketPlan, NONE } from './contract.ts';

/** What one campaign (or show, or placement) really brought. */
export interface TrueEffect {
  readonly conversions: number;
  readonly cents: number;
}

/** The orders that would not exist without each key's exposures, and those that would. */
export interface Truth {
  readonly byCampaign: readonly TrueEffect[];
  readonly baseline: TrueEffect;
}

/**
 * Counts, for each campaign, the orders that vanish when its exposures do. In an additive market each order has one cause, so
 * this is the counterfactual itself; `additive-hazard.test.ts` proves it by simulating the market without each campaign's effect.
 */
export function countTruth(plan: MarketPlan, { cause, cents }: MarketData['orders']): Truth {
  const conversions = new Float64Array(plan.campaigns.length + 1);
  const value = new Float64Array(plan.campaigns.length + 1);
  for (let order = 0; order < cause.length; order++) {
    const placement = cause[order] ?? NONE;
    const key = placement === NONE ? plan.campaigns.length : (plan.placements[placement]?.campaign ?? 0);
    conversions[key] = (conversions[key] ?? 0) + 1;
    value[key] = (value[key] ?? 0) + (cents[order] ?? 0);
  }
  const effects = Array.from(conversions, (count, key) => ({ conversions: count, cents: value[key] ?? 0 }));
  const baseline = effects.pop() ?? { conversions: 0, cents: 0 };
  return { byCampaign: effects, baseline };
}

/** Share of responses that came within each limit, of those whose exposure was at least 60 days before `end`. */
export function measureResponseCurve(
  { exposedAt, at }: MarketData['responses'],
  end: number,
  days: readonly number[],
): { readonly responses: number; readonly shares: readonly number[] } {
  const DAY = 86_400_000;
  let responses = 0;
  const within = days.map(() => 0);
  for (let i = 0; i < exposedAt.length; i++) {
    const exposed = exposedAt[i] ?? 0;
    if (exposed > end - 60 * DAY) continue;
    responses++;
    days.forEach((limit, index) => {
      if ((at[i] ?? 0) - exposed <= limit * DAY) within[index] = (within[index] ?? 0) + 1;
    });
  }
  return { responses, shares: within.map((count) => (responses === 0 ? 0 : count / responses)) };
}
