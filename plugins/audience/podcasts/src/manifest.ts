import { defineManifest, job, text, type Context } from '@podlift/sdk';
import { z } from 'zod';
import { episodes, shows } from './collections.ts';
import { feedImported, shows as showsService } from './contract.ts';
import { notifications } from './notifications.ts';

/** Looks for shows whose feed is due; each gets a job of its own. */
export const refreshDue = job('refresh-due', z.object({}), { queue: 'bulk', cron: '*/15 * * * *', timeoutMs: 60_000 });
/** Reads one show's feed again. */
export const refreshShow = job('refresh-show', z.object({ showId: z.uuid() }), {
  queue: 'bulk',
  timeoutMs: 120_000,
  attempts: 2,
});

export const manifest = defineManifest({
  id: 'podlift.podcasts',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Podcasts', de: 'Podcasts' }),
  description: text({
    en: 'Shows and episodes from podcast feeds, kept fresh.',
    de: 'Sendungen und Folgen aus Podcast-Feeds, immer aktuell.',
  }),
  capabilities: ['data:collections', 'net:fetch', 'jobs:enqueue'],
  hosts: ['*'],
  settings: z.object({
    refreshHours: z.int().min(1).max(168).default(6).meta({
      title: 'Read feeds again after (hours)',
      description: 'Each feed is asked whether it changed; unchanged feeds cost almost nothing.',
    }),
  }),
  collections: { shows, episodes },
  provides: [showsService],
  emits: [feedImported],
  notifications: [notifications.showImported, notifications.feedFailing],
  permissions: {
    'shows:read': {
      title: text({ en: 'See shows and episodes', de: 'Sendungen und Folgen sehen' }),
      roles: ['owner', 'admin', 'analyst', 'viewer', 'publisher'],
    },
    'shows:write': {
      title: text({ en: 'Import and change shows', de: 'Sendungen importieren und ändern' }),
      roles: ['owner', 'admin', 'analyst', 'publisher'],
    },
  },
  search: {
    show: { title: text({ en: 'Show', de: 'Sendung' }), permission: 'shows:read', page: '/shows/{id}' },
    episode: { title: text({ en: 'Episode', de: 'Folge' }), permission: 'shows:read', page: '/episodes/{id}' },
  },
  prefixes: ['/api/v1/shows', '/api/v1/feeds'],
});
export type Ctx = Context<typeof manifest>;
