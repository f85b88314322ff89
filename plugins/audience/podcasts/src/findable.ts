/** @module What people find shows and episodes by. */
import type { SearchEntry } from '@podlift/sdk';
import type { EpisodeRecord, ShowRecord } from './collections.ts';
import type { Ctx } from './manifest.ts';

const showEntry = (id: string, { title, author = '', ownerName = '', description = '' }: ShowRecord): SearchEntry => ({
  id,
  title: title.slice(0, 500),
  text: [author, ownerName, description].join(' '),
});

const episodeEntry = (id: string, { title, description = '' }: EpisodeRecord): SearchEntry => ({
  id,
  title: title.slice(0, 500),
  text: description,
});

/** Tells the search of shows that were written; archived ones are not found. */
export async function tellOfShows(
  ctx: Ctx,
  shows: readonly { readonly id: string; readonly value: ShowRecord }[],
): Promise<void> {
  const active = shows.filter(({ value }) => value.status === 'active');
  const archived = shows.filter(({ value }) => value.status === 'archived');
  if (active.length > 0)
    await ctx.search.put(
      'show',
      active.map(({ id, value }) => showEntry(id, value)),
    );
  if (archived.length > 0)
    await ctx.search.remove(
      'show',
      archived.map(({ id }) => id),
    );
}

/** Tells the search of episodes that were written. */
export async function tellOfEpisodes(
  ctx: Ctx,
  episodes: readonly { readonly id: string; readonly value: EpisodeRecord }[],
): Promise<void> {
  if (episodes.length > 0)
    await ctx.search.put(
      'episode',
      episodes.map(({ id, value }) => episodeEntry(id, value)),
    );
}

interface FoundPage {
  entries: SearchEntry[];
  next?: string;
}
interface Page {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Shows, for a search that is filled anew. */
export async function listShows(page: Page, ctx: Ctx): Promise<FoundPage> {
  const { items, next } = await ctx.collections.shows.find(paging(page));
  const active = items.filter(({ value }) => value.status === 'active');
  return { entries: active.map(({ id, value }) => showEntry(id, value)), ...(next !== undefined && { next }) };
}

/** Episodes, for a search that is filled anew. */
export async function listEpisodes(page: Page, ctx: Ctx): Promise<FoundPage> {
  const { items, next } = await ctx.collections.episodes.find(paging(page));
  return { entries: items.map(({ id, value }) => episodeEntry(id, value)), ...(next !== undefined && { next }) };
}

const paging = ({ after, limit }: Page) => ({ limit, ...(after !== undefined && { after }) });
