import campaigns from '@podlift/audience-campaigns';
import { catalog } from '@podlift/audience-campaigns/contract';
import podcasts from '@podlift/audience-podcasts';
import { shows as podcastShows } from '@podlift/audience-podcasts/contract';
import tracking from '@podlift/audience-tracking';
import { intake, type TouchKind } from '@podlift/audience-tracking/contract';
import type { TestHost } from '@podlift/testkit';
import { z } from 'zod';

/** The plugins whose data the engine reads. */
export const audience = [podcasts, campaigns, tracking];

const Ids = z.object({ ids: z.array(z.uuid()) });

/** A catalogue of the tests: every list by place. */
export interface Booked {
  readonly sponsors: readonly string[];
  readonly shows: readonly string[];
  readonly campaigns: readonly string[];
  readonly placements: readonly { readonly id: string; readonly campaign: number; readonly show: number }[];
}

/** Books `campaigns` campaigns of two sponsors on three shows, with a placement for each pair and a code `C<n>` for each campaign. */
export async function book(host: TestHost, tenant: string, count: number): Promise<Booked> {
  const create = async (method: string, items: unknown[]): Promise<string[]> =>
    Ids.parse(await host.call([catalog.id, method], { items }, { tenant })).ids;
  const titles = ['One', 'Two', 'Three'].map((title) => ({ title }));
  const shows = Ids.parse(await host.call([podcastShows.id, 'create'], { shows: titles }, { tenant })).ids;
  const sponsors = await create('createSponsors', [{ name: 'Left' }, { name: 'Right' }]);
  const names = Array.from({ length: count }, (_, i) => ({ name: `Campaign ${i}`, sponsorId: sponsors[i % 2] ?? '' }));
  const made = await create('createCampaigns', names);
  const pairs = made.flatMap((_, campaign) => shows.map((__, show) => ({ campaign, show })));
  const placementIds = await create(
    'createPlacements',
    pairs.map(({ campaign, show }) => ({ campaignId: made[campaign] ?? '', showId: shows[show] ?? '' })),
  );
  await create(
    'createCodes',
    made.map((campaignId, i) => ({ code: `C${i}`, campaignId })),
  );
  const placements = pairs.map((pair, i) => ({ ...pair, id: placementIds[i] ?? '' }));
  return { sponsors, shows, campaigns: made, placements };
}

/** A touch to land. */
export interface Touch {
  readonly at: number;
  readonly household: string;
  readonly placement: string | null;
  readonly kind?: TouchKind;
  readonly channel?: string;
}

/** An order to land. */
export interface Order {
  readonly at: number;
  readonly household: string;
  readonly orderId: string;
  readonly micros: bigint;
  readonly currency?: string;
  readonly code?: string | null;
}

/** Lands touches and orders as another plugin would. */
export async function land(
  host: TestHost,
  tenant: string,
  touches: readonly Touch[],
  orders: readonly Order[],
): Promise<void> {
  await host.call(
    [intake.id, 'touchpoints'],
    {
      at: Float64Array.from(touches, ({ at }) => at),
      households: touches.map(({ household }) => household),
      kinds: touches.map(({ kind = 'impression' }) => kind),
      channels: touches.map(({ placement, channel = placement === null ? 'direct' : 'podcast' }) => channel),
      placementIds: touches.map(({ placement }) => placement),
    },
    { tenant },
  );
  await host.call(
    [intake.id, 'orders'],
    {
      orderIds: orders.map(({ orderId }) => orderId),
      at: Float64Array.from(orders, ({ at }) => at),
      households: orders.map(({ household }) => household),
      valuesMicros: BigInt64Array.from(orders, ({ micros }) => micros),
      currencies: orders.map(({ currency = 'USD' }) => currency),
      codes: orders.map(({ code = null }) => code),
    },
    { tenant },
  );
}
