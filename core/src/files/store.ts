import { randomUUID } from 'node:crypto';
import type { HealthResult } from '../telemetry/index.ts';

/** One object of a tenant. Its name is made once and never used again, so that removing one can race with no upload. */
export interface ObjectName {
  readonly tenant: string;
  /** `<2 hex>/<id>`, made by {@link newObject}. */
  readonly object: string;
}

/** What a store has to remember of bytes under way; kept with the upload's row, so that any process can go on. */
export type DraftState = Readonly<Record<string, unknown>>;

/** Bytes up to here outlive a crash. */
export interface Checkpoint {
  readonly state: DraftState;
  readonly size: number;
}

/** Takes the bytes of one object, in order. Memory stays constant however many come. */
export interface DraftWriter {
  /** Resolves when more may come; with a checkpoint when one was passed. The chunk must not be changed afterwards. */
  write(chunk: Uint8Array): Promise<Checkpoint | undefined>;
  /** Everything given so far outlives a crash when this resolves. `last`: nothing follows, in this writer or another. */
  flush(last: boolean): Promise<Checkpoint>;
  /** Lets go of what the writer holds; what was not flushed may be gone. */
  close(): Promise<void>;
}

/** From `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An object that lies in a store; `draft` when it is not whole. */
export interface Stored extends ObjectName {
  readonly draft: boolean;
  readonly modifiedAt: Date;
}

/** Where the bytes of files are kept. A driver knows objects, not files: digests, quotas and owners are rows. */
export interface Store {
  readonly name: 'disk' | 's3';
  /** Goes on with an object of which `from` says how far it is; what may lie behind that is written over. */
  write(name: ObjectName, from: Checkpoint): Promise<DraftWriter>;
  /** Makes a whole draft an object. Repeating it after a crash does nothing more. */
  finish(name: ObjectName, draft: Checkpoint): Promise<void>;
  /** @throws PodliftError `files.lost` when it is not there. */
  read(name: ObjectName, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** In bytes; `undefined` when it is not there. */
  size(name: ObjectName): Promise<number | undefined>;
  /** Removes object and draft, whichever there is. */
  remove(name: ObjectName, state?: DraftState): Promise<void>;
  purge(tenant: string): Promise<void>;
  list(tenant?: string): AsyncIterable<Stored>;
  /** Whether bytes can be written there now. */
  check(): Promise<HealthResult>;
  close?(): Promise<void>;
}

export const NOTHING_YET: Checkpoint = { state: {}, size: 0 };

const TENANT = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
// The second form is how a file was named before objects had names of their own.
const OBJECT = /^[\da-f]{2}\/(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{64})$/;

export function newObject(): string {
  const id = randomUUID();
  return `${id.slice(0, 2)}/${id}`;
}

/** Names come from rows; one that is none would be a path. */
export function assertName({ tenant, object }: ObjectName): void {
  assertTenant(tenant);
  if (!isObject(object)) throw new Error(`${JSON.stringify(object)} is not the name of an object.`);
}

export function assertTenant(tenant: string): void {
  if (!isTenant(tenant)) throw new Error(`${JSON.stringify(tenant)} is not the id of a tenant.`);
}

export const isTenant = (text: string): boolean => TENANT.test(text);
export const isObject = (text: string): boolean => OBJECT.test(text);
