import { shows } from '@podlift/audience-podcasts/contract';
import { defineManifest, text, type Context } from '@podlift/sdk';
import { campaignsView, catalog, changed, placementsView } from './contract.ts';
import { CampaignEntity, CodeEntity, LinkEntity, PlacementEntity, SponsorEntity } from './entities.ts';
import { m0001 } from './migrations/0001_catalogue.ts';

export const manifest = defineManifest({
  id: 'podlift.campaigns',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Campaigns', de: 'Kampagnen' }),
  description: text({
    en: 'What was booked: sponsors, campaigns, placements, promo codes and tracking links.',
    de: 'Was gebucht ist: Werbekunden, Kampagnen, Platzierungen, Rabattcodes und Links.',
  }),
  capabilities: ['data:sql'],
  optional: { shows },
  provides: [catalog],
  emits: [changed],
  data: {
    entities: [SponsorEntity, CampaignEntity, PlacementEntity, CodeEntity, LinkEntity],
    migrations: [m0001],
    publishes: [campaignsView, placementsView],
  },
  permissions: {
    'campaigns:read': {
      title: text({ en: 'See campaigns', de: 'Kampagnen sehen' }),
      roles: ['owner', 'admin', 'analyst', 'viewer', 'billing', 'publisher'],
    },
    'campaigns:write': {
      title: text({ en: 'Book and change campaigns', de: 'Kampagnen buchen und ändern' }),
      roles: ['owner', 'admin', 'analyst'],
    },
  },
  search: {
    sponsor: { title: text({ en: 'Sponsor', de: 'Werbekunde' }), permission: 'campaigns:read', page: '/sponsors/{id}' },
    campaign: {
      title: text({ en: 'Campaign', de: 'Kampagne' }),
      permission: 'campaigns:read',
      page: '/campaigns/{id}',
    },
    placement: {
      title: text({ en: 'Placement', de: 'Platzierung' }),
      permission: 'campaigns:read',
      page: '/placements/{id}',
    },
    code: { title: text({ en: 'Promo code', de: 'Rabattcode' }), permission: 'campaigns:read', page: '/codes/{id}' },
    link: { title: text({ en: 'Tracking link', de: 'Link' }), permission: 'campaigns:read', page: '/links/{id}' },
  },
  prefixes: ['/api/v1/sponsors', '/api/v1/campaigns', '/api/v1/placements', '/api/v1/codes', '/api/v1/links'],
});
export type Ctx = Context<typeof manifest>;
