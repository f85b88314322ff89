/** @module What other plugins may use of `podlift.campaigns`: the catalogue of what was booked, and how codes and links name it. */
import { event, method, publishedView, service } from '@podlift/sdk';
import { z } from 'zod';

export { toDecimal } from './money.ts';

export const CAMPAIGN_STATUSES = ['draft', 'active', 'paused', 'ended'] as const;
export const GOALS = ['visit', 'lead', 'purchase', 'install'] as const;
export const SLOTS = ['pre', 'mid', 'post'] as const;
export const DELIVERIES = ['baked_in', 'dai', 'live', 'simulcast'] as const;
export const READS = ['host', 'producer', 'announcer', 'produced'] as const;

/** ISO 4217, upper case. */
export const Currency = z.string().regex(/^[A-Z]{3}$/, 'a currency is three capital letters, e.g. USD');
/** Money in millionths of the currency's unit. */
export const Micros = z.bigint().min(0n).max(9_000_000_000_000_000_000n);

const Id = z.uuid();
const Name = z.string().trim().min(1).max(200);
/** What a customer says aloud: letters, digits, dash, underscore, dot; compared without case. */
export const Code = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$/u, 'a code is 1-64 letters, digits, dashes, dots or underscores');
/** The last part of a tracking link's address. */
export const Slug = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a slug is 1-64 letters, digits, dashes or underscores');

export const NewSponsor = z.object({ name: Name, domain: z.string().trim().max(253).optional() });
export const NewCampaign = z.object({
  sponsorId: Id,
  name: Name,
  status: z.enum(CAMPAIGN_STATUSES).default('active'),
  goal: z.enum(GOALS).default('purchase'),
  currency: Currency.default('USD'),
  budgetMicros: Micros.default(0n),
  startsAt: z.date().optional(),
  endsAt: z.date().optional(),
});
export const NewPlacement = z.object({
  campaignId: Id,
  showId: Id,
  episodeId: Id.optional(),
  name: Name.optional(),
  slot: z.enum(SLOTS).default('mid'),
  delivery: z.enum(DELIVERIES).default('baked_in'),
  read: z.enum(READS).default('host'),
  costMicros: Micros.default(0n),
  impressionsExpected: z.int().nonnegative().optional(),
  airsAt: z.date().optional(),
  liveUntil: z.date().optional(),
});
export const NewCode = z.object({
  code: Code,
  campaignId: Id,
  placementId: Id.optional(),
  /** Several placements may say the same code; then the code names the campaign only. */
  shared: z.boolean().default(false),
  validFrom: z.date().optional(),
  validUntil: z.date().optional(),
});
/** An address that is spoken: host and path, as in brand.com/tim. Kept without scheme, `www.` and closing slash, in lower case. */
export const Vanity = z
  .string()
  .trim()
  .max(300)
  .transform((text) =>
    text
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/^www\./, '')
      .replace(/(?<!\/)\/+$/, ''),
  )
  .pipe(
    z
      .string()
      .regex(
        /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+(?:\/[^\s?#]*)?$/u,
        'a vanity address is a host and a path, as in brand.com/tim',
      ),
  );

/** Visitors are sent to web pages only. */
export const Target = z.url({ protocol: /^https?$/, error: 'a target is an http or https address' }).max(2048);
export const NewLink = z.object({
  slug: Slug,
  target: Target,
  campaignId: Id,
  placementId: Id.optional(),
  utm: z.partialRecord(z.enum(['source', 'medium', 'campaign', 'term', 'content']), z.string().max(200)).optional(),
  vanityUrl: Vanity.optional(),
});

const created = z.object({ ids: z.array(Id) });
const many = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item).min(1).max(500) });

