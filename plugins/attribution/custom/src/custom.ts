import type { Journeys } from '@podlift/attribution-engine/contract';
import type { Rule } from './rule.ts';

const PLACES = { first: 1, middle: 2, last: 4 } as const;
const DAY_SECONDS = 86_400;

/** A rule with nothing left to look up: places as bits, bounds in seconds, and which of direct (2) or other (1) touches it is for. */
const compile = ({ place, olderThanDays = 0, newerThanDays = Infinity, direct, weight }: Rule) => ({
  places: place === undefined ? 7 : PLACES[place],
  from: olderThanDays * DAY_SECONDS,
  to: newerThanDays * DAY_SECONDS,
  kinds: direct === undefined ? 3 : direct ? 2 : 1,
  weight,
});

/**
 * Each touch weighs what the first rule says that fits it, or one; shares are weights by their sum. Where rules leave a journey
 * no weight at all, its touches share evenly. Hot path: bench/models.bench.ts.
 */
export function computeCustom(
  { offsets, ages, direct }: Pick<Journeys, 'offsets' | 'ages' | 'direct'>,
  written: readonly Rule[],
): Float64Array<ArrayBuffer> {
  const rules = written.map(compile);
  const credit = new Float64Array(ages.length);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const start = offsets[journey] ?? 0;
    const end = offsets[journey + 1] ?? 0;
    let sum = 0;
    for (let touch = start; touch < end; touch++) {
      const place = (touch === start ? 1 : 0) | (touch === end - 1 ? 4 : 0) || 2;
      const kind = direct?.[touch] === 1 ? 2 : 1;
      const age = ages[touch] ?? 0;
      let weight = 1;
      for (const rule of rules) {
        if ((rule.places & place) === 0 || (rule.kinds & kind) === 0 || age < rule.from || age >= rule.to) continue;
        weight = rule.weight;
        break;
      }
      credit[touch] = weight;
      sum += weight;
    }
    for (let touch = start; touch < end; touch++)
      credit[touch] = sum > 0 ? (credit[touch] ?? 0) / sum : 1 / (end - start);
  }
  return credit;
}
