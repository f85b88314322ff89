/** @module What other plugins may use of `podlift.laboratory`: the point to which every market generator contributes. */
import { extensionPoint, f64, method, u16, u32, u8 } from '@podlift/sdk';
import { z } from 'zod';

export const SLOTS = ['pre', 'mid', 'post'] as const;
/** Kinds of touchpoint, as the column `kind` counts them. */
export const KINDS = ['impression', 'click', 'visit'] as const;
/** "No placement" in a column of placements: a direct visit, an order that no exposure caused. */
export const NONE = 0xffff;

const Index = z.int().min(0);
/** What a market consists of. Indices point into the plan's own lists; times are milliseconds since 1970. */
export const MarketPlan = z.object({
  from: z.int(),
  to: z.int(),
  sponsors: z.array(z.string().min(1)).min(1),
  shows: z.array(
    z.object({
      title: z.string().min(1),
      /** Its weight among the shows that a household may follow. */
      popularity: z.number(),
    }),
  ),
  campaigns: z.array(
    z.object({
      name: z.string().min(1),
      sponsor: Index,
      code: z.string().min(1),
      from: z.int(),
      to: z.int(),
      /** Probability that a household which follows one of the campaign's shows hears it at all. */
      reach: z.number(),
      /** The true effect: expected responses per exposure in a slot of factor 1. */
      effect: z.number(),
    }),
  ),
  placements: z.array(z.object({ campaign: Index, show: Index, slot: z.enum(SLOTS) })).max(NONE),
});
export type MarketPlan = z.output<typeof MarketPlan>;

/** What the market's prefix and pixel saw, in columns, each list in the order of time; and the truth that they did not see. */
export const MarketData = z.object({
  households: z.int(),
  touchpoints: z.object({ at: f64(), household: u32(), kind: u8(), placement: u16() }),
  orders: z.object({
    at: f64(),
    household: u32(),
    cents: f64(),
    /** Placement whose campaign's promo code the buyer typed. */
    code: u16(),
    /** The truth: the placement without whose exposure this order would not exist. */
    cause: u16(),
  }),
  /** Every response that any exposure caused, also those that fall after the end of the data. */
  responses: z.object({ exposedAt: f64(), at: f64(), placement: u16() }),
});
export type MarketData = z.output<typeof MarketData>;

/** A market that was simulated. */
export const Market = z.object({ plan: MarketPlan, data: MarketData });
export type Market = z.output<typeof Market>;

/** What a list of generators shows. `dials` is the JSON Schema of the dials that `generate` takes, each with a default. */
export const GeneratorInfo = z.object({
  label: z.string().min(1).max(80),
  description: z.string().min(1).max(500),
  dials: z.record(z.string(), z.json()),
});

/** The point of market generators: each simulates markets of another form, so that no model is judged by one world only. */
export const generators = extensionPoint('attribution.generators@1', GeneratorInfo, {
  generate: method(
    z.object({
      seed: z.int(),
      touchpoints: z.int().min(0).max(50_000_000),
      /** Those that are missing have their defaults; a wrong one is an `invalid_input` that names it. */
      dials: z.record(z.string(), z.json()).default({}),
    }),
    Market,
    { timeoutMs: 120_000 },
  ),
});
