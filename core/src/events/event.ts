import { SLOTS } from './limits.ts';

/** Something that has happened, about to be written. */
export interface NewEvent {
  /** Name and major version of its contract, `touchpoints.landed@1`. */
  readonly type: string;
  /** Who says so: the id of a plugin, or `core`. */
  readonly source: string;
  /** Plain JSON. */
  readonly payload: unknown;
  /** Events of one key reach every subscriber in order. */
  readonly key?: string;
  /** A UUIDv7; an id that is there already is not written again. */
  readonly id?: string;
}

/** An event as it is kept (CloudEvents 1.0: id, source, type, time, partitionkey, data). */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly time: Date;
  /** Its place among the events of its slot; grows, and is given after commit. */
  readonly position: number;
}

/** Columns of an event as SQL returns them; `bigint` arrives as text. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly key: string | null;
  readonly payload: unknown;
  readonly time: Date;
  readonly position: string | number;
}

/** The slot of a tenant; the same rule as `core.event_slot_of`. */
export const slotOf = (tenant: string): number => Number.parseInt(tenant.slice(-2), 16) % SLOTS;

export const toEvent = (row: EventRow): StoredEvent => ({
  id: row.id,
  type: row.type,
  source: row.source,
  key: row.key ?? undefined,
  payload: row.payload,
  time: row.time,
  position: Number(row.position),
});
