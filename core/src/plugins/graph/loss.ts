import type { ContractGraph } from './graph.ts';

/** What the product lacks while a plugin is down. */
export interface Loss {
  /** Plugins that cannot run without it, nearest first. */
  readonly plugins: readonly string[];
  readonly services: readonly string[];
  readonly points: readonly string[];
  readonly views: readonly string[];
  readonly entries: readonly string[];
  readonly paths: readonly string[];
  /** Events that only it emits and somebody waits for. */
  readonly events: readonly string[];
}

/** All plugins that need `id`, directly or through others, nearest first. */
export function dependantsOf(graph: ContractGraph, id: string): readonly string[] {
  const found = new Set<string>();
  for (let layer = [id]; layer.length > 0;) {
    const next = [...graph.needs].filter(
      ([other, needs]) => other !== id && !found.has(other) && layer.some((one) => needs.has(one)),
    );
    layer = next.map(([other]) => other);
    for (const other of layer) found.add(other);
  }
  return [...found];
}

/** Lists what is missing without `id` and without everything that falls with it. */
export function computeLoss(graph: ContractGraph, id: string): Loss {
  const plugins = dependantsOf(graph, id);
  const gone = new Set([id, ...plugins]);
  const lost = (owners: ReadonlyMap<string, string>): string[] =>
    [...owners].filter(([, owner]) => gone.has(owner)).map(([name]) => name);
  const others = [...graph.nodes.values()].filter((node) => !gone.has(node.id));
  const events = [...gone]
    .flatMap((one) => graph.nodes.get(one)?.emits ?? [])
    .filter(
      (type) =>
        others.some((node) => node.consumes.includes(type)) && !others.some((node) => node.emits.includes(type)),
    );
  const { services, points, views, entries, prefixes } = graph.claims;
  return {
    plugins,
    services: lost(services),
    points: lost(points),
    views: lost(views),
    entries: lost(entries),
    paths: lost(prefixes),
    events: [...new Set(events)],
  };
}
