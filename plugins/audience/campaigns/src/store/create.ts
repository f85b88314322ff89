/** @module Creates sponsors, campaigns, placements, codes and links, many in one statement. */
import { uuidv7 } from '@podlift/sdk';
import type { z } from 'zod';
import type { changed, NewCampaign, NewCode, NewLink, NewPlacement, NewSponsor } from '../contract.ts';
import { CampaignEntity, CodeEntity, LinkEntity, PlacementEntity, SponsorEntity } from '../entities.ts';
import { CampaignErrors, refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { announce } from './revision.ts';

type Kind = z.output<(typeof changed)['schema']>['kind'];
/** Names are compared without case and surrounding space. */
export const nameKey = (name: string): string => name.trim().toLowerCase();

/** What every new row has. */
const lifeOf = (ctx: Ctx) => {
  const now = ctx.now();
  return { id: uuidv7(), tenantId: ctx.db.tenant, version: 1, createdAt: now, updatedAt: now, archivedAt: null };
};

export function createSponsors(ctx: Ctx, items: readonly z.output<typeof NewSponsor>[]): Promise<string[]> {
  const rows = items.map(({ name, domain }) => ({
    ...lifeOf(ctx),
    name,
    nameKey: nameKey(name),
    domain: domain?.toLowerCase() ?? null,
  }));
  return insert(ctx, 'sponsor', rows, async () => (await ctx.db.em()).insertMany(SponsorEntity, rows));
}

export function createCampaigns(ctx: Ctx, items: readonly z.output<typeof NewCampaign>[]): Promise<string[]> {
  const rows = items.map((item) => ({
    ...lifeOf(ctx),
    sponsorId: item.sponsorId,
    name: item.name,
    nameKey: nameKey(item.name),
    status: item.status,
    goal: item.goal,
    currency: item.currency,
    budgetMicros: item.budgetMicros,
    startsAt: item.startsAt ?? null,
    endsAt: item.endsAt ?? null,
  }));
  return insert(ctx, 'campaign', rows, async () => (await ctx.db.em()).insertMany(CampaignEntity, rows));
}

export async function createPlacements(ctx: Ctx, items: readonly z.output<typeof NewPlacement>[]): Promise<string[]> {
  await checkShows(
    ctx,
    items.map(({ showId }) => showId),
  );
  const rows = items.map((item) => ({
    ...lifeOf(ctx),
    campaignId: item.campaignId,
    showId: item.showId,
    episodeId: item.episodeId ?? null,
    name: item.name ?? null,
    slot: item.slot,
    delivery: item.delivery,
    read: item.read,
    costMicros: item.costMicros,
    impressionsExpected: item.impressionsExpected ?? null,
    airsAt: item.airsAt ?? null,
    liveUntil: item.liveUntil ?? null,
  }));
  return insert(ctx, 'placement', rows, async () => (await ctx.db.em()).insertMany(PlacementEntity, rows));
}

export function createCodes(ctx: Ctx, items: readonly z.output<typeof NewCode>[]): Promise<string[]> {
  const rows = items.map((item) => ({
    ...lifeOf(ctx),
    code: item.code,
    codeKey: item.code.toLowerCase(),
    liveKey: item.code.toLowerCase(),
    campaignId: item.campaignId,
    placementId: item.placementId ?? null,
    shared: item.shared,
    validFrom: item.validFrom ?? null,
    validUntil: item.validUntil ?? null,
  }));
  return insert(ctx, 'code', rows, async () => (await ctx.db.em()).insertMany(CodeEntity, rows));
}

export function createLinks(ctx: Ctx, items: readonly z.output<typeof NewLink>[]): Promise<string[]> {
  const rows = items.map((item) => ({
    ...lifeOf(ctx),
    slug: item.slug,
    liveSlug: item.slug,
    target: item.target,
    campaignId: item.campaignId,
    placementId: item.placementId ?? null,
    // MikroORM writes into what it is given, and what crosses a boundary is frozen in development.
    utm: { ...item.utm },
    vanity: item.vanityUrl ?? null,
    liveVanity: item.vanityUrl ?? null,
  }));
  return insert(ctx, 'link', rows, async () => (await ctx.db.em()).insertMany(LinkEntity, rows));
}

async function insert(
  ctx: Ctx,
  kind: Kind,
  rows: readonly { readonly id: string }[],
  write: () => Promise<unknown>,
): Promise<string[]> {
  await refusing(write);
  const ids = rows.map(({ id }) => id);
  await announce(ctx, { kind, change: 'created', ids });
  return ids;
}

/** Asks the shows' own plugin; before the first write, because no other plugin is asked from inside a transaction that has written. */
export async function checkShows(ctx: Ctx, given: readonly string[]): Promise<void> {
  const ids = [...new Set(given)];
  if (!ctx.services.shows || ids.length === 0) return;
  const known = new Set((await ctx.services.shows.get({ ids })).items.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) throw CampaignErrors.showUnknown(missing.slice(0, 5));
}
