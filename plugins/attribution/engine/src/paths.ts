import type { Journeys } from './contract.ts';

/** A way that buyers took, as channels in order, and how many took it. */
export interface Path {
  readonly channels: readonly number[];
  readonly conversions: number;
  readonly value: number;
  /** Mean number of touches before repeats were collapsed. */
  readonly touches: number;
}

/**
 * The most frequent paths through each channel. Neighbouring touches of one channel count as one (a path tells the way, not the
 * frequency). Ties go to the path of more value, then to the one that comes first channel by channel, so that the answer is the
 * same whatever the order of the journeys.
 */
export function computeTopPaths({ offsets, channels, values }: Journeys, most: number): Map<number, Path[]> {
  const paths = new Map<string, { channels: number[]; conversions: number; value: number; touches: number }>();
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const [start = 0, end = 0] = [offsets[journey], offsets[journey + 1]];
    if (end === start) continue;
    const way: number[] = [];
    for (let touch = start; touch < end; touch++) {
      const channel = channels[touch] ?? 0;
      if (way.at(-1) !== channel) way.push(channel);
    }
    const key = way.join(' ');
    const path = paths.get(key) ?? { channels: way, conversions: 0, value: 0, touches: 0 };
    path.conversions++;
    path.value += values[journey] ?? 0;
    path.touches += end - start;
    paths.set(key, path);
  }
  const sorted = [...paths.values()].toSorted(
    (a, b) => b.conversions - a.conversions || b.value - a.value || compareWays(a.channels, b.channels),
  );
  const byChannel = new Map<number, Path[]>();
  for (const path of sorted) {
    for (const channel of new Set(path.channels)) {
      const list = byChannel.get(channel) ?? [];
      if (list.length < most) list.push({ ...path, touches: path.touches / path.conversions });
      byChannel.set(channel, list);
    }
  }
  return byChannel;
}

function compareWays(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
