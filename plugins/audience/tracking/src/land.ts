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
  const linked = links.alias.length > 0 ? ctx.ingest(linkIngestion, links) : undefined;
  // All of them end before the call does.
  const ended = await Promise.allSettled([...flights, ...(linked ? [linked] : [])]);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  let accepted = 0;
  let rows = 0;
  for (const flight of flights) {
    const news = await flight;
    rows += news.length;
    for (const isNew of news) if (isNew) accepted++;
  }
  return { accepted, duplicates: rows - accepted };
}
