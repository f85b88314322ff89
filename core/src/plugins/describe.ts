import type { Text } from '@podlift/sdk';
import type { PluginJson } from '@podlift/sdk/kernel';
import { computeLoss, type ContractGraph, type Loss } from './graph/index.ts';
import type { PluginState, PluginStatus } from './lifecycle/status.ts';

/** A plugin in a list. */
export interface PluginSummary {
  readonly id: string;
  readonly version: string;
  readonly title: Text;
  readonly state: PluginState;
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Everything that can be shown of one plugin. */
export interface PluginDetails extends PluginSummary {
  readonly description?: Text;
  readonly license?: string;
  readonly capabilities: readonly string[];
  readonly optionalCapabilities: readonly string[];
  readonly hosts: readonly string[];
  readonly secrets: readonly string[];
  readonly permissions: readonly string[];
  readonly requires: readonly string[];
  readonly provides: readonly string[];
  readonly opens: readonly string[];
  readonly contributes: readonly string[];
  readonly emits: readonly string[];
  readonly consumes: readonly string[];
  readonly paths: readonly string[];
  /** JSON schema of its settings. */
  readonly settings?: object;
  /** What the product lacks while it is down. */
  readonly missingWithout: Loss;
}

/** One line of the contract graph: who gives what to whom. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'requires' | 'optional' | 'reads' | 'contributes' | 'consumes';
  readonly contract: string;
}

export const summarize = (
  { id, version, state, reason, since }: PluginStatus,
  json: PluginJson | undefined,
): PluginSummary => ({
  id,
  version,
  title: json?.title ?? id,
  state,
  since,
  ...(reason !== undefined && { reason }),
});

export const detail = (
  status: PluginStatus,
  json: PluginJson | undefined,
  graph: ContractGraph,
  mount: string,
): PluginDetails => ({
  ...summarize(status, json),
  ...(json?.description !== undefined && { description: json.description }),
  ...(json && { license: json.license }),
  capabilities: json?.capabilities ?? [],
  optionalCapabilities: json?.optionalCapabilities ?? [],
  hosts: json?.hosts ?? [],
  secrets: json?.secrets ?? [],
  permissions: Object.keys(json?.permissions ?? {}),
  requires: [...Object.values(json?.requires ?? {}), ...(json?.data?.reads ?? [])],
  provides: [...(json?.provides.map(({ id }) => id) ?? []), ...(json?.data?.publishes.map(({ id }) => id) ?? [])],
  opens: json?.opens.map(({ id }) => id) ?? [],
  contributes: json?.declares.contributions.map(({ point, id }) => `${id} to ${point}`) ?? [],
  emits: json?.emits.map(({ id }) => id) ?? [],
  consumes: json?.consumes ?? [],
  paths: json === undefined ? [] : json.prefixes.length > 0 ? json.prefixes : json.declares.document ? [mount] : [],
  ...(json?.settings && { settings: json.settings }),
  missingWithout: computeLoss(graph, status.id),
});

/** The edges of the graph, for pictures and for people: from who gives to who uses. */
export function edgesOf({ nodes, claims }: ContractGraph): readonly GraphEdge[] {
  const emitters = new Map([...nodes.values()].flatMap((node) => node.emits.map((type) => [type, node.id] as const)));
  return [...nodes.values()].flatMap((node) => {
    const edge =
      (kind: GraphEdge['kind'], owners: ReadonlyMap<string, string>) =>
      (contract: string): GraphEdge[] => {
        const from = owners.get(contract);
        return from === undefined || from === node.id ? [] : [{ from, to: node.id, kind, contract }];
      };
    return [
      ...node.requires.flatMap(edge('requires', claims.services)),
      ...node.optional.flatMap(edge('optional', claims.services)),
      ...node.reads.flatMap(edge('reads', claims.views)),
      ...node.consumes.flatMap(edge('consumes', emitters)),
      ...node.contributes.flatMap(({ point }) => edge('contributes', claims.points)(point)),
    ];
  });
}
