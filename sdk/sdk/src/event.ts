import type { z } from 'zod';
import { parseContractId, type ContractId } from './contract-id.ts';
import { PodliftError } from './errors.ts';
import type { PermissionName } from './manifest.ts';

/** Turns the payload of one major version into that of the next. */
export type Upcaster = (payload: unknown) => unknown;

/** Something that has happened, with a payload of one shape per major version. */
export interface EventType<P extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  readonly id: ContractId;
  readonly schema: P;
  /** By the major version that it reads: `{ 1: v1 => v2 }` on `x@2`. */
  readonly upcast: Readonly<Record<number, Upcaster>>;
  /** What a person or key needs beside `events:read` to see these events in a stream. */
  readonly permission?: PermissionName;
}

/** What an event knows beside its payload (CloudEvents 1.0). */
export interface Envelope {
  readonly id: string;
  /** The id under which it was emitted, which may be an older major version. */
  readonly type: ContractId;
  readonly time: Date;
  /** The id of the plugin that emitted it. */
  readonly source: string;
  /** Events of one key arrive in order. */
  readonly key?: string;
  /** 1 for the first delivery. */
  readonly attempt: number;
  readonly tenant: string;
  /** The replay that brings it once more, when a person asked for one. */
  readonly replay?: string;
}

/** How a plugin listens to an event. */
export interface ListenOptions {
  /** `refuse`: nobody may ask for these events once more; for handlers whose effects outside cannot be repeated, such as a payment. */
  readonly replay?: 'allow' | 'refuse';
}

/**
 * Declares an event. A new major version names how to read the older ones.
 * @example const ended = event('runs.ended@2', Ended, { upcast: { 1: (old) => ({ ...EndedV1.parse(old), cost: 0n }) } });
 * @throws PodliftError `invalid_contract` when an upcaster is missing between two versions or reads a newer one.
 */
export function event<P extends z.ZodType>(
  id: ContractId,
  schema: P,
  options: { readonly upcast?: Readonly<Record<number, Upcaster>>; readonly permission?: PermissionName } = {},
): EventType<P> {
  const { upcast = {}, permission } = options;
  const { major } = parseContractId(id);
  const versions = Object.keys(upcast)
    .map(Number)
    .toSorted((a, b) => a - b);
  const oldest = versions[0] ?? major;
  if (versions.length !== major - oldest || versions.some((version, i) => version !== oldest + i)) {
    throw PodliftError.invalidContract(id, `upcasters must lead from some version to ${major} without a gap`);
  }
  return { kind: 'event', id, schema, upcast, ...(permission && { permission }) };
}
