import type { PluginJson } from '@podlift/sdk/kernel';
import { readPluginRoutes, type PluginDocument, type PluginRoute } from '../../http/index.ts';
import { translate } from '@podlift/sdk';

/** Where a plugin answers that claims no prefixes: `/api/v1/x/<publisher>/<name>`. */
export const mountOf = ({ id, prefixes }: PluginJson): string =>
  prefixes.length > 0 ? '' : `/api/v1/x/${id.replace('.', '/')}`;

/** The routes that a plugin documents, as they are mounted. @throws Error when one lies outside of its prefixes or asks for no permission. */
export function routesOf(json: PluginJson, trusted: boolean): PluginRoute[] {
  const { document } = json.declares;
  if (!document) return [];
  const routes = readPluginRoutes(json.id, document, { mount: mountOf(json), trusted });
  if (json.prefixes.length === 0) return routes;
  const stray = routes.find(
    ({ path }) => !json.prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
  );
  if (stray)
    throw new Error(
      `it answers ${stray.method} ${stray.path}, which lies under none of its prefixes (${json.prefixes.join(', ')})`,
    );
  return routes;
}

/** The frozen OpenAPI document of a plugin, with its paths as they are mounted. */
export function documentOf(json: PluginJson): PluginDocument | undefined {
  const { document } = json.declares;
  if (!document) return undefined;
  const mount = mountOf(json);
  const paths: unknown = 'paths' in document ? document.paths : undefined;
  const mounted = Object.fromEntries(
    Object.entries(paths ?? {}).map(([path, item]: [string, unknown]) => [mount + path, item]),
  );
  return {
    plugin: json.id,
    title: translate(json.title),
    version: json.version,
    ...(json.description !== undefined && { description: translate(json.description) }),
    // Frozen by our own tool; only the paths were moved.
    document: { ...document, paths: mounted } as PluginDocument['document'],
  };
}
