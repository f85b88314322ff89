import type { OpenAPIHono, RouteConfig, RouteHandler } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';
import { checkPermissionName, tenantRule, type RouteRules } from './rules.ts';

/** A route of core as it is declared: what OpenAPI says of it, and the rules the pipeline keeps. */
export type CoreRouteConfig = Omit<RouteConfig, 'security' | 'summary'> &
  RouteRules & {
    /** One line for the reference, imperative: "List the tenants". */
    readonly summary: string;
    /** Shown in the reference: a body to send, and what comes back. */
    readonly examples?: { readonly body?: unknown; readonly response?: unknown };
  };

/** A declared route and its handler. Rooms hand lists of them to the composition root. */
export interface CoreRoute {
  readonly methods: readonly string[];
  readonly path: string;
  readonly rules: RouteRules;
  register(app: OpenAPIHono<HttpEnv>): void;
}

/**
 * Declares a route. Without a permission it throws when the module is loaded, so that none can be forgotten.
 *
 * @example
 * ```ts
 * coreRoute(
 *   {
 *     method: 'get',
 *     path: '/api/v1/campaigns/{id}',
 *     permission: 'campaigns:read',
 *     summary: 'Read a campaign',
 *     request: { params: z.object({ id: z.uuid() }) },
 *     responses: { 200: json(Campaign, 'The campaign.') },
 *   },
 *   async (c) => c.json(await campaigns.get(c.var.principal, c.req.valid('param').id), 200),
 * );
 * ```
 */
export function coreRoute<const R extends CoreRouteConfig>(config: R, handler: RouteHandler<R, HttpEnv>): CoreRoute {
  checkPermissionName(config.permission, `${config.method.toUpperCase()} ${config.path}`);
  const body = config.request?.body;
  const described = describeRoute(config);
  // Without `required` a request with no content type would pass by the schema.
  const route = body
    ? { ...described, request: { ...config.request, body: { ...body, required: body.required ?? true } } }
    : described;
  return {
    methods: [config.method.toUpperCase()],
    path: config.path,
    rules: config,
    register: (app) => void app.openapi(route, handler),
  };
}

/**
 * Declares a handler that answers whole requests itself and stands in no document: pages, files, a mounted library.
 * The path may end in `/*`.
 */
export function rawRoute(
  options: RouteRules & { readonly methods: readonly string[]; readonly path: string },
  handler: (c: Context<HttpEnv>) => Response | Promise<Response>,
): CoreRoute {
  const { methods, path, ...rules } = options;
  checkPermissionName(rules.permission, path);
  return { methods, path, rules, register: (app) => void app.on([...methods], [path], handler) };
}

/** What the document says of a route beyond its schemas: who may call it, and how it looks. */
function describeRoute<R extends CoreRouteConfig>(config: R): R {
  const { permission, examples } = config;
  const security = permission === 'public' ? [] : [{ session: [] }, { key: [] }];
  return {
    ...config,
    security,
    'x-permission': permission,
    'x-tenant': tenantRule(config),
    ...(examples && { 'x-examples': examples }),
  };
}
