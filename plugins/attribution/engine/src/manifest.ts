import { campaignsView, placementsView } from '@podlift/audience-campaigns/contract';
import { shows } from '@podlift/audience-podcasts/contract';
import { ordersView, touchpointsView } from '@podlift/audience-tracking/contract';
import { type Context, defineManifest } from '@podlift/sdk';
import { z } from 'zod';
import { calculated, engine, LONGEST_WINDOW_DAYS, models } from './contract.ts';
import { migrations } from './schema.ts';

export const manifest = defineManifest({
  id: 'podlift.engine',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: 'Attribution',
  description:
    'Builds journeys from touchpoints and orders, runs every installed model on one extraction and keeps the results.',
  capabilities: ['data:sql'],
  settings: z.object({
    windowDays: z.int().min(1).max(LONGEST_WINDOW_DAYS).default(30).meta({
      title: 'Attribution window (days)',
      description: 'How long before an order a touch may lie and still get credit.',
    }),
  }),
  optional: { shows },
  provides: [engine],
  opens: [models],
  emits: [calculated],
  data: { migrations, reads: [touchpointsView, ordersView, campaignsView, placementsView] },
  permissions: {
    'attribution:read': {
      title: 'Read attribution results',
      roles: ['owner', 'admin', 'analyst', 'viewer', 'publisher'],
    },
    'attribution:run': { title: 'Run attribution models', roles: ['owner', 'admin', 'analyst'] },
  },
  prefixes: ['/api/v1/attribution'],
});
/** What every handler of this plugin gets. */
export type Ctx = Context<typeof manifest>;
