/** @module How shows and episodes are stored. */
import { collection } from '@podlift/sdk';
import { z } from 'zod';
import { EpisodeFacts, ShowFacts } from './records.ts';

/** A show: what its feed says, and how the feed is kept fresh. */
export const ShowRecord = ShowFacts.extend({
  /** What makes a second import the same show: its podcast:guid, its address, or its title and site. */
  key: z.string().max(5000),
  status: z.enum(['active', 'archived']),
  publisher: z.string().max(500).optional(),
  feedUrl: z.string().max(4096).optional(),
  feedKey: z.string().max(4096).optional(),
  etag: z.string().max(500).optional(),
  lastModified: z.string().max(100).optional(),
  /** When the feed is read again; absent when it is not. */
  refreshAt: z.date().optional(),
  importedAt: z.date().optional(),
  failures: z.int().nonnegative(),
  lastError: z.string().max(1000).optional(),
});
export type ShowRecord = z.output<typeof ShowRecord>;

export const EpisodeRecord = EpisodeFacts.extend({
  showId: z.uuid(),
  /** Changes when anything that the feed says of the episode does. */
  hash: z.string().max(64),
});
export type EpisodeRecord = z.output<typeof EpisodeRecord>;

/** Hosts and guests are named in public feeds; nothing here tells about a listener. */
export const shows = collection(ShowRecord, {
  unique: ['key'],
  indexes: ['title', 'status', 'feedKey', 'podcastGuid', 'refreshAt'],
  privacy: 'none',
});
export const episodes = collection(EpisodeRecord, {
  unique: [['showId', 'guid']],
  indexes: [['showId', 'publishedAt'], 'enclosureKey'],
  privacy: 'none',
});
