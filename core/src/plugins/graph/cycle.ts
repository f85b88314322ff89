/** Finds one circle among needs; the path starts and ends with the same plugin. */
export function findCycle(needs: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): readonly string[] | undefined => {
    const seen = trail.indexOf(node);
    if (seen >= 0) return [...trail.slice(seen), node];
    if (done.has(node)) return undefined;
    for (const next of needs.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of needs.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Orders plugins so that each comes after all it needs; equals keep the order in which they were given. */
export function sortByNeeds(needs: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const order: string[] = [];
  const placed = new Set<string>();
  const place = (id: string): void => {
    if (placed.has(id)) return;
    placed.add(id);
    for (const need of needs.get(id) ?? []) place(need);
    order.push(id);
  };
  for (const id of needs.keys()) place(id);
  return order;
}
