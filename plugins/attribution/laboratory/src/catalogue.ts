import type { MarketPlan } from './contract.ts';
import type { Ctx } from './manifest.ts';

/** The ids that the catalogue gave to the plan's lists, in their order. */
export interface Catalogue {
  readonly campaigns: readonly string[];
  readonly placements: readonly string[];
}

const MOST = 500;

/** Books the plan: shows, sponsors, campaigns, placements, a code and a tracking link for each campaign. */
export async function createCatalogue({ services }: Ctx, plan: MarketPlan): Promise<Catalogue> {
  const { shows: podcasts, catalog } = services;
  const showIds = await inParts(plan.shows, async (part) =>
    podcasts.create({ shows: part.map(({ title }) => ({ title, publisher: 'Laboratory' })) }),
  );
  const sponsorIds = await inParts(plan.sponsors, async (part) =>
    catalog.createSponsors({ items: part.map((name) => ({ name })) }),
  );
  const campaigns = await inParts(plan.campaigns, async (part) =>
    catalog.createCampaigns({
      items: part.map(({ name, sponsor, from, to }) => ({
        name,
        sponsorId: sponsorIds[sponsor] ?? '',
        startsAt: new Date(from),
        endsAt: new Date(to),
      })),
    }),
  );
  const placements = await inParts(plan.placements, async (part) =>
    catalog.createPlacements({
      items: part.map(({ campaign, show, slot }) => ({
        slot,
        campaignId: campaigns[campaign] ?? '',
        showId: showIds[show] ?? '',
        delivery: 'dai' as const,
      })),
    }),
  );
  const named = plan.campaigns.map(({ code, name }, index) => ({ code, name, campaignId: campaigns[index] ?? '' }));
  await inParts(named, async (part) =>
    catalog.createCodes({ items: part.map(({ code, campaignId }) => ({ code, campaignId, shared: true })) }),
  );
  await inParts(named, async (part) =>
    catalog.createLinks({
      items: part.map(({ code, campaignId }) => ({
        slug: code.toLowerCase(),
        target: `https://shop.example/?offer=${code.toLowerCase()}`,
        campaignId,
        utm: { source: 'podcast', medium: 'audio', campaign: code.toLowerCase() },
      })),
    }),
  );
  return { campaigns, placements };
}

async function inParts<T>(
  items: readonly T[],
  create: (part: readonly T[]) => Promise<{ readonly ids: readonly string[] }>,
): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < items.length; start += MOST)
    ids.push(...(await create(items.slice(start, start + MOST))).ids);
  return ids;
}
