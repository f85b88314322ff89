import { claimAll, type Claims } from './claims.ts';
import { findCycle, sortByNeeds } from './cycle.ts';
import { contractName, type GraphNode, type Refusal } from './node.ts';

/** The contract graph of a set of plugins, computed from plugin.json alone. */
export interface ContractGraph {
  /** The plugins that can run, each after everything it needs. */
  readonly order: readonly string[];
  /** The plugins that cannot, with the sentence that says why. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Plugin -> the plugins it cannot live without. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
  readonly claims: Claims;
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

/** What else decides about a graph. */
export interface GraphOptions {
  /** Paths that belong to the product itself. */
  readonly reserved?: readonly string[];
  /** Extension points that the host itself opens. */
  readonly hostPoints?: readonly string[];
  /** Plugins that are already known to be broken, with why. */
  readonly broken?: ReadonlyMap<string, string>;
}

/**
 * Computes who can run and in which order. A plugin that cannot run takes those down that need it, and nobody else.
 * @example computeGraph(nodes).order // ['podlift.engine', 'podlift.linear']
 */
export function computeGraph(
  nodes: readonly GraphNode[],
  { reserved = [], hostPoints = [], broken = new Map() }: GraphOptions = {},
): ContractGraph {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const { claims, refused: clashes } = claimAll(nodes, reserved, hostPoints);
  const refused = new Map<string, Refusal>(clashes);
  const down = (id: string): string | undefined => broken.get(id) ?? refused.get(id)?.reason;
  const settle = (): void => {
    for (let changed = true; changed;) {
      changed = false;
      for (const node of nodes) {
        if (down(node.id) !== undefined) continue;
        const refusal = firstUnmet(node, claims, down);
        if (!refusal) continue;
        refused.set(node.id, refusal);
        changed = true;
      }
    }
  };
  const alive = (): Map<string, Set<string>> =>
    new Map(nodes.filter(({ id }) => down(id) === undefined).map((node) => [node.id, providersOf(node, claims)]));

  settle();
  for (let cycle = findCycle(alive()); cycle; cycle = findCycle(alive())) {
    const path = cycle.join(' -> ');
    for (const id of new Set(cycle))
      refused.set(id, { code: 'contract_cycle', reason: `${id} needs itself in the end: ${path}` });
    settle();
  }
  const needs = new Map(nodes.map((node) => [node.id, providersOf(node, claims)]));
  return { order: sortByNeeds(alive()), refused, needs, claims, nodes: byId };
}

/** The first contract or view that `node` needs and does not find. */
function firstUnmet(node: GraphNode, claims: Claims, down: (id: string) => string | undefined): Refusal | undefined {
  for (const [ids, owners, verb, give] of [
    [node.requires, claims.services, 'requires', 'provides'],
    [node.reads, claims.views, 'reads', 'publishes'],
  ] as const)
    for (const id of ids) {
      const owner = owners.get(id);
      if (owner === undefined) return unmet(node.id, verb, id, owners, give);
      const reason = down(owner);
      if (reason !== undefined)
        return {
          code: 'dependency_degraded',
          reason: `${node.id} ${verb} ${id} of ${owner}, which is degraded: ${reason}`,
        };
    }
  return undefined;
}

function unmet(plugin: string, verb: string, id: string, owners: ReadonlyMap<string, string>, give: string): Refusal {
  const { name } = contractName(id);
  const there = [...owners].filter(([other]) => contractName(other).name === name);
  if (there.length === 0)
    return { code: 'missing_contract', reason: `${plugin} ${verb} ${id}, which no installed plugin ${give}` };
  const list = there.map(([other, owner]) => `${owner} ${give} ${other}`).join(', ');
  return { code: 'contract_version', reason: `${plugin} ${verb} ${id}, but ${list}` };
}

function providersOf(node: GraphNode, claims: Claims): Set<string> {
  const owners = [
    ...node.requires.map((id) => claims.services.get(id)),
    ...node.reads.map((id) => claims.views.get(id)),
  ];
  return new Set(owners.filter((owner): owner is string => owner !== undefined && owner !== node.id));
}
