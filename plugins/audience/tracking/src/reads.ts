/** @module What landed, as people and other programs read it. */
import { json, route, z, type App } from '@podlift/sdk/http';
import { lowestUuidv7, viewName } from '@podlift/sdk';
import { ordersView, TOUCH_KINDS } from './contract.ts';
import type { Ctx } from './manifest.ts';
import { toDecimal } from './money.ts';
import { createWhere, PageQuery, readCursor, toPage } from './page.ts';

const Id = z.uuid();
const MaybeId = Id.nullable();
const Touchpoint = z
  .object({
    id: Id,
    at: z.iso.datetime(),
    household: Id.openapi({
      description: 'A keyed hash: the same person or household always has the same one in this tenant.',
    }),
    kind: z.enum(TOUCH_KINDS),
    channel: z.string(),
    name: z.string().nullable(),
    evidence: z
      .string()
      .nullable()
      .openapi({ description: 'What tied it to the campaign: id, link, vanity, utm or code.' }),
    campaignId: MaybeId,
    placementId: MaybeId,
    showId: MaybeId,
    episodeId: MaybeId,
  })
  .openapi('Touchpoint');
const Money = z
  .object({ amount: z.string(), currency: z.string() })
  .openapi('Money', { example: { amount: '59.90', currency: 'USD' } });
const Order = z
  .object({
    id: Id,
    orderId: z.string(),
    at: z.iso.datetime(),
    household: Id,
    value: Money,
    refunded: Money,
    status: z.enum(['confirmed', 'partially_refunded', 'refunded']),
    code: z.string().nullable(),
    campaignId: MaybeId,
    placementId: MaybeId,
    newCustomer: z.boolean().nullable(),
  })
  .openapi('Order');
const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

const Filter = { campaignId: Id.optional(), placementId: Id.optional(), household: Id.optional() };
const READ = 'tracking:read';

const listTouchpoints = route({
  method: 'get',
  path: '/api/v1/touchpoints',
  'x-permission': READ,
  summary: 'List touchpoints, newest first',
  request: { query: PageQuery.extend({ kind: z.enum(TOUCH_KINDS).optional(), ...Filter }) },
  responses: { 200: json(pageOf(Touchpoint), 'A page of touchpoints') },
});
const listOrders = route({
  method: 'get',
  path: '/api/v1/orders',
  'x-permission': READ,
  summary: 'List orders, newest first',
  request: {
    query: PageQuery.extend({
      orderId: z.string().max(255).optional(),
      code: z.string().max(64).optional(),
      ...Filter,
    }),
  },
  responses: { 200: json(pageOf(Order), 'A page of orders') },
});

interface TouchpointRow {
  readonly id: string;
  readonly at: Date;
  readonly household: string;
  readonly kind: (typeof TOUCH_KINDS)[number];
  readonly channel: string;
  readonly name: string | null;
  readonly evidence: string | null;
  readonly campaign_id: string | null;
  readonly placement_id: string | null;
  readonly show_id: string | null;
  readonly episode_id: string | null;
}
interface OrderRow {
  readonly id: string;
  readonly order_id: string;
  readonly at: Date;
  readonly household: string;
  readonly value_micros: string;
  readonly refunded_micros: string;
  readonly currency: string;
  readonly status: 'confirmed' | 'partially_refunded' | 'refunded';
  readonly code: string | null;
  readonly campaign_id: string | null;
  readonly placement_id: string | null;
  readonly new_customer: boolean | null;
}

/** Registers the lists. */
export function addReads(app: App<Ctx>): void {
  app.openapi(listTouchpoints, async (c) => {
    const { db } = c.var.ctx;
    const { kind, limit, ...query } = c.req.valid('query');
    const where = filtered(db.tenant, query);
    where.add('kind = ?', kind);
    const rows = await db.query<TouchpointRow>(
      `select id, uuid_extract_timestamp(id) as at, household, kind, channel, name, evidence, campaign_id, placement_id, show_id, episode_id
       from touchpoint where ${where.text()} order by id desc limit ${limit + 1}`,
      where.values,
    );
    const { items, next } = toPage(rows, limit);
    return c.json({ items: items.map(toTouchpoint), next }, 200);
  });
  app.openapi(listOrders, async (c) => {
    const { db } = c.var.ctx;
    const { orderId, code, limit, ...query } = c.req.valid('query');
    const where = filtered(db.tenant, query);
    where.add('order_id = ?', orderId);
    where.add('code = ?', code?.toLowerCase());
    const rows = await db.query<OrderRow>(
      `select * from ${viewName(ordersView)} where ${where.text()} order by id desc limit ${limit + 1}`,
      where.values,
    );
    const { items, next } = toPage(rows, limit);
    return c.json({ items: items.map(toOrder), next }, 200);
  });
}

function filtered(
  tenant: string,
  query: { from?: string; to?: string; cursor?: string; campaignId?: string; placementId?: string; household?: string },
): ReturnType<typeof createWhere> {
  const where = createWhere(tenant);
  where.add('id >= ?', query.from && lowestUuidv7(Date.parse(query.from)));
  where.add('id < ?', query.to && lowestUuidv7(Date.parse(query.to)));
  where.add('id < ?', readCursor(query.cursor));
  where.add('campaign_id = ?', query.campaignId);
  where.add('placement_id = ?', query.placementId);
  where.add('household = ?', query.household);
  return where;
}

const toTouchpoint = (row: TouchpointRow): z.output<typeof Touchpoint> => ({
  id: row.id,
  at: row.at.toISOString(),
  household: row.household,
  kind: row.kind,
  channel: row.channel,
  name: row.name,
  evidence: row.evidence,
  campaignId: row.campaign_id,
  placementId: row.placement_id,
  showId: row.show_id,
  episodeId: row.episode_id,
});

const toOrder = (row: OrderRow): z.output<typeof Order> => ({
  id: row.id,
  orderId: row.order_id,
  at: row.at.toISOString(),
  household: row.household,
  value: { amount: toDecimal(BigInt(row.value_micros)), currency: row.currency },
  refunded: { amount: toDecimal(BigInt(row.refunded_micros)), currency: row.currency },
  status: row.status,
  code: row.code,
  campaignId: row.campaign_id,
  placementId: row.placement_id,
  newCustomer: row.new_customer,
});
