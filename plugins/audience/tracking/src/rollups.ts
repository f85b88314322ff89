/** @module What screens read instead of events: touchpoints and orders by quarter of an hour and by day. */
import { viewName } from '@podlift/sdk';
import { count, rollup, sum, type Span } from '@podlift/sdk/sql';
import type { z } from 'zod';
import { ordersView, type landed } from './contract.ts';
import type { Ctx } from './manifest.ts';

/** Touchpoints by what they were and what they were of. */
export const touchpointCounts = rollup({
  name: 'touchpoint_count',
  from: 'touchpoint',
  time: { id: 'id' },
  dimensions: {
    kind: 'text',
    channel: 'text',
    campaign_id: 'uuid',
    placement_id: 'uuid',
    show_id: 'uuid',
    episode_id: 'uuid',
  },
  measures: { touchpoints: count() },
});

/** Orders by currency and campaign, with what was paid back so far, at the time of the order. */
export const orderCounts = rollup({
  name: 'order_count',
  from: viewName(ordersView),
  time: { id: 'id' },
  dimensions: { currency: 'text', campaign_id: 'uuid', placement_id: 'uuid' },
  measures: {
    orders: count(),
    new_customers: count('new_customer'),
    value_micros: sum('value_micros'),
    refunded_micros: sum('refunded_micros'),
  },
});

/** Orders whose refunds landed between two ids. */
const REFUNDED = `
  select uuid_extract_timestamp(o.id) as at from refund r join orders o on o.tenant_id = r.tenant_id and o.order_id = r.order_id
  where r.tenant_id = $1 and o.tenant_id = $1 and uuid_extract_timestamp(r.id) between $2 and $3`;

/** Marks what events of landed batches touched; a refund touches the hour of its order. */
export async function markLanded(ctx: Ctx, batches: readonly z.output<typeof landed.schema>[]): Promise<void> {
  const { db } = ctx;
  const spans = (of: 'touchpoints' | 'orders' | 'refunds'): Span[] =>
    batches.filter((batch) => batch[of] > 0).map(({ from, to }) => ({ from: new Date(from), to: new Date(to) }));
  await touchpointCounts.mark(db, spans('touchpoints'));
  await orderCounts.mark(db, spans('orders'));
  for (const { from, to } of spans('refunds')) {
    const orders = await db.query<{ at: Date }>(REFUNDED, [db.tenant, from, to]);
    await orderCounts.mark(
      db,
      orders.map(({ at }) => ({ from: at, to: at })),
    );
  }
}

/** Computes what is marked anew; says whether something is left. */
export async function refreshRollups(ctx: Ctx, hours: number): Promise<boolean> {
  const touchpoints = await touchpointCounts.refresh(ctx.db, { hours });
  const orders = await orderCounts.refresh(ctx.db, { hours });
  return touchpoints.hours + orders.hours > 0;
}
