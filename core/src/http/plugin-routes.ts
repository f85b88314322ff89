import { createRouter, type FoundRoute } from './router.ts';
import { checkPermissionName, type RouteRules } from './rules.ts';

/** A route that a plugin documents in plugin.json, at the path where it is mounted. */
export interface PluginRoute {
  readonly plugin: string;
  readonly method: string;
  /** With parameters in braces: `/api/v1/campaigns/{id}`. */
  readonly path: string;
  readonly rules: RouteRules;
  /** First-party. The answers of others are fenced, so that their pages cannot act as the product. */
  readonly trusted: boolean;
}

/** The router over the routes of all loaded plugins. */
export interface PluginRoutes {
  match(method: string, path: string): { readonly route: PluginRoute; readonly found: FoundRoute } | undefined;
  methods(path: string): string[];
}

/** Builds the router; to be done once per change of the loaded plugins, not per request. */
export function createPluginRoutes(routes: readonly PluginRoute[]): PluginRoutes {
  return createRouter(
    routes.map((route) => {
      checkPermissionName(route.rules.permission, `${route.method} ${route.path} of plugin ${route.plugin}`);
      const found: FoundRoute = { kind: 'plugin', template: route.path, rules: route.rules, route };
      return [route.method.toUpperCase(), route.path, { route, found }] as const;
    }),
  );
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** What the frozen OpenAPI document of a plugin says about one operation. */
interface Operation {
  readonly 'x-permission'?: unknown;
  readonly 'x-cors'?: unknown;
  readonly 'x-body-limit'?: unknown;
  readonly 'x-timeout-ms'?: unknown;
  readonly 'x-idempotency'?: unknown;
  readonly 'x-tenant'?: unknown;
  readonly 'x-rate-per-minute'?: unknown;
}

/**
 * Reads the routes out of a plugin's frozen document. `mount` stands before relative paths and is empty for plugins
 * that claimed prefixes. Only first-party plugins may open a route to foreign pages.
 */
export function readPluginRoutes(
  plugin: string,
  document: { readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>> },
  { mount, trusted }: { readonly mount: string; readonly trusted: boolean },
): PluginRoute[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (typeof operation !== 'object' || operation === null) return [];
      return [
        { plugin, method: method.toUpperCase(), path: mount + path, rules: toRules(operation, path, trusted), trusted },
      ];
    }),
  );
}

function toRules(operation: Operation, path: string, trusted: boolean): RouteRules {
  const permission = operation['x-permission'];
  checkPermissionName(permission, path);
  const number = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
  const bodyLimit = number(operation['x-body-limit']);
  const timeoutMs = number(operation['x-timeout-ms']);
  const rate = operation['x-rate-per-minute'];
  const tenant = operation['x-tenant'];
  return {
    permission,
    ...(trusted && operation['x-cors'] === 'open' && { cors: 'open' }),
    ...(bodyLimit && { bodyLimit }),
    ...(timeoutMs && { timeoutMs }),
    ...(trusted && typeof rate === 'number' && rate >= 0 && { ratePerMinute: rate }),
    ...(operation['x-idempotency'] === 'off' && { idempotency: 'off' }),
    ...((tenant === 'required' || tenant === 'optional') && { tenant }),
  };
}
