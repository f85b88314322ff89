import type { z } from 'zod';
import type { CommandOptions, CommandRun } from './command.ts';
import type { Computation } from './computation.ts';
import type { Envelope, EventType, ListenOptions } from './event.ts';
import type { Contribution, ExtensionPoint } from './extension-point.ts';
import type { JobRun, JobType } from './job.ts';
import type { Awaitable, Implementation, Methods } from './method.ts';
import type { Service } from './service.ts';
import type { Identifier } from './subject.ts';

/** A plugin's HTTP surface: a fetch function and the OpenAPI document that describes it. `openapi()` of `/http` makes one. */
export interface Routes<in X> {
  fetch(request: Request, ctx: X): Awaitable<Response>;
  document(): object;
  /** A short way for hot routes, without the objects of fetch, which cost more than a small handler. Undefined leaves the request to `fetch`. */
  plain?(request: PlainRequest, ctx: X): Awaitable<PlainResponse> | undefined;
}

/** A request as plain data. A body that is small and says its length comes whole. */
export interface PlainRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
}

/** A response as plain data. */
export interface PlainResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | null;
}

/** A plugin's own classes, wired. `classes()` of `/di` makes one. */
export interface Wiring {
  resolve(id: string): unknown;
  dispose(): Promise<void>;
}

/** How the plugin is for one tenant. */
export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** An edge in the life of a plugin at a tenant; `purge` deletes what the plugin knows of it. */
export type TenantChange = 'enable' | 'disable' | 'purge';

/** An event of a batch. */
export interface Delivery<P> {
  readonly payload: P;
  readonly envelope: Envelope;
}

/** What `setup` may say. Each call is a declaration: recorded in plugin.json, compared at activation, undone with the plugin. */
export interface Declare<X> {
  /** Adds an entry to an extension point of any plugin. */
  readonly contribute: <D extends z.ZodObject, M extends Methods>(
    point: ExtensionPoint<D, M>,
    entry: Contribution<D, M, X>,
  ) => void;
  /** Fulfils a contract that the manifest lists under `provides`. */
  readonly provide: <M extends Methods>(service: Service<M>, implementation: Implementation<M, X>) => void;
  /** Handles each event of a type that the manifest lists under `consumes`. Exactly once for what it stores. */
  readonly on: <P extends z.ZodType>(
    event: EventType<P>,
    handle: (payload: z.output<P>, ctx: X, envelope: Envelope) => Awaitable<void>,
    options?: ListenOptions,
  ) => void;
  /** Handles events of one tenant together, in order. */
  readonly onBatch: <P extends z.ZodType>(
    event: EventType<P>,
    handle: (items: readonly Delivery<z.output<P>>[], ctx: X) => Awaitable<void>,
    options?: ListenOptions,
  ) => void;
  /** Says how a job is done. */
  readonly job: <S extends z.ZodType>(
    job: JobType<S>,
    run: (data: z.output<S>, ctx: X, run: JobRun) => Awaitable<void>,
  ) => void;
  /**
   * Says where the code of a computation is: a module of its own whose default export computes.
   * @example computation(credits, new URL('./credits.ts', import.meta.url));
   */
  readonly computation: (computation: Computation, module: URL) => void;
  /** The plugin's REST operations; at most once. */
  readonly routes: (routes: Routes<X>) => void;
  /** The plugin's own classes; at most once. */
  readonly use: (wiring: () => Wiring) => void;
  /** Says whether the plugin can work for a tenant; at most once. */
  readonly health: (check: (ctx: X) => Awaitable<Health>) => void;
  /** Runs when a tenant enables or disables the plugin, or is purged. */
  readonly onTenant: (change: TenantChange, run: (ctx: X) => Awaitable<void>) => void;
  /**
   * Says by which further names the plugin knows a person, when columns cannot say it: keyed hashes, names at a provider. Asked when a
   * person's data is exported or erased; at most once.
   */
  readonly subject: (name: (known: readonly Identifier[], ctx: X) => Awaitable<readonly Identifier[]>) => void;
  /** A command line of the plugin's own. */
  readonly command: <S extends z.ZodObject>(command: CommandOptions<S>, run: CommandRun<S, X>) => void;
}
