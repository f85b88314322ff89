import type { DeclaredMethod } from '@podlift/sdk/kernel';

/** One entry of an extension point, as the host lists and routes it. */
export interface PointEntry {
  readonly point: string;
  readonly id: string;
  readonly plugin: string;
  /** As plugin.json holds it: marks for what JSON does not have. */
  readonly data: unknown;
  readonly methods: Readonly<Record<string, DeclaredMethod>>;
}

/** Who contributes what where. Entries come and go with their plugin. */
export interface PointRegistry {
  add(plugin: string, contributions: readonly Omit<PointEntry, 'plugin'>[]): void;
  withdraw(plugin: string): void;
  /** Sorted by id. */
  list(point: string): readonly PointEntry[];
  find(point: string, id: string): PointEntry | undefined;
}

/** The graph has already given every entry one owner, so nothing is taken here. */
export function createPoints(): PointRegistry {
  const points = new Map<string, Map<string, PointEntry>>();
  const sorted = new Map<string, readonly PointEntry[]>();
  return {
    add(plugin, contributions) {
      for (const one of contributions) {
        const entries = points.get(one.point) ?? new Map<string, PointEntry>();
        entries.set(one.id, { ...one, plugin });
        points.set(one.point, entries);
      }
      sorted.clear();
    },
    withdraw(plugin) {
      for (const entries of points.values())
        for (const [id, entry] of entries) if (entry.plugin === plugin) entries.delete(id);
      sorted.clear();
    },
    list(point) {
      const known = sorted.get(point);
      if (known) return known;
      const list = [...(points.get(point)?.values() ?? [])].toSorted((a, b) => (a.id < b.id ? -1 : 1));
      sorted.set(point, list);
      return list;
    },
    find: (point, id) => points.get(point)?.get(id),
  };
}
