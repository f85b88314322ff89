import type { MarketPlan } from './contract.ts';
import { cumulate, type Random } from './random.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** One time that a household heard a placement. */
export interface Exposure {
  readonly at: number;
  readonly placement: number;
}

/** How often a household hears a campaign that reaches it: 2 to 5 times, as is advised and usual. */
export const FREQUENCIES = [2, 3, 4, 5] as const;
const FREQUENCY_SHARES = cumulate([25, 30, 25, 20]);

/** When people listen, hour by hour: on the way to work and back, and before sleep. */
const HOURS = cumulate([1, 1, 1, 1, 2, 5, 9, 12, 10, 6, 4, 4, 5, 4, 4, 5, 7, 10, 9, 6, 5, 6, 5, 2]);

interface Booking {
  readonly shows: number;
  readonly from: number;
  readonly days: number;
  readonly reach: number;
  readonly placements: readonly { readonly show: number; readonly placement: number }[];
}

/** Draws households one after another: which shows each follows, which campaigns reach it there, and when it hears them. */
export class Household {
  readonly #bookings: readonly Booking[];
  readonly #popularity: Float64Array;
  readonly #shows: number;
  readonly #unreached: number;

  constructor(plan: MarketPlan, { unreachedShare }: { readonly unreachedShare: number }) {
    this.#shows = plan.shows.length;
    this.#popularity = cumulate(plan.shows.map(({ popularity }) => popularity));
    this.#unreached = unreachedShare;
    this.#bookings = plan.campaigns.map(({ from, to, reach }, campaign) => {
      const placements = plan.placements.flatMap(({ campaign: owner, show }, placement) =>
        owner === campaign ? [{ show, placement }] : [],
      );
      const shows = placements.reduce((mask, { show }) => mask | (1 << show), 0);
      return { shows, from, days: Math.round((to - from) / DAY), reach, placements };
    });
  }

  /** Every exposure of the next household. */
  draw(random: Random): Exposure[] {
    const followed = this.#follow(random);
    const heard: Exposure[] = [];
    if (followed === 0) return heard;
    for (const { shows, from, days, reach, placements } of this.#bookings) {
      if ((shows & followed) === 0 || random.uniform() >= reach) continue;
      const spots = placements.filter(({ show }) => (followed >>> show) & 1);
      const frequency = FREQUENCIES[random.pick(FREQUENCY_SHARES)] ?? 2;
      for (let time = 0; time < frequency; time++) {
        const spot = spots.length === 1 ? spots[0] : spots[random.below(spots.length)];
        const day = Math.floor(((time + random.uniform()) / frequency) * days);
        const at = from + day * DAY + random.pick(HOURS) * HOUR + random.below(HOUR);
        if (spot) heard.push({ at, placement: spot.placement });
      }
    }
    return heard;
  }

  /** One show by popularity, and with each further one an even chance of another, up to five; as a set of bits. */
  #follow(random: Random): number {
    if (random.uniform() < this.#unreached) return 0;
    let followed = 1 << random.pick(this.#popularity);
    for (let more = 1; more < Math.min(5, this.#shows) && random.uniform() < 0.5; more++)
      followed |= 1 << random.pick(this.#popularity);
    return followed;
  }
}
