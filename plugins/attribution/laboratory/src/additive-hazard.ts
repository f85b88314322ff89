import { z } from 'zod';
import { Growing } from './growing.ts';
import { Household, type Exposure } from './household.ts';
import { type MarketData, type MarketPlan, NONE, SLOT_FACTOR } from './market.ts';
import { orderByTime, reorder } from './order-by-time.ts';
import { Random } from './random.ts';
import { drawResponseDelay } from './response-curve.ts';

const IMPRESSION = 0;
const CLICK = 1;
const VISIT = 2;

/** The dials of the generator "additive hazard with baseline". */
export const AdditiveHazardDials = z.object({
  from: z
    .int()
    .default(Date.UTC(2026, 0, 1))
    .meta({ title: 'First instant (ms since 1970)' }),
  days: z.int().min(7).max(400).default(91).meta({ title: 'Length in days' }),
  shows: z.int().min(1).max(30).default(12).meta({ title: 'Shows' }),
  campaigns: z.int().min(1).max(500).default(40).meta({ title: 'Campaigns' }),
  meanEffect: z.number().min(0).max(0.2).default(0.0077).meta({ title: 'Responses per exposure, mean over exposures' }),
  idleShare: z.number().min(0).max(1).default(0.2).meta({ title: 'Share of campaigns without any effect' }),
  orderShare: z.number().min(0).max(1).default(0.35).meta({ title: 'Orders per response' }),
  baselineOrders: z
    .number()
    .min(0)
    .max(2)
    .default(0.03)
    .meta({ title: 'Orders per household that no advertisement caused' }),
  baselineVisits: z
    .number()
    .min(0)
    .max(5)
    .default(0.2)
    .meta({ title: 'Visits per household that no advertisement caused' }),
  unreachedShare: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.15)
    .meta({ title: 'Share of households that listen to none of the shows' }),
  codeShare: z.number().min(0).max(1).default(0.2).meta({ title: 'Share of caused orders with the promo code' }),
  clickShare: z.number().min(0).max(1).default(0.3).meta({ title: 'Share of responses through the tracking link' }),
});
export type AdditiveHazardDials = z.output<typeof AdditiveHazardDials>;

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
): MarketData {
  const most = 'touchpoints' in size ? size.touchpoints : Infinity;
  const market = new Recorder(plan, seed, dials);
  const household = new Household(plan, dials);
  const random = new Random();
  let count = 0;
  for (; 'households' in size ? count < size.households : true; count++) {
    const before = market.mark();
    random.seek(seed, count);
    for (const exposure of household.draw(random)) market.expose(count, exposure, random.uniform());
    market.baseline(count, random);
    if (market.touchpoints > most) {
      market.rewind(before);
      break;
    }
  }
  // What is missing to the asked number are visits of people whom no campaign could reach.
  for (; market.touchpoints < most && most !== Infinity; count++) {
    random.seek(seed, count);
    market.visit(count, plan.from + random.below(plan.to - plan.from), VISIT, NONE);
  }
  return market.finish(count);
}

/** Writes what happens to households into columns. */
class Recorder {
  readonly #plan: MarketPlan;
  readonly #seed: number;
  readonly #dials: AdditiveHazardDials;
  readonly #chance: Float64Array;
  readonly #details = new Random();
  readonly #touches = [new Growing(), new Growing(), new Growing(), new Growing()] as const;
  readonly #orders = [new Growing(), new Growing(), new Growing(), new Growing(), new Growing()] as const;
  readonly #responses = [new Growing(), new Growing(), new Growing()] as const;

