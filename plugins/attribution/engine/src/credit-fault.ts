import type { Journeys } from './contract.ts';

/** How far the shares of a journey may be from one. */
export const UNIT_TOLERANCE = 1e-9;

/** Why `credit` is no answer of a model to `journeys`, or undefined when it is one. Hot path: bench/models.bench.ts. */
export function findCreditFault(
  { offsets, channels }: Pick<Journeys, 'offsets' | 'channels'>,
  credit: ArrayLike<number>,
  unitSum: boolean,
): string | undefined {
  if (credit.length !== channels.length) return `it returned ${credit.length} shares for ${channels.length} touches`;
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const start = offsets[journey] ?? 0;
    const end = offsets[journey + 1] ?? 0;
    let sum = 0;
    for (let touch = start; touch < end; touch++) {
      const share = credit[touch] ?? 0;
      if (!(share >= 0 && share < Infinity)) return `touch ${touch - start + 1} of journey ${journey + 1} got ${share}`;
      sum += share;
    }
    if (unitSum && end > start && Math.abs(sum - 1) > UNIT_TOLERANCE)
      return `the shares of journey ${journey + 1} sum to ${sum}, not to one`;
  }
  return undefined;
}
