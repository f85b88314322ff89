/** @module The catalogue as ingest needs it: from a code, a link, an address or an id to campaign, placement, show and episode. */
import type { Snapshot } from '@podlift/audience-campaigns/contract';
import { LINK_PARAMETER } from './origin.ts';

/** What ties a touchpoint to a campaign. `id`: the caller named it; the others were found in what the event carries. */
export type Evidence = 'id' | 'link' | 'vanity' | 'utm' | 'code';

/** A campaign, and as much of its placement as is known. */
export interface Booking {
  readonly campaign: string;
  readonly placement: string | null;
  readonly show: string | null;
  readonly episode: string | null;
}
interface DatedBooking {
  readonly booking: Booking;
  readonly from: number;
  readonly until: number;
}

/** Look-ups over one snapshot. Hot path: nothing is made per event, bookings are shared. */
export interface CatalogIndex {
  byPlacement(id: string): Booking | undefined;
  byCampaign(id: string): Booking | undefined;
  bySlug(slug: string): Booking | undefined;
  /** Where a slug leads, with the link's own parameters. */
  targetOf(slug: string): string | undefined;
  /** By host and path of a speakable address. */
  byVanity(address: string): Booking | undefined;
  /** By utm_campaign in lower case: that of a link, or a campaign's name. */
  byUtm(campaign: string): Booking | undefined;
  /** By a promo code in lower case, as it was valid at a time. */
  byCode(code: string, at: number): Booking | undefined;
}

/** Builds the look-ups; once per change of the catalogue. */
export function createCatalogIndex(
  snapshot: Pick<Snapshot, 'campaigns' | 'placements' | 'codes' | 'links'>,
): CatalogIndex {
  const placements = new Map<string, Booking>(
    snapshot.placements.map(({ id, campaignId, showId, episodeId }) => [
      id,
      { campaign: campaignId, placement: id, show: showId, episode: episodeId },
    ]),
  );
  const campaigns = new Map<string, Booking>();
  const utm = new Map<string, Booking>();
  for (const { id, key } of snapshot.campaigns) {
    const booking = { campaign: id, placement: null, show: null, episode: null };
    campaigns.set(id, booking);
    utm.set(key, booking);
  }
  const booking = (campaignId: string, placementId: string | null): Booking | undefined =>
    (placementId === null ? undefined : placements.get(placementId)) ?? campaigns.get(campaignId);

  const slugs = new Map<string, Booking>();
  const targets = new Map<string, string>();
  const vanities = new Map<string, Booking>();
  for (const link of snapshot.links) {
    const found = booking(link.campaignId, link.placementId);
    if (!found) continue;
    slugs.set(link.slug, found);
    targets.set(link.slug, withParameters(link));
    if (link.vanity !== null) vanities.set(link.vanity, found);
    if (link.utmCampaign !== null) utm.set(link.utmCampaign, found);
  }
  const codes = new Map<string, DatedBooking[]>();
  for (const { key, campaignId, placementId, validFrom, validUntil } of snapshot.codes) {
    const found = booking(campaignId, placementId);
    if (!found) continue;
    const dated = { booking: found, from: validFrom?.getTime() ?? -Infinity, until: validUntil?.getTime() ?? Infinity };
    codes.set(key, [...(codes.get(key) ?? []), dated]);
  }
  return {
    byPlacement: (id) => placements.get(id),
    byCampaign: (id) => campaigns.get(id),
    bySlug: (slug) => slugs.get(slug),
    targetOf: (slug) => targets.get(slug),
    byVanity: (address) => (vanities.size === 0 ? undefined : vanities.get(address)),
    byUtm: (campaign) => utm.get(campaign),
    byCode: (code, at) => codes.get(code)?.find(({ from, until }) => from <= at && at < until)?.booking,
  };
}
export const EMPTY_CATALOG: CatalogIndex = createCatalogIndex({ campaigns: [], placements: [], codes: [], links: [] });

/** The target as visitors get it: with what it already says, the link's utm_… and its slug, by which the landing page is known. */
function withParameters({ target, slug, utm }: Snapshot['links'][number]): string {
  const url = new URL(target);
  for (const [name, value] of Object.entries(utm))
    if (!url.searchParams.has(`utm_${name}`)) url.searchParams.set(`utm_${name}`, value);
  url.searchParams.set(LINK_PARAMETER, slug);
  return url.href;
}
