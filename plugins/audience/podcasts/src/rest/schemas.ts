/** @module Shows and episodes as JSON. */
import type { Item } from '@podlift/sdk';
import { z } from '@podlift/sdk/http';
import type { episodes, shows } from '../collections.ts';
import { EpisodeFacts, ShowFacts } from '../records.ts';

export const Id = z.uuid();
const Time = z.iso.datetime();

export const ShowJson = ShowFacts.extend({
  id: Id,
  status: z.enum(['active', 'archived']),
  publisher: z.string().optional(),
  feed: z
    .object({ url: z.string(), nextReadAt: Time.nullable(), failures: z.int(), lastError: z.string().nullable() })
    .nullable(),
  importedAt: Time.nullable(),
  version: z.int(),
  createdAt: Time,
  updatedAt: Time,
}).openapi('Show', { description: 'A podcast: what its feed says of it, and how the feed is kept fresh.' });

export const EpisodeJson = EpisodeFacts.omit({ publishedAt: true })
  .extend({ id: Id, showId: Id, publishedAt: Time.nullable() })
  .openapi('Episode', {
    description: 'An episode. `enclosureKey` stays the same when measurement prefixes come and go.',
  });

export function toShowJson({
  id,
  version,
  createdAt,
  updatedAt,
  value,
}: Item<typeof shows.schema>): z.output<typeof ShowJson> {
  const {
    key: _,
    status,
    publisher,
    feedUrl,
    feedKey: __,
    etag: ___,
    lastModified: ____,
    refreshAt,
    importedAt,
    failures,
    lastError,
    ...facts
  } = value;
  return {
    ...facts,
    id,
    status,
    ...(publisher !== undefined && { publisher }),
    feed:
      feedUrl === undefined
        ? null
        : { url: feedUrl, nextReadAt: refreshAt?.toISOString() ?? null, failures, lastError: lastError ?? null },
    importedAt: importedAt?.toISOString() ?? null,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function toEpisodeJson({ id, value }: Item<typeof episodes.schema>): z.output<typeof EpisodeJson> {
  const { hash: _, publishedAt, ...facts } = value;
  return { ...facts, id, publishedAt: publishedAt?.toISOString() ?? null };
}

export const ImportJson = z
  .object({
    showId: Id,
    title: z.string(),
    created: z.boolean().openapi({ description: 'The show was not known before.' }),
    notModified: z.boolean().openapi({ description: 'The server said that nothing changed since the last time.' }),
    added: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    failed: z.int(),
    problems: z
      .array(z.object({ item: z.int(), guid: z.string().optional(), code: z.string(), message: z.string() }))
      .openapi({
        description: 'Items that were left out, at most a hundred.',
      }),
    warnings: z.array(z.string()).openapi({ description: 'Slips in the XML that were read over.' }),
  })
  .openapi('FeedImport');
