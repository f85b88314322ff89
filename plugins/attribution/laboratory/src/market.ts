import type { MarketPlan } from './contract.ts';

export type MarketShow = MarketPlan['shows'][number];
export type MarketCampaign = MarketPlan['campaigns'][number];
export type MarketPlacement = MarketPlan['placements'][number];
export type Slot = MarketPlacement['slot'];

/** How much an exposure in each slot moves, relative to the campaign's effect. */
export const SLOT_FACTOR: Readonly<Record<Slot, number>> = { pre: 0.9, mid: 1.15, post: 0.6 };
