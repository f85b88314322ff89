import { catalog, changed } from '@podlift/audience-campaigns/contract';
import { defineManifest, job, text, type Context } from '@podlift/sdk';
import { z } from 'zod';
import { intake, landed, linked, ordersView, touchpointsView } from './contract.ts';
import { linkIngestion, orderIngestion, secretIngestion, touchpointIngestion } from './ingestions.ts';
import { m0001 } from './migrations/0001_events.ts';
import { m0002 } from './migrations/0002_rollups.ts';
import { m0003 } from './migrations/0003_names.ts';
import { m0004 } from './migrations/0004_since.ts';

/** Forgets message ids that are old enough, and joins what became known to be one household. */
export const tidy = job('tidy', z.object({}), { queue: 'bulk', cron: '23 * * * *', timeoutMs: 300_000 });

/** Brings roll-ups up to date soon after something landed; asked for again and again, it runs once. */
export const roll = job('roll', z.object({}), { queue: 'bulk', timeoutMs: 300_000 });

export const manifest = defineManifest({
  id: 'podlift.tracking',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Tracking', de: 'Tracking' }),
  description: text({
    en: 'Takes events and orders in the shape of Segment, each exactly once.',
    de: 'Nimmt Ereignisse und Bestellungen in Segments Form entgegen, jedes genau einmal.',
  }),
  capabilities: ['data:sql', 'data:ingest', 'jobs:enqueue'],
  settings: z.object({
    maxAgeDays: z.int().min(1).max(400).default(400).meta({
      title: 'Oldest event (days)',
      description: 'Events older than this are refused, each with an error of its own.',
    }),
    householdBy: z.enum(['person', 'network']).default('person').meta({
      title: 'What makes a household',
      description:
        'person: the userId, else the anonymousId, else the network. network: the IP network first, when an event tells it.',
    }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('USD')
      .meta({ title: 'Currency of orders that name none' }),
    dedupeDays: z.int().min(7).max(90).default(30).meta({
      title: 'A message id counts once for (days)',
      description: 'Longer costs storage: 100 bytes an event.',
    }),
  }),
  optional: { catalog },
  provides: [intake],
  emits: [landed, linked],
  consumes: [changed, linked, landed],
  data: {
    migrations: [m0001, m0002, m0003, m0004],
    publishes: [touchpointsView, ordersView],
    ingest: [touchpointIngestion, orderIngestion, linkIngestion, secretIngestion],
  },
  permissions: {
    'tracking:write': {
      title: text({ en: 'Send events and orders', de: 'Ereignisse und Bestellungen senden' }),
      roles: ['owner', 'admin'],
    },
    'tracking:read': {
      title: text({ en: 'See touchpoints and orders', de: 'Touchpoints und Bestellungen sehen' }),
      roles: ['owner', 'admin', 'analyst'],
    },
  },
  prefixes: ['/v1', '/l', '/api/v1/touchpoints', '/api/v1/orders', '/api/v1/tracking'],
  limits: { concurrency: 1024 },
});
export type Ctx = Context<typeof manifest>;
