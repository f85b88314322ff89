/** @module What other plugins may use of `podlift.tracking`: touchpoints and orders as views, a way to land them in bulk, and the news that they landed. */
import { event, f64, i64, method, publishedView, service, u8 } from '@podlift/sdk';
import { z } from 'zod';

/**
 * How a touchpoint came about.
 * `impression` and `download` happen in the player; `click`, `visit` and `page` on the way to the shop and in it; `event` is any other tracked event.
 */
export const TOUCH_KINDS = ['impression', 'download', 'click', 'visit', 'page', 'event'] as const;
export type TouchKind = (typeof TOUCH_KINDS)[number];

/**
 * Touchpoints, one row each. `id` is a UUIDv7 that carries `at`: filter by `tenant_id` and a range of `id` (or of `at`, which is not pruned).
 * `household` is the keyed hash that stands for a person or household; `channel` is 'podcast' for a touch of a campaign, else source/medium.
 */
export const touchpointsView = publishedView('tracking.touchpoints@1', {
  tenant_id: 'uuid',
  id: 'uuid',
  at: 'timestamptz',
  household: 'uuid',
  kind: 'text',
  channel: 'text',
  campaign_id: 'uuid',
  placement_id: 'uuid',
  show_id: 'uuid',
  episode_id: 'uuid',
});

/**
 * Orders, one row each, with what was paid back so far. `status` is 'confirmed', 'partially_refunded' or 'refunded'.
 * `code` is the promo code in lower case; the campaign and placement are those of the code (or of ids given with the order).
 */
export const ordersView = publishedView('tracking.orders@1', {
  tenant_id: 'uuid',
  id: 'uuid',
  order_id: 'text',
  at: 'timestamptz',
  household: 'uuid',
  value_micros: 'bigint',
  refunded_micros: 'bigint',
  currency: 'text',
  code: 'text',
  campaign_id: 'uuid',
  placement_id: 'uuid',
  new_customer: 'boolean',
  status: 'text',
});

const Ids = z.array(z.uuid());
const MaybeIds = z.array(z.uuid().nullable());

/** What became of a bulk call. `rejected` names rows by their index; nothing is half-landed. */
export const Landed = z.object({
  accepted: z.int(),
  duplicates: z.int(),
  rejected: z.array(z.object({ index: z.int(), code: z.string(), message: z.string() })),
});
export type Landed = z.output<typeof Landed>;

/** The most rows of one bulk call. */
export const MAX_ROWS = 20_000;

/**
 * Lands touchpoints and orders in columns, thousands a call; all columns of a call have the same length.
 * `messageIds` make a call repeatable; without them every row is new. Times are milliseconds since 1970.
 * `placementIds` are enough: campaign, show and episode follow from the catalogue when they are left out.
 */
export const intake = service('tracking.intake@1', {
  touchpoints: method(
    z.object({
      at: f64(),
      households: Ids.max(MAX_ROWS),
      kinds: z.array(z.enum(TOUCH_KINDS)).max(MAX_ROWS),
      channels: z.array(z.string().min(1).max(100)).max(MAX_ROWS).optional(),
      placementIds: MaybeIds.max(MAX_ROWS).optional(),
      campaignIds: MaybeIds.max(MAX_ROWS).optional(),
      showIds: MaybeIds.max(MAX_ROWS).optional(),
      episodeIds: MaybeIds.max(MAX_ROWS).optional(),
      messageIds: z.array(z.string().min(1).max(255)).max(MAX_ROWS).optional(),
    }),
    Landed,
    { timeoutMs: 60_000 },
  ),
  orders: method(
    z.object({
      orderIds: z.array(z.string().min(1).max(255)).max(MAX_ROWS),
      at: f64(),
      households: Ids.max(MAX_ROWS),
      valuesMicros: i64(),
      currencies: z.array(z.string().regex(/^[A-Z]{3}$/)).max(MAX_ROWS),
      codes: z.array(z.string().max(64).nullable()).max(MAX_ROWS).optional(),
      /** 0 returning, 1 new, 2 unknown. */
      newCustomers: u8().optional(),
      placementIds: MaybeIds.max(MAX_ROWS).optional(),
    }),
    Landed,
    { timeoutMs: 60_000 },
  ),
  /** The household keys of identities: the same value has the same key in this tenant and another in every other tenant. */
  keys: method(
    z.object({ kind: z.enum(['user', 'anonymous', 'ip']), values: z.array(z.string().min(1).max(255)).max(MAX_ROWS) }),
    z.object({ households: Ids }),
  ),
});

/** A batch landed. `from` and `to` are the first and last event time in it (late data makes `from` old). */
export const landed = event(
  'tracking.touchpoints-landed@1',
  z.object({
    touchpoints: z.int().nonnegative(),
    orders: z.int().nonnegative(),
    refunds: z.int().nonnegative(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
  }),
);

/** Identities became one household: what an anonymous visitor did is joined to the person who signed in. */
export const linked = event('tracking.identities-linked@1', z.object({ links: z.int().positive() }));
