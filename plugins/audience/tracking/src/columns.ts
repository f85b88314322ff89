/** @module Touchpoints and orders as columns, the form in which they travel to PostgreSQL. */
import { uuidv7 } from '@podlift/sdk';
import type { Booking, Evidence } from './catalog-index.ts';
import type { TouchKind } from './contract.ts';

type Maybe = string | null;

/** Touchpoints, one entry of each column per row. */
export interface TouchColumns {
  readonly id: string[];
  readonly key: Maybe[];
  readonly household: string[];
  readonly kind: TouchKind[];
  readonly channel: string[];
  readonly name: Maybe[];
  readonly evidence: Maybe[];
  readonly campaign: Maybe[];
  readonly placement: Maybe[];
  readonly show: Maybe[];
  readonly episode: Maybe[];
}
/** Orders and refunds. A refund has a positive value too; `kind` says what it is. */
export interface OrderColumns {
  readonly id: string[];
  readonly key: string[];
  readonly kind: ('order' | 'refund')[];
  readonly order_id: string[];
  readonly household: string[];
  /** Null: a refund of everything. */
  readonly value_micros: (bigint | null)[];
  readonly currency: Maybe[];
  readonly code: Maybe[];
  readonly evidence: Maybe[];
  readonly campaign: Maybe[];
  readonly placement: Maybe[];
  readonly new_customer: (boolean | null)[];
}
/** That two keys are one household: what was anonymous is known now. */
export interface LinkColumns {
  readonly alias: string[];
  readonly household: string[];
}

export const createTouchColumns = (): TouchColumns => ({
  id: [],
  key: [],
  household: [],
  kind: [],
  channel: [],
  name: [],
  evidence: [],
  campaign: [],
  placement: [],
  show: [],
  episode: [],
});
export const createOrderColumns = (): OrderColumns => ({
  id: [],
  key: [],
  kind: [],
  order_id: [],
  household: [],
  value_micros: [],
  currency: [],
  code: [],
  evidence: [],
  campaign: [],
  placement: [],
  new_customer: [],
});
export const createLinkColumns = (): LinkColumns => ({ alias: [], household: [] });

/** Appends a touchpoint. Its id carries its time. Without a message key the row is always new. */
export function addTouch(
  columns: TouchColumns,
  at: number,
  key: string | undefined,
  household: string,
  kind: TouchKind,
  channel: string,
  name: Maybe,
  evidence: Evidence | null,
  booking: Booking | undefined,
): void {
  columns.id.push(uuidv7(at));
  columns.key.push(key ?? null);
  columns.household.push(household);
  columns.kind.push(kind);
  columns.channel.push(storable(channel));
  columns.name.push(name === null ? null : storable(name));
  columns.evidence.push(evidence);
  columns.campaign.push(booking?.campaign ?? null);
  columns.placement.push(booking?.placement ?? null);
  columns.show.push(booking?.show ?? null);
  columns.episode.push(booking?.episode ?? null);
}

/** An order or a refund before it is a row. */
export interface OrderRow {
  readonly at: number;
  readonly key: string | undefined;
  readonly kind: 'order' | 'refund';
  readonly orderId: string;
  readonly household: string;
  readonly valueMicros: bigint | null;
  readonly currency: string | null;
  readonly code: string | null;
  readonly evidence: Evidence | null;
  readonly booking: Booking | undefined;
  readonly newCustomer: boolean | null;
}
/** Appends an order or a refund. */
export function addOrder(columns: OrderColumns, row: OrderRow): void {
  const id = uuidv7(row.at);
  columns.id.push(id);
  columns.key.push(row.key ?? id);
  columns.kind.push(row.kind);
  columns.order_id.push(row.orderId);
  columns.household.push(row.household);
  columns.value_micros.push(row.valueMicros);
  columns.currency.push(row.currency);
  columns.code.push(row.code === null ? null : storable(row.code));
  columns.evidence.push(row.evidence);
  columns.campaign.push(row.booking?.campaign ?? null);
  columns.placement.push(row.booking?.placement ?? null);
  columns.new_customer.push(row.newCustomer);
}

/** PostgreSQL keeps no zero byte; a hit is not lost for one. */
const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '') : text);
