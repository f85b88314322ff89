import { MAX_ROWS } from '@podlift/audience-tracking/contract';
import { PodliftError } from '@podlift/sdk';
import type { Catalogue } from './catalogue.ts';
import { KINDS, type MarketData, type MarketPlan, NONE } from './contract.ts';
import type { Ctx } from './manifest.ts';

/** Told after each part how many rows have landed. */
export type Progress = (done: number, total: number) => void;

/** A household of a market as tracking knows it: a UUID made of the seed and its number. */
export const householdId = (seed: number, household: number): string =>
  `${hex(seed >>> 0, 8)}-0000-8000-8000-${hex(household, 12)}`;

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');

/** Lands the market's touchpoints, in the order of time. */
export async function landTouchpoints(
  { services }: Ctx,
  { touchpoints, households }: MarketData,
  seed: number,
  catalogue: Catalogue,
  progress: Progress,
): Promise<void> {
  const ids = Array.from({ length: households }, (_, household) => householdId(seed, household));
  const { at, household, kind, placement } = touchpoints;
  await inParts(at.length, progress, (from, to) =>
    services.intake.touchpoints({
      at: Float64Array.from(at.subarray(from, to)),
      households: Array.from(household.subarray(from, to), (number) => ids[number] ?? ''),
      kinds: Array.from(kind.subarray(from, to), (number) => KINDS[number] ?? 'visit'),
      placementIds: Array.from(placement.subarray(from, to), (number) => catalogue.placements[number] ?? null),
    }),
  );
}

/** Lands the market's orders, with the promo code where the buyer typed one. */
export async function landOrders(
  { services }: Ctx,
  plan: MarketPlan,
  { orders }: MarketData,
  seed: number,
  progress: Progress,
): Promise<void> {
  const { at, household, cents, code } = orders;
  const codeOf = (placement: number): string | null =>
    placement === NONE ? null : (plan.campaigns[plan.placements[placement]?.campaign ?? 0]?.code ?? null);
  await inParts(at.length, progress, (from, to) =>
    services.intake.orders({
      orderIds: Array.from({ length: to - from }, (_, row) => `lab-${seed}-${from + row + 1}`),
      at: Float64Array.from(at.subarray(from, to)),
      households: Array.from(household.subarray(from, to), (number) => householdId(seed, number)),
      valuesMicros: BigInt64Array.from(Array.from(cents.subarray(from, to), (amount) => BigInt(amount) * 10_000n)),
      currencies: Array.from({ length: to - from }, () => 'USD'),
      codes: Array.from(code.subarray(from, to), codeOf),
    }),
  );
}

interface Landing {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly message: string }[];
}

async function inParts(
  total: number,
  progress: Progress,
  land: (from: number, to: number) => Promise<Landing>,
): Promise<void> {
  for (let from = 0; from < total; from += MAX_ROWS) {
    const to = Math.min(total, from + MAX_ROWS);
    const { rejected } = await land(from, to);
    const [first] = rejected;
    if (first)
      throw new PodliftError(
        'laboratory.rejected',
        `${rejected.length} simulated rows were refused, the first (${from + first.index}) because ${first.message}`,
      );
    progress(to, total);
  }
}