/** A placement with everything a touchpoint or an order should carry. */
export const CatalogPlacement = z.object({ id: Id, campaignId: Id, showId: Id, episodeId: Id.nullable() });
/** `key` is the code in lower case. */
export const CatalogCode = z.object({
  key: z.string(),
  campaignId: Id,
  placementId: Id.nullable(),
  validFrom: z.date().nullable(),
  validUntil: z.date().nullable(),
});
/** `utmCampaign` is the lower-cased utm_campaign that the link's visitors carry, if it has one. */
export const CatalogLink = z.object({
  id: Id,
  slug: z.string(),
  target: z.string(),
  campaignId: Id,
  placementId: Id.nullable(),
  utmCampaign: z.string().nullable(),
  /** Parameters that the link adds to its target. */
  utm: z.record(z.string(), z.string()),
  /** A speakable address that leads here: host and path in lower case, as in `brand.example/tim`. */
  vanity: z.string().nullable(),
});
/** A campaign with what a report needs beside its id. */
export const CatalogCampaign = z.object({
  id: Id,
  sponsorId: Id,
  sponsor: z.string(),
  name: z.string(),
  status: z.enum(CAMPAIGN_STATUSES),
  goal: z.enum(GOALS),
  currency: z.string(),
  budgetMicros: z.bigint(),
  startsAt: z.date().nullable(),
  endsAt: z.date().nullable(),
});
export const Snapshot = z.object({
  /** Changes whenever anything in the catalogue does. */
  version: z.string(),
  /** True: nothing changed since `known`, and the lists are empty. */
  unchanged: z.boolean(),
  campaigns: z.array(z.object({ id: Id, key: z.string() })),
  placements: z.array(CatalogPlacement),
  codes: z.array(CatalogCode),
  links: z.array(CatalogLink),
});
export type Snapshot = z.output<typeof Snapshot>;

/** The catalogue: bulk creation for imports and simulations, lists for reports, a snapshot for whoever resolves many codes and links. */
export const catalog = service('campaigns.catalog@1', {
  createSponsors: method(many(NewSponsor), created),
  createCampaigns: method(many(NewCampaign), created),
  createPlacements: method(many(NewPlacement), created),
  createCodes: method(many(NewCode), created),
  createLinks: method(many(NewLink), created),
  campaigns: method(
    z.object({
      ids: z.array(Id).max(500).optional(),
      cursor: z.string().optional(),
      limit: z.int().min(1).max(500).default(500),
    }),
    z.object({ items: z.array(CatalogCampaign), next: z.string().nullable() }),
  ),
  placements: method(
    z.object({ campaignId: Id.optional(), cursor: z.string().optional(), limit: z.int().min(1).max(500).default(500) }),
    z.object({
      items: z.array(
        CatalogPlacement.extend({ slot: z.enum(SLOTS), delivery: z.enum(DELIVERIES), costMicros: z.bigint() }),
      ),
      next: z.string().nullable(),
    }),
  ),
  snapshot: method(z.object({ known: z.string().optional() }), Snapshot),
  resolve: method(
    z.object({ code: z.string().optional(), slug: z.string().optional(), at: z.date().optional() }),
    z.object({
      campaignId: Id.nullable(),
      placementId: Id.nullable(),
      showId: Id.nullable(),
      episodeId: Id.nullable(),
      target: z.string().nullable(),
    }),
  ),
});

/** Something of the catalogue changed. Read the catalogue again; the event says what, not how. */
export const changed = event(
  'campaigns.changed@1',
  z.object({
    kind: z.enum(['sponsor', 'campaign', 'placement', 'code', 'link']),
    change: z.enum(['created', 'updated', 'archived', 'deleted']),
    ids: z.array(Id),
  }),
);

/** Campaigns with their sponsor, for joins in SQL. */
export const campaignsView = publishedView('campaigns.campaigns@1', {
  tenant_id: 'uuid',
  id: 'uuid',
  sponsor_id: 'uuid',
  sponsor: 'text',
  name: 'text',
  status: 'text',
  goal: 'text',
  currency: 'text',
  budget_micros: 'bigint',
  starts_at: 'timestamptz',
  ends_at: 'timestamptz',
});
/** Placements, for joins in SQL. */
export const placementsView = publishedView('campaigns.placements@1', {
  tenant_id: 'uuid',
  id: 'uuid',
  campaign_id: 'uuid',
  show_id: 'uuid',
  episode_id: 'uuid',
  slot: 'text',
  delivery: 'text',
  read: 'text',
  cost_micros: 'bigint',
  airs_at: 'timestamptz',
});
