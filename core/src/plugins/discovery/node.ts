import type { PluginJson } from '@podlift/sdk/kernel';
import type { GraphNode } from '../graph/index.ts';

/** What the contract graph needs to know of a plugin.json. */
export const toGraphNode = (json: PluginJson): GraphNode => ({
  id: json.id,
  version: json.version,
  requires: Object.values(json.requires),
  optional: Object.values(json.optional),
  provides: json.provides.map(({ id }) => id),
  opens: json.opens.map(({ id }) => id),
  contributes: json.declares.contributions.map(({ point, id }) => ({ point, id })),
  publishes: json.data?.publishes.map(({ id }) => id) ?? [],
  reads: json.data?.reads ?? [],
  emits: json.emits.map(({ id }) => id),
  consumes: json.declares.events.flatMap(({ accepts }) => accepts),
  prefixes: json.prefixes,
});
