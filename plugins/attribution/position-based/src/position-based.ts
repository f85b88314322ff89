import type { Journeys } from '@podlift/attribution-engine/contract';
import type { Weights } from './shapes.ts';

/**
 * Shares by place: the first touch, the last, and the middle's weight evenly over all between. One touch has all; of two, each
 * its weight without the middle's, or half where only the middle weighs. Hot path: bench/models.bench.ts.
 */
export function computePositionBased(
  { offsets, channels }: Pick<Journeys, 'offsets' | 'channels'>,
  { first, middle, last }: Weights,
): Float64Array<ArrayBuffer> {
  const credit = new Float64Array(channels.length);
  const ends = first + last;
  const all = ends + middle;
  const firstOfTwo = ends > 0 ? first / ends : 0.5;
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const start = offsets[journey] ?? 0;
    const end = offsets[journey + 1] ?? 0;
    const between = end - start - 2;
    if (between < -1) continue;
    if (between === -1) {
      credit[start] = 1;
      continue;
    }
    credit[start] = between === 0 ? firstOfTwo : first / all;
    credit[end - 1] = between === 0 ? 1 - firstOfTwo : last / all;
    const share = middle / all / between;
    for (let touch = start + 1; touch < end - 1; touch++) credit[touch] = share;
  }
  return credit;
}
