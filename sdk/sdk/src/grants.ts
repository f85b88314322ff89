import type { Collection, CollectionType } from './collection.ts';
import type { TableEntity } from './data.ts';
import type { Files } from './files.ts';
import type { IngestColumns, Ingestion } from './ingestion.ts';
import type { EnqueueOptions, JobType } from './job.ts';
import type { BigIntegers } from './json.ts';
import type { Capability, Manifest } from './manifest.ts';
import type { UsageReader } from './meter.ts';
import type { z } from 'zod';

/** The value of an optional manifest field, or undefined. */
export type Field<M, K extends string> = M extends { readonly [P in K]: infer V } ? V : undefined;
/** The members of a list, or never. */
export type Items<T> = T extends readonly (infer I)[] ? I : never;

/** A request of `ctx.fetch`. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
  /** The host puts the secret into the `authorization` header; its value never enters the plugin. `Bearer` when no scheme is given. */
  readonly auth?: { readonly secret: string; readonly scheme?: string };
  /** Whether sending it twice does no more than sending it once, so that the host may try again. GET, HEAD, PUT, DELETE and OPTIONS are when left out. */
  readonly idempotent?: boolean;
  /** What `json()` of the answer makes of whole numbers beyond 2^53; `string`, which loses nothing, when left out. */
  readonly integers?: BigIntegers;
}

/**
 * The plugin's own schema, in the transaction of this call: it opens at the first use, commits when the handler
 * returns and rolls back when it throws. Inline only.
 */
export interface SqlDatabase<EM = never> {
  /** Runs one statement; every statement says `tenant_id = $1` with `db.tenant`. */
  query<T extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** The entity manager of the same transaction. */
  em(): Promise<EM>;
  readonly tenant: string;
}

type Collections<M> =
  Field<M, 'collections'> extends infer C
    ? { readonly [K in keyof C]: C[K] extends CollectionType<infer S, infer I> ? Collection<S, I> : never }
    : never;
type Entities<M> = Items<Field<Field<M, 'data'>, 'entities'>>;
type EntityManagerOf<T> = T extends TableEntity<infer EM> ? EM : never;
type IngestionsOf<M> = Extract<Items<Field<Field<M, 'data'>, 'ingest'>>, Ingestion>;

/** What each capability adds to a context. */
export interface Grants<M extends Manifest> {
  'net:fetch': {
    /** Fetches from one of the manifest's `hosts`. The body is open until the call ends. */
    fetch(url: string | URL, init?: FetchInit): Promise<Response>;
  };
  'secrets:read': {
    /** @throws PodliftError `not_found` when the tenant has not set it. */
    secret(name: Items<Field<M, 'secrets'>> & string): Promise<string>;
  };
  'data:collections': { readonly collections: Collections<M> };
  'data:sql': { readonly db: SqlDatabase<EntityManagerOf<Entities<M>>> };
  'data:ingest': {
    /** Lands rows in a flight with those of others. Resolves after the commit, and says of each row whether it was new. */
    ingest<I extends IngestionsOf<M>>(ingestion: I, columns: IngestColumns<I['columns']>): Promise<readonly boolean[]>;
  };
  'jobs:enqueue': {
    /** Asks for a job of the plugin's own; it exists when this call has committed. */
    enqueue<S extends z.ZodType>(job: JobType<S>, data: z.input<S>, options?: EnqueueOptions): Promise<void>;
  };
  'usage:read': { readonly usage: UsageReader };
  files: { readonly files: Files<keyof Field<M, 'files'> & string> };
}

type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (all: infer I) => void ? I : never;
type GrantedNames<M extends Manifest> = Extract<
  Capability,
  Items<Field<M, 'capabilities'>> | Items<Field<M, 'optionalCapabilities'>>
>;

/** Everything that the manifest's capabilities add to the context. */
export type Granted<M extends Manifest> = [GrantedNames<M>] extends [never]
  ? unknown
  : Intersection<Grants<M>[GrantedNames<M>]>;
