import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { simulateAdditiveHazard } from './additive-hazard.ts';
import type { Market } from './contract.ts';
import { AdditiveHazardDials } from './dials.ts';
import { planMarket } from './plan.ts';

/** What `generate` of a generator is asked. */
interface Order {
  readonly seed: number;
  readonly touchpoints: number;
  readonly dials: Readonly<Record<string, unknown>>;
}

/** The generator "additive hazard with baseline", as it is contributed. */
export const additiveHazard = {
  id: 'additive-hazard',
  label: 'Additive hazard with baseline',
  description:
    'Each exposure adds to a household’s rate of orders for 60 days; some orders come without any. Effects add up and do not wear out.',
  dials: z.record(z.string(), z.json()).parse(z.toJSONSchema(AdditiveHazardDials, { io: 'input' })),
  generate({ seed, touchpoints, dials: given }: Order): Market {
    const parsed = AdditiveHazardDials.safeParse(given);
    if (!parsed.success)
      throw PodliftError.invalidInput(
        'the dials',
        parsed.error.issues.map(({ path, message }) => ({ path: ['dials', ...path.map(String)], message })),
      );
    const plan = planMarket(seed, parsed.data);
    return { plan, data: simulateAdditiveHazard(plan, seed, { touchpoints }, parsed.data) };
  },
};
