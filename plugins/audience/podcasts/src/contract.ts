/** @module What other plugins may use of `podlift.podcasts`: shows, episodes and the news that a feed was imported. */
import { event, method, service } from '@podlift/sdk';
import { z } from 'zod';

/** A show as other plugins see it. */
export const Show = z.object({
  id: z.uuid(),
  title: z.string(),
  feedUrl: z.string().nullable(),
  podcastGuid: z.string().nullable(),
  language: z.string().nullable(),
  categories: z.array(z.string()),
  /** How the show is hosted or grouped in the customer's own books; roll-ups use it as the level above a show. */
  publisher: z.string().nullable(),
});
export type Show = z.output<typeof Show>;

/** An episode as other plugins see it. `enclosureKey` is the audio address without its measurement prefixes. */
export const Episode = z.object({
  id: z.uuid(),
  showId: z.uuid(),
  guid: z.string(),
  title: z.string(),
  publishedAt: z.date().nullable(),
  durationS: z.int().nonnegative().nullable(),
  enclosureUrl: z.string().nullable(),
  enclosureKey: z.string().nullable(),
});
export type Episode = z.output<typeof Episode>;

const page = { cursor: z.string().optional(), limit: z.int().min(1).max(500).default(100) };

/** Shows and episodes of the tenant. `create` makes shows without a feed (bought on other platforms, or simulated). */
export const shows = service('podcasts.shows@1', {
  create: method(
    z.object({
      shows: z
        .array(
          z.object({
            title: z.string().min(1).max(500),
            publisher: z.string().max(500).optional(),
            language: z.string().max(35).optional(),
            categories: z.array(z.string().max(200)).max(20).default([]),
          }),
        )
        .min(1)
        .max(500),
    }),
    z.object({ ids: z.array(z.uuid()) }),
  ),
  get: method(z.object({ ids: z.array(z.uuid()).max(500) }), z.object({ items: z.array(Show) })),
  list: method(z.object(page), z.object({ items: z.array(Show), next: z.string().nullable() })),
  episodes: method(
    z.object({ showId: z.uuid(), ...page }),
    z.object({ items: z.array(Episode), next: z.string().nullable() }),
  ),
});

/** A feed was read: how many of its items were new, changed or the same. */
export const feedImported = event(
  'podcasts.feed-imported@1',
  z.object({
    showId: z.uuid(),
    added: z.int().nonnegative(),
    updated: z.int().nonnegative(),
    unchanged: z.int().nonnegative(),
    failed: z.int().nonnegative(),
  }),
);
