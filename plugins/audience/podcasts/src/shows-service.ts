/** @module How `podcasts.shows@1` is done. */
import { randomUUID } from 'node:crypto';
import { uuidv7, type Implementation, type Item } from '@podlift/sdk';
import type { episodes, shows as showCollection } from './collections.ts';
import type { Episode, Show, shows } from './contract.ts';
import { tellOfShows } from './findable.ts';
import type { Ctx } from './manifest.ts';

const toShow = ({ id, value }: Item<typeof showCollection.schema>): Show => ({
  id,
  title: value.title,
  feedUrl: value.feedUrl ?? null,
  podcastGuid: value.podcastGuid ?? null,
  language: value.language ?? null,
  categories: value.categories,
  publisher: value.publisher ?? null,
});
const toEpisode = ({ id, value }: Item<typeof episodes.schema>): Episode => ({
  id,
  showId: value.showId,
  guid: value.guid,
  title: value.title,
  publishedAt: value.publishedAt ?? null,
  durationS: value.durationS ?? null,
  enclosureUrl: value.enclosureUrl,
  enclosureKey: value.enclosureKey,
});

export const showsImplementation: Implementation<(typeof shows)['methods'], Ctx> = {
  async create({ shows: items }, ctx) {
    const writes = items.map(({ title, publisher, language, categories }) => ({
      op: 'insert' as const,
      id: uuidv7(),
      value: {
        title,
        categories,
        funding: [],
        persons: [],
        key: `own:${randomUUID()}`,
        status: 'active' as const,
        failures: 0,
        ...(publisher !== undefined && { publisher }),
        ...(language !== undefined && { language }),
      },
    }));
    await ctx.collections.shows.batch(writes);
    await tellOfShows(ctx, writes);
    return { ids: writes.map(({ id }) => id) };
  },
  async get({ ids }, ctx) {
    const items = await Promise.all([...new Set(ids)].map((id) => ctx.collections.shows.get(id)));
    return { items: items.flatMap((item) => (item ? [toShow(item)] : [])) };
  },
  async list({ cursor, limit }, ctx) {
    const page = await ctx.collections.shows.find({ limit, ...(cursor !== undefined && { after: cursor }) });
    return { items: page.items.map(toShow), next: page.next ?? null };
  },
  async episodes({ showId, cursor, limit }, ctx) {
    const page = await ctx.collections.episodes.find({
      where: { showId },
      limit,
      ...(cursor !== undefined && { after: cursor }),
    });
    return { items: page.items.map(toEpisode), next: page.next ?? null };
  },
};
