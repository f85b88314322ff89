/** A job that takes less is over before anybody notices that it was ahead. */
const SHORT_MS = 250;
const ENOUGH = 5;
const WEIGHT = 0.2;

/** How long jobs take, by name, as this node has seen it. */
export interface Durations {
  ended(name: string, ms: number): void;
  isShort(name: string): boolean;
}

export function createDurations(): Durations {
  const means = new Map<string, { count: number; mean: number }>();
  return {
    ended(name, ms) {
      const known = means.get(name) ?? { count: 0, mean: ms };
      known.count++;
      // One that took long counts at once.
      known.mean = ms > SHORT_MS * 4 ? Math.max(known.mean, ms) : known.mean + WEIGHT * (ms - known.mean);
      means.set(name, known);
    },
    isShort(name) {
      const known = means.get(name);
      return known !== undefined && known.count >= ENOUGH && known.mean < SHORT_MS;
    },
  };
}
