/** @module Routes with OpenAPI. Only plugins that import this carry Hono. */
import { createRoute, OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import type { Routes } from '../declare.ts';
import type { PermissionName } from '../manifest.ts';
import { problemOfException, problemOfInput, respond, tryProblemOfError } from './problem.ts';

export { z } from '@hono/zod-openapi';
export type { Problem } from './problem.ts';

/** What Hono knows of a plugin's request; `c.var.ctx` is the context of the call. */
export interface Env<X> {
  Bindings: { ctx: X };
  Variables: { ctx: X };
}

/** The app on which a plugin registers its operations. */
export type App<X> = OpenAPIHono<Env<X>>;

/** An operation as OpenAPI describes it, and the permission that the host checks before it wakes the plugin. */
export type RouteOptions = RouteConfig & { readonly 'x-permission': PermissionName };

/**
 * An operation of the plugin. With `prefixes` in the manifest its path is whole and starts with one of them; without, it is
 * relative to where the host mounts the plugin. Parameters are written `{id}`.
 * @example
 * const list = route({ method: 'get', path: '/codes', 'x-permission': 'codes:read', responses: { 200: json(Codes, 'all codes') } });
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- P keeps the path literal
export const route = <const P extends string, const R extends RouteOptions & { path: P }>(config: R) =>
  createRoute(config);

/** The content of a request body or a response that is JSON. */
export const json = <S>(schema: S, description: string) => ({
  content: { 'application/json': { schema } },
  description,
});

/**
 * Builds the plugin's HTTP surface. Wrong input is answered by problem+json naming every wrong field; so is a PodliftError
 * with a kind. Other errors go to the host, which answers 500 and keeps the message to itself.
 */
export function openapi<X>(build: (app: App<X>) => void): Routes<X> {
  const app: App<X> = new OpenAPIHono<Env<X>>({
    defaultHook: (result) => (result.success ? undefined : respond(problemOfInput(result.target, result.error))),
  });
  app.use(async (c, next) => {
    c.set('ctx', c.env.ctx);
    await next();
  });
  app.onError((error) => {
    const problem = error instanceof HTTPException ? problemOfException(error) : tryProblemOfError(error);
    if (!problem) throw error;
    return respond(problem);
  });
  build(app);
  return {
    fetch: (request, ctx) => app.fetch(request, { ctx }),
    document: () => app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } }),
  };
}