  constructor(plan: MarketPlan, seed: number, dials: AdditiveHazardDials) {
    this.#plan = plan;
    this.#seed = seed;
    this.#dials = dials;
    this.#chance = Float64Array.from(plan.placements, ({ campaign, slot }) =>
      Math.min(1, (plan.campaigns[campaign]?.effect ?? 0) * SLOT_FACTOR[slot]),
    );
  }

  get touchpoints(): number {
    return this.#touches[0].size;
  }

  mark(): readonly number[] {
    return [this.#touches[0].size, this.#orders[0].size, this.#responses[0].size];
  }

  rewind([touches = 0, orders = 0, responses = 0]: readonly number[]): void {
    for (const column of this.#touches) column.truncate(touches);
    for (const column of this.#orders) column.truncate(orders);
    for (const column of this.#responses) column.truncate(responses);
  }

  visit(household: number, at: number, kind: number, placement: number): void {
    const [times, households, kinds, placements] = this.#touches;
    times.push(at);
    households.push(household);
    kinds.push(kind);
    placements.push(placement);
  }

  /** One exposure; `luck` below its chance makes a response, whose details come from a stream of their own. */
  expose(household: number, { at, placement }: Exposure, luck: number): void {
    this.visit(household, at, IMPRESSION, placement);
    if (luck >= (this.#chance[placement] ?? 0)) return;
    const details = this.#details;
    details.seek(this.#seed, household, 1 + Math.floor((at - this.#plan.from) / 1000));
    const answered = at + 1 + drawResponseDelay(details);
    const [exposedAt, respondedAt, placements] = this.#responses;
    exposedAt.push(at);
    respondedAt.push(answered);
    placements.push(placement);
    if (answered >= this.#plan.to) return;
    const clicked = details.uniform() < this.#dials.clickShare;
    this.visit(household, answered, clicked ? CLICK : VISIT, clicked ? placement : NONE);
    if (details.uniform() >= this.#dials.orderShare) return;
    const withCode = details.uniform() < this.#dials.codeShare;
    this.#order(household, answered, details, withCode ? placement : NONE, placement);
  }

  /** Visits and orders that would have come anyway: some households buy often, most never (an exponential rate per household). */
  baseline(household: number, random: Random): void {
    const { from, to } = this.#plan;
    const liking = random.exponential(1);
    const times = (mean: number, act: (at: number) => void): void => {
      for (let left = random.exponential(1); left < mean * liking; left += random.exponential(1))
        act(from + random.below(to - from));
    };
    times(this.#dials.baselineVisits, (at) => this.visit(household, at, VISIT, NONE));
    times(this.#dials.baselineOrders, (at) => {
      this.visit(household, at, VISIT, NONE);
      this.#order(household, at, random, NONE, NONE);
    });
  }

  #order(household: number, visitedAt: number, random: Random, code: number, cause: number): void {
    const at = visitedAt + 60_000 + Math.floor(random.exponential(15 * 60_000));
    const cents = Math.round(1500 + 4800 * Math.exp(0.5 * random.normal()));
    if (at >= this.#plan.to) return;
    const [times, households, values, codes, causes] = this.#orders;
    times.push(at);
    households.push(household);
    values.push(cents);
    codes.push(code);
    causes.push(cause);
  }

  finish(households: number): MarketData {
    const [at, household, kind, placement] = this.#touches.map((column) => column.column());
    const [orderAt, orderHousehold, cents, code, cause] = this.#orders.map((column) => column.column());
    const [exposedAt, respondedAt, responsePlacement] = this.#responses.map((column) => column.column());
    const none = new Float64Array();
    const byTime = orderByTime(at ?? none);
    const ordersByTime = orderByTime(orderAt ?? none);
    return {
      households,
      touchpoints: {
        at: reorder(at ?? none, byTime),
        household: Uint32Array.from(reorder(household ?? none, byTime)),
        kind: Uint8Array.from(reorder(kind ?? none, byTime)),
        placement: Uint16Array.from(reorder(placement ?? none, byTime)),
      },
      orders: {
        at: reorder(orderAt ?? none, ordersByTime),
        household: Uint32Array.from(reorder(orderHousehold ?? none, ordersByTime)),
        cents: reorder(cents ?? none, ordersByTime),
        code: Uint16Array.from(reorder(code ?? none, ordersByTime)),
        cause: Uint16Array.from(reorder(cause ?? none, ordersByTime)),
      },
      responses: {
        exposedAt: (exposedAt ?? none).slice(),
        at: (respondedAt ?? none).slice(),
        placement: Uint16Array.from(responsePlacement ?? none),
      },
    };
  }
}
