import { asAdmin } from './database.ts';
import type { Batch } from './load.ts';

/** What the tables of a tracking tenant hold, read past every policy. */
export interface Landed {
  readonly touchpoints: number;
  readonly keys: number;
  readonly orders: number;
  readonly orderKeys: number;
  /** Sums over the events that told of them. */
  readonly toldTouchpoints: number;
  readonly toldOrders: number;
}

const COUNTS = `select
  (select count(*)::int from p_podlift_tracking.touchpoint where $1::uuid is null or tenant_id = $1) as touchpoints,
  (select count(*)::int from p_podlift_tracking.touchpoint_key where $1::uuid is null or tenant_id = $1) as keys,
  (select count(*)::int from p_podlift_tracking.orders where $1::uuid is null or tenant_id = $1) as orders,
  (select count(*)::int from p_podlift_tracking.order_key where $1::uuid is null or tenant_id = $1) as "orderKeys",
  (select coalesce(sum((payload ->> 'touchpoints')::int), 0)::int from core.event where type like 'tracking.touchpoints-landed@%' and ($1::uuid is null or tenant_id = $1)) as "toldTouchpoints",
  (select coalesce(sum((payload ->> 'orders')::int), 0)::int from core.event where type like 'tracking.touchpoints-landed@%' and ($1::uuid is null or tenant_id = $1)) as "toldOrders"`;
const KNOWN_KEYS = `select key::text from p_podlift_tracking.touchpoint_key where key = any($1::uuid[])`;
const KNOWN_ORDERS = `select once from p_podlift_tracking.order_key where once = any($1)`;

/** Of one tenant, or of all. */
export const countLanded = (url: string, tenant?: string): Promise<Landed> =>
  asAdmin(url, async (client) => {
    const { rows } = await client.query<Landed>(COUNTS, [tenant ?? null]);
    if (!rows[0]) throw new Error('no counts');
    return rows[0];
  });

/** Message ids and orders of these batches that are not in the database. */
export const findMissing = (url: string, batches: readonly Batch[]): Promise<string[]> =>
  asAdmin(url, async (client) => {
    const messages = batches.flatMap((batch) => batch.messages);
    const orders = batches.map(({ order }) => order);
    const keys = await client.query<{ key: string }>(KNOWN_KEYS, [messages]);
    const known = await client.query<{ once: string }>(KNOWN_ORDERS, [orders]);
    const there = new Set([...keys.rows.map(({ key }) => key), ...known.rows.map(({ once }) => once)]);
    return [...messages, ...orders].filter((id) => !there.has(id));
  });
