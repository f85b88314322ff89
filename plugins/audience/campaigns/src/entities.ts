/** @module The tables as entities. Their definition is migrations/0001_catalogue.ts. */
import { tenantEntity } from '@podlift/sdk/sql';
import type { InferEntity, PropertyBuilders } from '@mikro-orm/core';

const life = (p: PropertyBuilders) => ({
  /** MikroORM counts it up and refuses a row that changed meanwhile. */
  version: p.integer().version(),
  createdAt: p.datetime(),
  updatedAt: p.datetime(),
  archivedAt: p.datetime().nullable(),
});

export const SponsorEntity = tenantEntity({
  name: 'Sponsor',
  tableName: 'sponsor',
  properties: (p) => ({
    id: p.uuid().primary(),
    name: p.text(),
    nameKey: p.text(),
    domain: p.text().nullable(),
    ...life(p),
  }),
});
export type SponsorRow = InferEntity<typeof SponsorEntity>;

export const CampaignEntity = tenantEntity({
  name: 'Campaign',
  tableName: 'campaign',
  properties: (p) => ({
    id: p.uuid().primary(),
    sponsorId: p.uuid(),
    name: p.text(),
    nameKey: p.text(),
    status: p.text(),
    goal: p.text(),
    currency: p.text(),
    budgetMicros: p.bigint(),
    startsAt: p.datetime().nullable(),
    endsAt: p.datetime().nullable(),
    ...life(p),
  }),
});
export type CampaignRow = InferEntity<typeof CampaignEntity>;

export const PlacementEntity = tenantEntity({
  name: 'Placement',
  tableName: 'placement',
  properties: (p) => ({
    id: p.uuid().primary(),
    campaignId: p.uuid(),
    showId: p.uuid(),
    episodeId: p.uuid().nullable(),
    name: p.text().nullable(),
    slot: p.text(),
    delivery: p.text(),
    read: p.text(),
    costMicros: p.bigint(),
    impressionsExpected: p.bigint('number').nullable(),
    airsAt: p.datetime().nullable(),
    liveUntil: p.datetime().nullable(),
    ...life(p),
  }),
});
export type PlacementRow = InferEntity<typeof PlacementEntity>;

export const CodeEntity = tenantEntity({
  name: 'Code',
  tableName: 'code',
  properties: (p) => ({
    id: p.uuid().primary(),
    code: p.text(),
    codeKey: p.text(),
    liveKey: p.text().nullable(),
    campaignId: p.uuid(),
    placementId: p.uuid().nullable(),
    shared: p.boolean(),
    validFrom: p.datetime().nullable(),
    validUntil: p.datetime().nullable(),
    ...life(p),
  }),
});
export type CodeRow = InferEntity<typeof CodeEntity>;

export const LinkEntity = tenantEntity({
  name: 'Link',
  tableName: 'link',
  properties: (p) => ({
    id: p.uuid().primary(),
    slug: p.text(),
    liveSlug: p.text().nullable(),
    target: p.text(),
    campaignId: p.uuid(),
    placementId: p.uuid().nullable(),
    utm: p.json<Readonly<Record<string, string>>>(),
    vanity: p.text().nullable(),
    liveVanity: p.text().nullable(),
    ...life(p),
  }),
});
export type LinkRow = InferEntity<typeof LinkEntity>;
