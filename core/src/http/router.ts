import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import type { CoreRoute } from './core-route.ts';
import type { PluginRoute, PluginRoutes } from './plugin-routes.ts';
import type { RouteRules } from './rules.ts';

/** What answers a request: a route of core, or one of a plugin. */
export type FoundRoute =
  | { readonly kind: 'core'; readonly template: string; readonly rules: RouteRules }
  | { readonly kind: 'plugin'; readonly template: string; readonly rules: RouteRules; readonly route: PluginRoute };

/** Finds values by method and path template. Hot path: one match per request, see bench/. */
export interface Router<T> {
  match(method: string, path: string): T | undefined;
  /** The methods that are answered at this path, sorted. */
  methods(path: string): string[];
}

/**
 * A router over path templates like `/api/v1/campaigns/{id}`. At the same place, fixed text wins over a parameter.
 * Two values for the same method and template are refused.
 */
export function createRouter<T>(
  entries: readonly (readonly [method: string, template: string, value: T])[],
): Router<T> {
  const router = new SmartRouter<T>({ routers: [new RegExpRouter<T>(), new TrieRouter<T>()] });
  const methods = new Set<string>();
  const seen = new Set<string>();
  for (const [method, template, value] of [...entries].sort(([, a], [, b]) => fixedTextFirst(a, b))) {
    const shape = `${method} ${template.replaceAll(/\{[^}]*\}/g, '{}')}`;
    if (seen.has(shape)) throw new Error(`Two routes answer ${method} ${template}.`);
    seen.add(shape);
    methods.add(method);
    router.add(method, template.replaceAll(/\{([^}]+)\}/g, ':$1'), value);
  }
  const match = (method: string, path: string): T | undefined => {
    const [first] = router.match(method === 'HEAD' ? 'GET' : method, path)[0];
    return first?.[0];
  };
  return {
    match,
    methods(path) {
      const found = [...methods].filter((method) => match(method, path) !== undefined);
      return (found.includes('GET') ? [...found, 'HEAD'] : found).sort();
    },
  };
}

/** `/a/b` before `/a/{x}`: the first match wins. */
export function fixedTextFirst(left: string, right: string): number {
  const a = left.split('/');
  const b = right.split('/');
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = vagueness(a[at]) - vagueness(b[at]);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}

const vagueness = (segment = ''): number => (segment === '*' ? 2 : Number(segment.startsWith('{')));

/** All routes of the installation: core's, which are fixed, and those of the plugins loaded now. */
export function createRouteFinder(
  core: readonly Pick<CoreRoute, 'methods' | 'path' | 'rules'>[],
  plugins: () => PluginRoutes,
): Router<FoundRoute> {
  const own = createRouter<FoundRoute>(
    core.flatMap(({ methods, path, rules }) =>
      methods.map((method) => [method, path, { kind: 'core', template: path, rules }] as const),
    ),
  );
  return {
    match: (method, path) => own.match(method, path) ?? plugins().match(method, path)?.found,
    methods: (path) => [...new Set([...own.methods(path), ...plugins().methods(path)])].sort(),
  };
}
