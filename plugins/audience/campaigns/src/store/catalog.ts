/** @module How `campaigns.catalog@1` is done. */
import type { Implementation } from '@podlift/sdk';
import { z } from 'zod';
import { CAMPAIGN_STATUSES, DELIVERIES, GOALS, SLOTS, type catalog, type Snapshot } from '../contract.ts';
import { CampaignEntity, PlacementEntity, SponsorEntity } from '../entities.ts';
import type { Ctx } from '../manifest.ts';
import { readCursor, toPage } from '../rest/lists.ts';
import { createCampaigns, createCodes, createLinks, createPlacements, createSponsors } from './create.ts';
import { readRevision } from './revision.ts';

const Status = z.enum(CAMPAIGN_STATUSES);
const Goal = z.enum(GOALS);
const Slot = z.enum(SLOTS);
const Delivery = z.enum(DELIVERIES);

const CAMPAIGN_KEYS = 'select id, name_key as key from campaign where tenant_id = $1';
const PLACEMENTS = `
  select id, campaign_id as "campaignId", show_id as "showId", episode_id as "episodeId" from placement where tenant_id = $1`;
const CODES = `
  select code_key as key, campaign_id as "campaignId", placement_id as "placementId", valid_from as "validFrom", valid_until as "validUntil"
  from code where tenant_id = $1 and archived_at is null`;
const LINKS = `
  select id, slug, target, campaign_id as "campaignId", placement_id as "placementId", utm, lower(utm->>'campaign') as "utmCampaign", vanity
  from link where tenant_id = $1 and archived_at is null`;

const BY_CODE = `
  select c.campaign_id as "campaignId", c.placement_id as "placementId", p.show_id as "showId", p.episode_id as "episodeId", null as target
  from code c left join placement p on p.tenant_id = c.tenant_id and p.id = c.placement_id
  where c.tenant_id = $1 and c.live_key = $2 and (c.valid_from is null or c.valid_from <= $3) and (c.valid_until is null or c.valid_until > $3)`;
const BY_SLUG = `
  select l.campaign_id as "campaignId", l.placement_id as "placementId", p.show_id as "showId", p.episode_id as "episodeId", l.target
  from link l left join placement p on p.tenant_id = l.tenant_id and p.id = l.placement_id
  where l.tenant_id = $1 and l.live_slug = $2`;

interface Resolved {
  readonly campaignId: string | null;
  readonly placementId: string | null;
  readonly showId: string | null;
  readonly episodeId: string | null;
  readonly target: string | null;
}
const NOTHING: Resolved = { campaignId: null, placementId: null, showId: null, episodeId: null, target: null };

const after = (cursor: string | undefined) => (cursor === undefined ? {} : { id: { $lt: readCursor(cursor) } });

export const catalogImplementation: Implementation<(typeof catalog)['methods'], Ctx> = {
  createSponsors: async ({ items }, ctx) => ({ ids: await createSponsors(ctx, items) }),
  createCampaigns: async ({ items }, ctx) => ({ ids: await createCampaigns(ctx, items) }),
  createPlacements: async ({ items }, ctx) => ({ ids: await createPlacements(ctx, items) }),
  createCodes: async ({ items }, ctx) => ({ ids: await createCodes(ctx, items) }),
  createLinks: async ({ items }, ctx) => ({ ids: await createLinks(ctx, items) }),

  async campaigns({ ids, cursor, limit }, ctx) {
    const em = await ctx.db.em();
    const where = { ...after(cursor), ...(ids && { id: { $in: [...ids], ...after(cursor).id } }) };
    const rows = await em.find(CampaignEntity, where, { orderBy: { id: 'desc' }, limit: limit + 1 });
    const sponsors = await em.find(SponsorEntity, {
      id: { $in: [...new Set(rows.map(({ sponsorId }) => sponsorId))] },
    });
    const names = new Map(sponsors.map(({ id, name }) => [id, name]));
    return toPage(rows, limit, (row) => ({
      id: row.id,
      sponsorId: row.sponsorId,
      sponsor: names.get(row.sponsorId) ?? '',
      name: row.name,
      status: Status.parse(row.status),
      goal: Goal.parse(row.goal),
      currency: row.currency,
      budgetMicros: row.budgetMicros,
      startsAt: row.startsAt ?? null,
      endsAt: row.endsAt ?? null,
    }));
  },

  async placements({ campaignId, cursor, limit }, ctx) {
    const em = await ctx.db.em();
    const where = { ...after(cursor), ...(campaignId !== undefined && { campaignId }) };
    const rows = await em.find(PlacementEntity, where, { orderBy: { id: 'desc' }, limit: limit + 1 });
    return toPage(rows, limit, (row) => ({
      id: row.id,
      campaignId: row.campaignId,
      showId: row.showId,
      episodeId: row.episodeId ?? null,
      slot: Slot.parse(row.slot),
      delivery: Delivery.parse(row.delivery),
      costMicros: row.costMicros,
    }));
  },

  async snapshot({ known }, ctx) {
    // The version first: a change between the two reads shows up as a newer version the next time.
    const version = await readRevision(ctx);
    if (known === version) return { version, unchanged: true, campaigns: [], placements: [], codes: [], links: [] };
    const { db } = ctx;
    return {
      version,
      unchanged: false,
      campaigns: await db.query<Snapshot['campaigns'][number]>(CAMPAIGN_KEYS, [db.tenant]),
      placements: await db.query<Snapshot['placements'][number]>(PLACEMENTS, [db.tenant]),
      codes: await db.query<Snapshot['codes'][number]>(CODES, [db.tenant]),
      links: await db.query<Snapshot['links'][number]>(LINKS, [db.tenant]),
    };
  },

  async resolve({ code, slug, at }, ctx) {
    const { db } = ctx;
    const [bySlug] = slug === undefined ? [] : await db.query<Resolved>(BY_SLUG, [db.tenant, slug]);
    if (bySlug) return bySlug;
    const [byCode] =
      code === undefined
        ? []
        : await db.query<Resolved>(BY_CODE, [db.tenant, code.trim().toLowerCase(), at ?? ctx.now()]);
    return byCode ?? NOTHING;
  },
};
