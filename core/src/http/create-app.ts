import { OpenAPIHono } from '@hono/zod-openapi';
import type { CoreRoute } from './core-route.ts';
import type { PluginDoor } from './doors.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import type { OpenApiDocument } from './openapi/document.ts';
import { createPipeline, type PipelineDeps } from './pipeline.ts';
import { createPluginHandler } from './plugin-handler.ts';
import type { Credential } from './principal.ts';
import { fieldErrors } from './problem.ts';
import { respondWithProblem } from './respond.ts';
import { createRouteFinder, fixedTextFirst } from './router.ts';
import { createSystemRoutes, type SystemDeps } from './system/routes.ts';

/** Everything the edge needs. */
export interface AppDeps<C extends Credential = Credential>
  extends Omit<PipelineDeps<C>, 'config' | 'plugins'>, Omit<SystemDeps, 'config' | 'plugins'> {
  readonly config: PipelineDeps['config'] & SystemDeps['config'];
  /** The routes of all rooms, made with `coreRoute` and `rawRoute`. */
  readonly routes: readonly CoreRoute[];
  readonly plugins: PluginDoor;
}

/** The edge as an app: `fetch` for a server, `request` for tests. */
export type HttpApp = OpenAPIHono<HttpEnv>;

const PLACES: Readonly<Record<string, string>> = { json: 'body', form: 'body', param: 'path' };

/**
 * Builds the app: the pipeline, core's routes, then the routes of plugins.
 *
 * @example
 * ```ts
 * const app = createApp({ config, log, metrics, health, limits, authenticate, tenants, resolvePrincipal, plugins, openScope, routes, clock });
 * const response = await app.request('/health/live');
 * ```
 */
export function createApp<C extends Credential>(deps: AppDeps<C>): HttpApp {
  const app: HttpApp = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw HttpErrors.invalid(fieldErrors(result.error, PLACES[result.target] ?? result.target));
    },
  });
  const system = createSystemRoutes(
    deps,
    // The generator's types know more of OpenAPI than is read here.
    () =>
      app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } }) as unknown as OpenApiDocument,
  );
  const routes = [...deps.routes, ...system].sort((a, b) => fixedTextFirst(a.path, b.path));
  app.onError(respondWithProblem);
  app.use('*', ...createPipeline(deps, createRouteFinder(routes, deps.plugins.routes)));
  for (const route of routes) route.register(app);
  app.all('*', createPluginHandler(deps.plugins));
  return app;
}
