import type { Journeys } from '@podlift/attribution-engine/contract';

/** All credit to the first touch; none where there is no touch. */
export function computeFirstTouch({
  offsets,
  channels,
}: Pick<Journeys, 'offsets' | 'channels'>): Float64Array<ArrayBuffer> {
  const credit = new Float64Array(channels.length);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const first = offsets[journey] ?? 0;
    if (first < (offsets[journey + 1] ?? 0)) credit[first] = 1;
  }
  return credit;
}
