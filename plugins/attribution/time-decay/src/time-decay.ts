import type { Journeys } from '@podlift/attribution-engine/contract';

const DAY_SECONDS = 86_400;

/**
 * Each touch weighs half as much as one that lies a half-life later. Weights are taken against the journey's last touch, which
 * weighs one, so that they are as exact for touches of long ago as for those of today. Hot path: bench/models.bench.ts.
 */
export function computeTimeDecay(
  { offsets, ages }: Pick<Journeys, 'offsets' | 'ages'>,
  halfLifeDays: number,
): Float64Array<ArrayBuffer> {
  const credit = new Float64Array(ages.length);
  const rate = Math.LN2 / (halfLifeDays * DAY_SECONDS);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const start = offsets[journey] ?? 0;
    const end = offsets[journey + 1] ?? 0;
    if (end === start) continue;
    const latest = ages[end - 1] ?? 0;
    let sum = 1;
    credit[end - 1] = 1;
    for (let touch = start; touch < end - 1; touch++) {
      const weight = Math.exp((latest - (ages[touch] ?? 0)) * rate);
      credit[touch] = weight;
      sum += weight;
    }
    for (let touch = start; touch < end; touch++) credit[touch] = (credit[touch] ?? 0) / sum;
  }
  return credit;
}
