/** @module What is kept of a show and of an episode, without the ids that tie them together. */
import { z } from 'zod';

/** What is kept of a description (Apple's own limit is 4,000 characters). */
export const MAX_TEXT = 4000;
const Text = z.string().max(MAX_TEXT);
const Url = z.string().max(4096);

const Person = z.object({
  name: z.string().max(500),
  role: z.string().max(200),
  group: z.string().max(200),
  href: Url.optional(),
});
/** Value-for-value: how listeners' payments are split (Podcasting 2.0 `podcast:value`). */
const Value = z.object({
  type: z.string().max(100),
  method: z.string().max(100),
  suggested: z.string().max(100).optional(),
  recipients: z
    .array(
      z.object({
        name: z.string().max(200),
        type: z.string().max(100),
        address: z.string().max(500),
        split: z.number(),
      }),
    )
    .max(100),
});

/** What a feed says of its show. */
export const ShowFacts = z.object({
  title: z.string().min(1).max(500),
  link: Url.optional(),
  description: Text.optional(),
  author: z.string().max(500).optional(),
  ownerName: z.string().max(500).optional(),
  language: z.string().max(35).optional(),
  categories: z.array(z.string().max(200)).max(20),
  explicit: z.boolean().optional(),
  type: z.string().max(50).optional(),
  imageUrl: Url.optional(),
  copyright: z.string().max(500).optional(),
  hosting: z.string().max(500).optional(),
  podcastGuid: z.string().max(100).optional(),
  locked: z.boolean().optional(),
  medium: z.string().max(50).optional(),
  funding: z.array(z.object({ url: Url, text: z.string().max(500) })).max(20),
  persons: z.array(Person).max(100),
  value: Value.optional(),
});
export type ShowFacts = z.output<typeof ShowFacts>;

/** What a feed says of an episode. */
export const EpisodeFacts = z.object({
  guid: z.string().min(1).max(500),
  title: z.string().max(1000),
  link: Url.optional(),
  description: Text.optional(),
  publishedAt: z.date().optional(),
  durationS: z.int().nonnegative().optional(),
  season: z.int().nonnegative().optional(),
  episode: z.number().nonnegative().optional(),
  episodeType: z.string().max(50).optional(),
  explicit: z.boolean().optional(),
  imageUrl: Url.optional(),
  enclosureUrl: Url,
  enclosureKey: z.string().max(4096),
  enclosureType: z.string().max(100).optional(),
  bytes: z.int().nonnegative().optional(),
  prefixes: z.array(z.string()).max(16),
  transcripts: z
    .array(
      z.object({
        url: Url,
        type: z.string().max(100),
        language: z.string().max(35).optional(),
        rel: z.string().max(50).optional(),
      }),
    )
    .max(20),
  chapters: z.object({ url: Url, type: z.string().max(100) }).optional(),
  persons: z.array(Person).max(100),
  value: Value.optional(),
});
export type EpisodeFacts = z.output<typeof EpisodeFacts>;
