import type { Journeys } from '@podlift/attribution-engine/contract';

/** All credit to the last touch; none where there is no touch. */
export function computeLastTouch({
  offsets,
  channels,
}: Pick<Journeys, 'offsets' | 'channels'>): Float64Array<ArrayBuffer> {
  const credit = new Float64Array(channels.length);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const end = offsets[journey + 1] ?? 0;
    if ((offsets[journey] ?? 0) < end) credit[end - 1] = 1;
  }
  return credit;
}
