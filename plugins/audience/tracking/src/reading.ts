import type { CatalogIndex } from './catalog-index.ts';
import type { LinkColumns, OrderColumns, TouchColumns } from './columns.ts';
import type { Fields } from './fields.ts';
import type { HouseholdKeys } from './keys.ts';
import type { KnownLinks } from './known-links.ts';

/** Why an item was not taken. */
export interface ItemError {
  /** Its place in the batch, from 0. */
  readonly index: number;
  readonly messageId?: string;
  readonly code: `tracking.${string}`;
  readonly message: string;
  /** The wrong field, as in `properties.revenue`. */
  readonly path?: string;
}

/** What all items of a request share. */
export interface Reading {
  readonly now: number;
  readonly ageMs: number;
  readonly keys: HouseholdKeys;
  readonly catalog: CatalogIndex;
  readonly links: KnownLinks;
  /** Which identity is the household: the person (user, then anonymous), or the network first. */
  readonly householdBy: 'person' | 'network';
  readonly currency: string;
  /** The type that the route stands for; batches leave it to the items. */
  readonly type?: string;
  readonly sentAt?: number;
  readonly context?: Fields;
}

/** Rows and errors of a request, in the order of its items. */
export interface Intake {
  readonly touches: TouchColumns;
  readonly orders: OrderColumns;
  readonly links: LinkColumns;
  readonly errors: ItemError[];
  /** Calls that are understood and say nothing about advertising (`group`). */
  ignored: number;
}
