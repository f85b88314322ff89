import type { AdditiveHazardDials } from './dials.ts';
import { Growing } from './growing.ts';
import type { Exposure } from './household.ts';
import { type MarketPlan, NONE } from './contract.ts';
import { SLOT_FACTOR } from './market.ts';
import { orderByTime, reorder } from './order-by-time.ts';
import { Random } from './random.ts';
import { drawResponseDelay } from './response-curve.ts';

const IMPRESSION = 0;
const CLICK = 1;
const VISIT = 2;
const QUARTER_HOUR = 15 * 60_000;

/** How far each list had come when a household began. */
export type Mark = readonly [touches: number, orders: number, responses: number];

/** Writes what happens to households of an additive market into columns. */
export class Recorder {
  readonly #plan: MarketPlan;
  readonly #seed: number;
  readonly #dials: AdditiveHazardDials;
  readonly #chance: Float64Array;
  readonly #details = new Random();
  readonly #touches = { at: new Growing(), household: new Growing(), kind: new Growing(), placement: new Growing() };
  readonly #orders = {
    at: new Growing(),
    household: new Growing(),
    cents: new Growing(),
    code: new Growing(),
    cause: new Growing(),
  };
  readonly #responses = { exposedAt: new Growing(), at: new Growing(), placement: new Growing() };

  constructor(plan: MarketPlan, seed: number, dials: AdditiveHazardDials) {
    this.#plan = plan;
    this.#seed = seed;
    this.#dials = dials;
    this.#chance = Float64Array.from(plan.placements, ({ campaign, slot }) =>
      Math.min(1, (plan.campaigns[campaign]?.effect ?? 0) * SLOT_FACTOR[slot]),
    );
  }

  get touchpoints(): number {
    return this.#touches.at.size;
  }

  mark(): Mark {
    return [this.#touches.at.size, this.#orders.at.size, this.#responses.at.size];
  }

  /** Forgets all that happened since the mark. */
  rewind([touches, orders, responses]: Mark): void {
    for (const column of Object.values(this.#touches)) column.truncate(touches);
    for (const column of Object.values(this.#orders)) column.truncate(orders);
    for (const column of Object.values(this.#responses)) column.truncate(responses);
  }

  /** A visit that nothing announced. */
  visit(household: number, at: number): void {
    this.#touch(household, at, VISIT, NONE);
  }

  /** One exposure; `luck` below its chance makes a response, whose details come from a stream of their own. */
  expose(household: number, { at, placement }: Exposure, luck: number): void {
    this.#touch(household, at, IMPRESSION, placement);
    if (luck >= (this.#chance[placement] ?? 0)) return;
    const details = this.#details;
    details.seek(this.#seed, household, 1 + Math.floor((at - this.#plan.from) / 1000));
    const answered = at + 1 + drawResponseDelay(details);
    this.#responses.exposedAt.push(at);
    this.#responses.at.push(answered);
    this.#responses.placement.push(placement);
    if (answered >= this.#plan.to) return;
    const clicked = details.uniform() < this.#dials.clickShare;
    this.#touch(household, answered, clicked ? CLICK : VISIT, clicked ? placement : NONE);
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
    times(this.#dials.baselineVisits, (at) => this.visit(household, at));
    times(this.#dials.baselineOrders, (at) => {
      this.visit(household, at);
      this.#order(household, at, random, NONE, NONE);
    });
  }

  #touch(household: number, at: number, kind: number, placement: number): void {
    const { at: times, household: households, kind: kinds, placement: placements } = this.#touches;
    times.push(at);
    households.push(household);
    kinds.push(kind);
    placements.push(placement);
  }

  #order(household: number, visitedAt: number, random: Random, code: number, cause: number): void {
    const at = visitedAt + 60_000 + Math.floor(random.exponential(QUARTER_HOUR));
    const cents = Math.round(1500 + 4800 * Math.exp(0.5 * random.normal()));
    if (at >= this.#plan.to) return;
    this.#orders.at.push(at);
    this.#orders.household.push(household);
    this.#orders.cents.push(cents);
    this.#orders.code.push(code);
    this.#orders.cause.push(cause);
  }

  /** Everything so far, each list in the order of time. */
  finish(households: number) {
    const touches = this.#touches;
    const orders = this.#orders;
    const byTime = orderByTime(touches.at.column());
    const ordersByTime = orderByTime(orders.at.column());
    const [n, m] = [byTime.length, ordersByTime.length];
    return {
      households,
      touchpoints: {
        at: reorder(touches.at.column(), byTime, new Float64Array(n)),
        household: reorder(touches.household.column(), byTime, new Uint32Array(n)),
        kind: reorder(touches.kind.column(), byTime, new Uint8Array(n)),
        placement: reorder(touches.placement.column(), byTime, new Uint16Array(n)),
      },
      orders: {
        at: reorder(orders.at.column(), ordersByTime, new Float64Array(m)),
        household: reorder(orders.household.column(), ordersByTime, new Uint32Array(m)),
        cents: reorder(orders.cents.column(), ordersByTime, new Float64Array(m)),
        code: reorder(orders.code.column(), ordersByTime, new Uint16Array(m)),
        cause: reorder(orders.cause.column(), ordersByTime, new Uint16Array(m)),
      },
      responses: {
        exposedAt: this.#responses.exposedAt.column().slice(),
        at: this.#responses.at.column().slice(),
        placement: Uint16Array.from(this.#responses.placement.column()),
      },
    };
  }
}
