import type { HttpBindings } from '@hono/node-server';
import type { Log, Trace } from '../telemetry/index.ts';
import type { Origin } from './client-address.ts';
import type { Scope, Settle } from './doors.ts';
import type { Credential, Principal, TenantRef } from './principal.ts';
import type { FoundRoute } from './router.ts';
import type { StreamGate } from './stream-gate.ts';

/** What the pipeline leaves on the context for handlers. */
export interface Variables {
  requestId: string;
  trace: Trace;
  origin: Origin;
  /** The client's address, past trusted proxies. */
  ip: string;
  /** Lines carry the request id and the trace. */
  log: Log;
  /** What is left of the rate limit, as the headers RateLimit-Policy and RateLimit tell it. */
  rate: { readonly policy: string; readonly state: string } | undefined;
  /** Milliseconds since 1970 at which the answer must have begun. */
  deadline: number;
  found: FoundRoute;
  credential: Credential | undefined;
  tenant: TenantRef | undefined;
  /** Who asks; anonymous on public routes. */
  principal: Principal;
  scope: Scope;
  /** Keeps a plugin's answer in the transaction that it commits; absent when nobody will repeat the request. */
  settle?: Settle;
  /** Lets streams of events begin. */
  streams: StreamGate;
}

/** The Hono environment of every route of core. `Bindings` is empty under `app.request()`. */
export interface HttpEnv {
  Bindings: Partial<HttpBindings> & {
    /** Fires when the server begins to stop: streams end, and clients go to another node. */
    leaving?: AbortSignal;
  };
  Variables: Variables;
}
