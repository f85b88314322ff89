import type { z } from 'zod';
import type { Computation, ComputeOptions } from './computation.ts';
import type { EventType } from './event.ts';
import type { Entry, ExtensionPoint } from './extension-point.ts';
import type { FlagReader } from './flag.ts';
import type { Field, Granted, Items } from './grants.ts';
import type { Manifest } from './manifest.ts';
import type { Client, Methods } from './method.ts';
import type { NotificationType, NotifyOptions } from './notification.ts';
import type { Search } from './search.ts';
import type { Service } from './service.ts';
import type { Token } from './token.ts';

/** Who a call acts for. */
export interface Actor {
  readonly kind: 'user' | 'key' | 'system';
  readonly id: string;
}

/** Writes to the host's log, with tenant, plugin and trace added. Never put personal data or secrets there. */
export interface Log {
  debug(message: string, data?: object): void;
  info(message: string, data?: object): void;
  warn(message: string, data?: object): void;
  error(message: string, data?: object): void;
}

type Clients<R> =
  R extends Readonly<Record<string, Service>>
    ? { readonly [K in keyof R]: R[K] extends Service<infer M> ? Client<M> : never }
    : unknown;
type Emits<M extends Manifest> = Extract<Items<Field<M, 'emits'>>, EventType>;
type Notifies<M extends Manifest> = Extract<Items<Field<M, 'notifications'>>, NotificationType>;
type Opens<M extends Manifest> = Extract<Items<Field<M, 'opens'>>, ExtensionPoint>;
type EntriesOf<P> = P extends ExtensionPoint<infer D, infer M extends Methods> ? Entry<D, M> : never;
type SettingsOf<M> = Field<M, 'settings'> extends infer S extends z.ZodType ? z.output<S> : object;

/** What every call has. */
export interface BaseContext<M extends Manifest> {
  /** The tenant's id, a UUID. */
  readonly tenant: string;
  readonly actor: Actor;
  /** Joins the log lines of one request. */
  readonly trace: string;
  /** Fires when the caller gives up or the deadline passes; its reason is a PodliftError. */
  readonly signal: AbortSignal;
  /** When the call must have ended, in milliseconds since 1970. */
  readonly deadline: number;
  readonly log: Log;
  /** The tenant's settings, parsed. */
  readonly settings: SettingsOf<M>;
  /** The manifest's flags, as they are for this tenant and actor. */
  readonly flags: FlagReader<Field<M, 'flags'>>;
  /** The contracts named under `requires`, and those under `optional` that are there. */
  readonly services: Clients<Field<M, 'requires'>> & Partial<Clients<Field<M, 'optional'>>>;
  /** What time it is for the host; tests set it. */
  now(): Date;
  /** Says that something has happened; it is published when this call has committed. Events of one key arrive in order. */
  emit<E extends Emits<M>>(type: E, payload: z.input<E['schema']>, options?: { readonly key?: string }): Promise<void>;
  /** Sends a message to people of the tenant; it exists when this call has committed, and reaches them a moment later. */
  notify<N extends Notifies<M>>(type: N, options: NotifyOptions<N['data']>): Promise<void>;
  /** Counts what the tenant uses, by a meter of the manifest; it counts when this call has committed. */
  meter(name: keyof Field<M, 'meters'> & string, amount: number): Promise<void>;
  /** Says what of the manifest's `search` kinds can be found. */
  readonly search: Search<keyof Field<M, 'search'> & string>;
  /** The entries that enabled plugins contribute to a point that this plugin opens, sorted by id. */
  entries<P extends Opens<M>>(point: P): Promise<readonly EntriesOf<P>[]>;
  /**
   * Runs a heavy computation in a thread of its own; it ends with the call. Ask before you write: it may take long.
   * @throws PodliftError when it throws, takes too long or too much memory, or when nobody could run it.
   */
  compute<I extends z.ZodType, O extends z.ZodType>(
    computation: Computation<I, O>,
    input: z.input<I>,
    options?: ComputeOptions,
  ): Promise<z.output<O>>;
  /** An instance of a class of the plugin's own, wired by `use`. */
  get<T>(token: Token<T>): T;
}

/** One call for one tenant, typed by the manifest. Everything here ends with the call: later use is `call_ended`. */
export type Context<M extends Manifest> = BaseContext<M> & Granted<M>;
