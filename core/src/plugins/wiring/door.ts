import {
  createPluginRoutes,
  type PluginDocument,
  type PluginDoor,
  type PluginRoute,
  type PluginRoutes,
} from '../../http/index.ts';
import type { World } from '../calls/world.ts';
import type { PluginSource } from '../discovery/index.ts';
import { PluginErrors } from '../errors.ts';
import type { ContractGraph } from '../graph/index.ts';
import { closedFor } from '../tenants/consent.ts';
import { documentOf, routesOf } from './routes.ts';
import { serve } from './serve.ts';

/** What the door looks at; `changed` grows whenever a plugin came or went. */
export interface DoorOptions {
  readonly world: World;
  readonly sources: () => ReadonlyMap<string, PluginSource>;
  readonly graph: () => ContractGraph;
  readonly changed: () => number;
}

/** The plugin host as the edge sees it. A degraded plugin keeps its routes, so that its answer says why and not "not found". */
export function createDoor({ world, sources, graph, changed }: DoorOptions): PluginDoor {
  let built:
    | { readonly at: number; readonly routes: PluginRoutes; readonly documents: readonly PluginDocument[] }
    | undefined;
  const current = () => {
    if (built?.at === changed()) return built;
    const owners = [...sources().values()].filter((source) => ownsItsPaths(graph(), source));
    const routes = owners.flatMap(({ json, trusted }) => tryRoutes(() => routesOf(json, trusted)));
    const documents = owners
      .filter(({ json }) => world.loaded.has(json.id))
      .flatMap(({ json }) => documentOf(json) ?? []);
    return (built = { at: changed(), routes: createPluginRoutes(routes), documents });
  };
  return {
    routes: () => current().routes,
    documents: () => current().documents,
    async isEnabled(plugin, tenant) {
      const source = sources().get(plugin);
      if (!source) return false;
      const { trusted, json } = source;
      const { id, capabilities, optionalCapabilities } = json;
      return (
        closedFor({ id, trusted, capabilities, optionalCapabilities }, await world.facts.get(tenant)) === undefined
      );
    },
    whyDown: (plugin) =>
      world.loaded.has(plugin) ? undefined : PluginErrors.notRunning(plugin, world.reasonOf(plugin)),
    serve: (route, request, call) => serve(world, route, request, call),
  };
}

/** One that was refused because its paths are taken must not answer for their owner. */
const ownsItsPaths = ({ claims }: ContractGraph, { json }: PluginSource): boolean =>
  json.prefixes.every((path) => claims.prefixes.get(path) === json.id);

/** Wrong routes degrade their plugin when it is activated; here they are left out, two of the same included. */
function tryRoutes(read: () => PluginRoute[]): PluginRoute[] {
  try {
    const routes = read();
    createPluginRoutes(routes);
    return routes;
  } catch {
    return [];
  }
}
