import type { Journeys } from '@podlift/attribution-engine/contract';

/** The same share to each of a journey's touches; none where there is no touch. */
export function computeLinear({
  offsets,
  channels,
}: Pick<Journeys, 'offsets' | 'channels'>): Float64Array<ArrayBuffer> {
  const credit = new Float64Array(channels.length);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const start = offsets[journey] ?? 0;
    const end = offsets[journey + 1] ?? 0;
    const share = 1 / (end - start);
    for (let touch = start; touch < end; touch++) credit[touch] = share;
  }
  return credit;
}
