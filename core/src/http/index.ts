/** The edge: the pipeline every request passes, core's routes, plugins' routes, problems, the reference. @module */
export type { Acts } from './acts.ts';
export { coreRoute, type CoreRoute, type CoreRouteConfig } from './core-route.ts';
export { eventStream, json, jsonBody } from './content.ts';
export { problem, ProblemError, type FieldError, type Problem } from './problem.ts';
export type { HttpEnv, Variables } from './env.ts';
export { tenantOf, type Actor, type Credential, type Principal, type TenantRef } from './principal.ts';
export type {
  Authenticate,
  OpenScope,
  PluginCall,
  PluginDocument,
  PluginDoor,
  ResolvePrincipal,
  Scope,
  TenantLookup,
} from './doors.ts';
export { createPluginRoutes, readPluginRoutes, type PluginRoute, type PluginRoutes } from './plugin-routes.ts';
export type { RoutePermission, RouteRules } from './rules.ts';
export { rawRoute } from './core-route.ts';
export type { HomePanel } from './home/panel.ts';
export { createApp, type AppDeps, type HttpApp } from './create-app.ts';
export { createIdempotencyStore, migrations, type IdempotencyStore } from './idempotency-store.ts';
export { listen, ListenError, type RunningServer } from './server.ts';
export { entityTag, versionSeen, withVersion } from './entity-tag.ts';
export { decodeCursor, encodeCursor } from './cursor.ts';
export { streamEvents, type StreamMessage, type StreamOptions, type StreamSource } from './sse.ts';
export type { StreamLimits } from './stream-gate.ts';
export { contentTag, isFresh } from './conditional.ts';
export { VERSION } from './version.ts';
export { statementRoutes } from './system/statements.ts';
