import type { Queryable } from '../data/index.ts';
import type { Credential, Principal, TenantRef } from './principal.ts';
import type { Trace } from '../telemetry/index.ts';
import type { PluginRoute, PluginRoutes } from './plugin-routes.ts';
import type { OpenApiDocument } from './openapi/document.ts';

/**
 * Finds out who asks: first what kind of credential was sent, then whether it is good. No credential is `undefined`;
 * a bad one throws, even when another, good one stands beside it.
 */
export type Authenticate<C extends Credential = Credential> = (
  request: Request,
  context: { readonly ip: string },
) => Promise<C | undefined>;

/** Finds tenants by what a request can name them with. */
export interface TenantLookup {
  /** The tenant that owns this host name; `undefined` for the installation's own name and for unknown ones. */
  byHost(host: string): Promise<TenantRef | undefined>;
  /** By the header Podlift-Tenant: a slug or an id. */
  byName(slugOrId: string): Promise<TenantRef | undefined>;
  byId(id: string): Promise<TenantRef | undefined>;
}

/** Finds out what the owner of a credential may do in a tenant; `undefined` when it is no member there. */
export type ResolvePrincipal<C extends Credential = Credential> = (
  credential: C,
  tenant: TenantRef | undefined,
) => Promise<Principal | undefined>;

/** An answer as plugins give it, before it is sent; a long body comes as a stream. */
export interface SettledAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: unknown;
}

/** Runs in the transaction of what was done. */
export type Settle = (tx: Queryable, answer: SettledAnswer) => Promise<void>;

/** What a plugin is told about the request that it answers. */
export interface PluginCall {
  readonly principal: Principal;
  readonly trace: Trace;
  readonly requestId: string;
  /** Milliseconds since 1970 at which the answer must have begun. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Runs in the transaction that the plugin's answer commits, with that answer; what it throws undoes both. */
  readonly settle?: Settle | undefined;
}

/** The plugin host as the edge sees it. */
export interface PluginDoor {
  /** The router of the plugins that are loaded now; a new one after a plugin came or went. */
  routes(): PluginRoutes;
  isEnabled(plugin: string, tenantId: string): boolean | Promise<boolean>;
  /** What to answer for a plugin that does not run now; undefined when it runs. Its permissions are not known then. */
  whyDown?(plugin: string): Error | undefined;
  serve(route: PluginRoute, request: Request, call: PluginCall): Promise<Response>;
  /** The frozen OpenAPI documents, for the reference. */
  documents(): readonly PluginDocument[];
}

/** The frozen document of one plugin, with its paths as they are mounted. */
export interface PluginDocument {
  readonly plugin: string;
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly document: OpenApiDocument;
}

/** What belongs to one request and is made when somebody asks for it: the composition root's scope. */
export interface Scope {
  resolve(name: string): unknown;
}

/** Opens the scope of a request. It is disposed after the answer, if it was opened. */
export type OpenScope = (
  principal: Principal,
  request: { readonly id: string; readonly trace: Trace },
) => Scope & { dispose(): Promise<void> | void };
