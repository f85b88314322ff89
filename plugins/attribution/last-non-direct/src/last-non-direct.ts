import type { Journeys } from '@podlift/attribution-engine/contract';

/** All credit to the last touch that was not direct; to the last of all where every touch was. Hot path: bench/models.bench.ts. */
export function computeLastNonDirect({
  offsets,
  channels,
  direct,
}: Pick<Journeys, 'offsets' | 'channels' | 'direct'>): Float64Array<ArrayBuffer> {
  const credit = new Float64Array(channels.length);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const start = offsets[journey] ?? 0;
    const last = (offsets[journey + 1] ?? 0) - 1;
    if (last < start) continue;
    let touch = last;
    while (touch >= start && direct?.[touch] === 1) touch--;
    credit[touch < start ? last : touch] = 1;
  }
  return credit;
}
