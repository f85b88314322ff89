/** What a simulated market consists of. Indices point into the plan's lists; times are milliseconds since 1970. */
export interface MarketPlan {
  readonly from: number;
  readonly to: number;
  readonly sponsors: readonly string[];
  readonly shows: readonly MarketShow[];
  readonly campaigns: readonly MarketCampaign[];
  readonly placements: readonly MarketPlacement[];
}

export interface MarketShow {
  readonly title: string;
  /** Its weight among the shows that a household may follow. */
  readonly popularity: number;
}

export interface MarketCampaign {
  readonly name: string;
  readonly sponsor: number;
  readonly code: string;
  readonly from: number;
  readonly to: number;
  /** Probability that a household which follows one of the campaign's shows hears it at all. */
  readonly reach: number;
  /** The true effect: expected responses per exposure in a slot of factor 1. */
  readonly effect: number;
}

export const SLOTS = ['pre', 'mid', 'post'] as const;
/** How much an exposure in each slot moves, relative to the campaign's effect. */
export const SLOT_FACTOR: Readonly<Record<Slot, number>> = { pre: 0.9, mid: 1.15, post: 0.6 };
export type Slot = (typeof SLOTS)[number];

export interface MarketPlacement {
  readonly campaign: number;
  readonly show: number;
  readonly slot: Slot;
}

/** Kinds of touchpoint, as the column `kind` counts them. */
export const KINDS = ['impression', 'click', 'visit'] as const;
/** "No placement" in a column of placements: a direct visit, an order that no exposure caused. */
export const NONE = 0xffff;

/** What the market's pixel and prefix saw, in columns, each list in the order of time. */
export interface MarketData {
  readonly households: number;
  readonly touchpoints: {
    readonly at: Float64Array;
    readonly household: Uint32Array;
    readonly kind: Uint8Array;
    readonly placement: Uint16Array;
  };
  readonly orders: {
    readonly at: Float64Array;
    readonly household: Uint32Array;
    readonly cents: Float64Array;
    /** Placement whose campaign's promo code the buyer typed. */
    readonly code: Uint16Array;
    /** The truth no tracker sees: the placement without whose exposure this order would not exist. */
    readonly cause: Uint16Array;
  };
  /** Every response that any exposure caused, also those that fall after the end of the data. */
  readonly responses: { readonly exposedAt: Float64Array; readonly at: Float64Array; readonly placement: Uint16Array };
}
