import type { AdditiveHazardDials } from './dials.ts';
import { Household } from './household.ts';
import type { MarketPlan } from './contract.ts';
import { Random } from './random.ts';
import { Recorder } from './recorder.ts';

/** `MarketData` of the contract with columns that their maker may still change. */
export type SimulatedData = ReturnType<Recorder['finish']>;

/** Stop at so many touchpoints (exactly), or at so many households (for counterfactuals, which have fewer touchpoints). */
export type MarketSize = { readonly touchpoints: number } | { readonly households: number };

/**
 * Simulates `plan`: a household's rate of orders is its own baseline plus, for each exposure it had, the campaign's effect spread
 * over the following 60 days by the response curve. Rates add, so every order has one cause, and taking a campaign's effect away
 * takes away exactly the orders that name it: the truth is counted, never estimated.
 */
export function simulateAdditiveHazard(
  plan: MarketPlan,
  seed: number,
  size: MarketSize,
  dials: AdditiveHazardDials,
): SimulatedData {
  const recorder = new Recorder(plan, seed, dials);
  const household = new Household(plan, dials);
  const random = new Random();
  const live = (number: number): void => {
    random.seek(seed, number);
    for (const exposure of household.draw(random)) recorder.expose(number, exposure, random.uniform());
    recorder.baseline(number, random);
  };
  let count = 0;
  if ('households' in size) {
    for (; count < size.households; count++) live(count);
    return recorder.finish(count);
  }
  for (; ; count++) {
    const before = recorder.mark();
    live(count);
    if (recorder.touchpoints <= size.touchpoints) continue;
    recorder.rewind(before);
    break;
  }
  // What is missing to the asked number are visits of people whom no campaign could reach.
  for (; recorder.touchpoints < size.touchpoints; count++) {
    random.seek(seed, count);
    recorder.visit(count, plan.from + random.below(plan.to - plan.from));
  }
  return recorder.finish(count);
}
