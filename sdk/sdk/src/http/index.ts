/** @module Routes with OpenAPI. Only plugins that import this carry Hono. */
import { createRoute, OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { Routes } from '../declare.ts';
import type { PermissionName } from '../manifest.ts';
import { refusal, refuseInput } from './refusal.ts';

export { z } from '@hono/zod-openapi';

/** What Hono knows of a plugin's request; `c.var.ctx` is the context of the call. */
export interface Env<X> {
  Bindings: { ctx: X };
  Variables: { ctx: X };
}

/** The app on which a plugin registers its operations. */
export type App<X> = OpenAPIHono<Env<X>>;

/** What the host checks before it wakes the plugin. All of it stands in the document, and so in plugin.json. */
export interface RouteRules {
  /** Who may call it; `public` is everybody, `signed-in` is every member of the tenant. */
  readonly 'x-permission': PermissionName | 'public' | 'signed-in';
  /** Whether a tenant must be named; by default as the permission says. */
  readonly 'x-tenant'?: 'required' | 'optional';
  /** Of the request, in bytes; the installation's limit when absent. */
  readonly 'x-body-limit'?: number;
  /** Until the answer begins; the installation's limit when absent. */
  readonly 'x-timeout-ms'?: number;
  readonly 'x-rate-per-minute'?: number;
  /** Any page may call it from a browser, without cookies. First-party plugins only. */
  readonly 'x-cors'?: 'open';
  /** It finds duplicates by itself, so the host remembers no `Idempotency-Key`. */
  readonly 'x-idempotency'?: 'off';
}

/** An operation as OpenAPI describes it, with the host's rules. */
export type RouteOptions = RouteConfig & RouteRules;

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
 * Builds the plugin's HTTP surface. Whatever a handler throws goes to the host, so that a failed request commits nothing; the
 * host answers wrong input and errors with a kind as problem+json, and everything else as 500 without its message.
 */
export function openapi<X>(build: (app: App<X>) => void): Routes<X> {
  const app: App<X> = new OpenAPIHono<Env<X>>({
    defaultHook: (result) => {
      if (!result.success) throw refuseInput(result.target, result.error);
    },
  });
  app.use(async (c, next) => {
    c.set('ctx', c.env.ctx);
    await next();
  });
  app.onError((error) => {
    throw refusal(error);
  });
  build(app);
  return {
    fetch: (request, ctx) => app.fetch(request, { ctx }),
    document: () => app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } }),
  };
}
