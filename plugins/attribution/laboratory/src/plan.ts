import { cumulate, Random } from './random.ts';
import { type MarketPlan, SLOTS } from './contract.ts';
import { type MarketCampaign, type MarketPlacement, type MarketShow, SLOT_FACTOR } from './market.ts';
import { nameAt, SHOWS, SPONSORS, THEMES } from './names.ts';

const DAY = 86_400_000;
const PLAN = 0x504c414e;

export interface PlanDials {
  readonly from: number;
  readonly days: number;
  readonly shows: number;
  readonly campaigns: number;
  readonly meanEffect: number;
  readonly idleShare: number;
}

/**
 * Books a market: shows of unequal audience, campaigns on one to four of them, one slot a show, flights of five weeks or more.
 * True effects are log-normal with a mean of `meanEffect` per exposure, and a share of the campaigns has none at all: heard often, they are what a
 * model that only counts touches gives credit to.
 */
export function planMarket(seed: number, dials: PlanDials): MarketPlan {
  const random = new Random();
  random.seek(seed, PLAN);
  const shows = Array.from({ length: dials.shows }, (_, index) => ({
    title: nameAt(SHOWS, index),
    popularity: 1 / (index + 2) ** 0.7,
  }));
  const sponsorCount = Math.min(SPONSORS.length, dials.campaigns);
  const drafts = Array.from({ length: dials.campaigns }, (_, index) =>
    draftCampaign(index, sponsorCount, random, dials),
  );
  const cumulative = cumulate(shows.map(({ popularity }) => popularity));
  const placements = drafts.flatMap((_, campaign) => bookShows(campaign, cumulative, random));
  const scale = dials.meanEffect / meanEffect(drafts, placements, shows);
  const campaigns = drafts.map((draft) => ({ ...draft, effect: Math.min(1, draft.effect * scale) }));
  return {
    from: dials.from,
    to: dials.from + dials.days * DAY,
    sponsors: SPONSORS.slice(0, sponsorCount),
    shows,
    campaigns,
    placements,
  };
}

/** Responses per exposure that the drafts would have, each placement weighted by how much it will be heard. */
function meanEffect(
  drafts: readonly MarketCampaign[],
  placements: readonly MarketPlacement[],
  shows: readonly MarketShow[],
): number {
  let heard = 0;
  let moved = 0;
  for (const { campaign, show, slot } of placements) {
    const { effect = 0, reach = 0 } = drafts[campaign] ?? {};
    const weight = reach * (shows[show]?.popularity ?? 0);
    heard += weight;
    moved += weight * effect * SLOT_FACTOR[slot];
  }
  return moved > 0 ? moved / heard : 1;
}

function draftCampaign(index: number, sponsors: number, random: Random, dials: PlanDials): MarketCampaign {
  const sponsor = index % sponsors;
  const theme = nameAt(THEMES, Math.floor(index / sponsors));
  const shortest = Math.min(35, dials.days);
  const length = shortest + random.below(dials.days - shortest + 1);
  const start = random.below(dials.days - length + 1);
  const idle = random.uniform() < dials.idleShare;
  const strength = Math.exp(0.8 * random.normal());
  const name = `${SPONSORS[sponsor] ?? ''}: ${theme}`;
  return {
    name,
    sponsor,
    code: `${name
      .replace(/[^A-Za-z]/g, '')
      .slice(0, 8)
      .toUpperCase()}${index + 1}`,
    from: dials.from + start * DAY,
    to: dials.from + (start + length) * DAY,
    reach: Math.min(0.9, 0.3 * Math.exp(0.6 * random.normal())),
    effect: idle ? 0 : strength,
  };
}

function bookShows(campaign: number, cumulative: Float64Array, random: Random): MarketPlacement[] {
  const wanted = Math.min(cumulative.length, 1 + random.below(4));
  const shows = new Set<number>();
  while (shows.size < wanted) shows.add(random.pick(cumulative));
  return [...shows].map((show) => ({ campaign, show, slot: SLOTS[random.below(SLOTS.length)] ?? 'mid' }));
}
