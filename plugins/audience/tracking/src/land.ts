/** @module Lands rows: touchpoints, orders and what ties identities together, each in a flight with those of other requests. */
import type { LinkColumns, OrderColumns, TouchColumns } from './columns.ts';
import { linkIngestion, orderIngestion, touchpointIngestion } from './ingestions.ts';
import type { Ctx } from './manifest.ts';

/** How many rows were new, and how many had landed before. */
export interface LandedCounts {
  readonly accepted: number;
  readonly duplicates: number;
}

/**
 * Resolves after the commit. Each table has its own flight; when one fails, the sender sends all again, and what had landed is a duplicate then.
 * Hot path: bench/ingest.bench.ts.
 */
export async function land(
  ctx: Ctx,
  touches: TouchColumns,
  orders: OrderColumns,
  links: LinkColumns,
): Promise<LandedCounts> {
  const flights: Promise<readonly boolean[]>[] = [];
  if (touches.id.length > 0) flights.push(ctx.ingest(touchpointIngestion, touches));
  if (orders.id.length > 0) flights.push(ctx.ingest(orderIngestion, orders));
  const rows = touches.id.length + orders.id.length;
  if (links.alias.length > 0) flights.push(ctx.ingest(linkIngestion, links));
  if (flights.length > 1) await allEnded(flights);
  let accepted = 0;
  let seen = 0;
  for (const flight of flights) for (const isNew of await flight) if (seen++ < rows && isNew) accepted++;
  return { accepted, duplicates: rows - accepted };
}

/** Nothing goes on behind the back of a call that has ended: the first failure is told when all have come to an end. */
async function allEnded(flights: readonly Promise<unknown>[]): Promise<void> {
  for (const one of await Promise.allSettled(flights)) if (one.status === 'rejected') throw one.reason;
}
