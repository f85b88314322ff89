/** @module Brings a feed into the collections. The same feed twice changes nothing the second time. */
import { createHash } from 'node:crypto';
import { uuidv7, type Item, type Write } from '@podlift/sdk';
import type { EpisodeRecord, ShowRecord } from './collections.ts';
import { episodes as episodeCollection } from './collections.ts';
import { feedImported } from './contract.ts';
import type { Feed, ItemProblem } from './feed.ts';
import { tellOfEpisodes, tellOfShows } from './findable.ts';
import type { Ctx } from './manifest.ts';
import { notifications } from './notifications.ts';
import type { EpisodeFacts } from './records.ts';
import { computeFeedKey } from './values.ts';

type EpisodeWrite = Write<typeof episodeCollection.schema> & { readonly id: string; readonly value: EpisodeRecord };
type ShowItem = Item<typeof import('./collections.ts').shows.schema>;
/** Writes of one request to the host. */
const CHUNK = 500;

/** Where a feed came from; a file has neither address nor validators. */
export interface FeedSource {
  readonly url?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** The show that is read again; without it the feed says which show it is. */
  readonly show?: ShowItem;
}
/** What an import did. */
export interface ImportResult {
  readonly showId: string;
  readonly title: string;
  readonly created: boolean;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly problems: readonly ItemProblem[];
  readonly warnings: readonly string[];
}

/** Writes what a feed says. Episodes that are gone from the feed stay: feeds show the newest only. */
export async function storeFeed(ctx: Ctx, feed: Feed, source: FeedSource = {}): Promise<ImportResult> {
  const record = showRecordOf(ctx, feed, source);
  const known = source.show ?? (await findShow(ctx, record));
  const showId = known?.id ?? uuidv7();
  if (known) {
    const { status, publisher } = known.value;
    // A show that was archived comes back when its feed is imported again by hand, not when it is refreshed.
    const kept = source.show ? status : 'active';
    const value = {
      ...withoutAddress(known.value, record),
      ...record,
      key: known.value.key,
      status: kept,
      ...(publisher && { publisher }),
    };
    await ctx.collections.shows.upsert(showId, value, { version: known.version });
    await tellOfShows(ctx, [{ id: showId, value }]);
  } else {
    await ctx.collections.shows.insert(record, { id: showId });
    await tellOfShows(ctx, [{ id: showId, value: record }]);
  }

  const existing = known ? await readExisting(ctx, showId) : undefined;
  const { writes, added, updated, unchanged } = compareEpisodes(showId, feed.episodes, existing);
  for (let from = 0; from < writes.length; from += CHUNK)
    await ctx.collections.episodes.batch(writes.slice(from, from + CHUNK));
  await tellOfEpisodes(ctx, writes);
  const counts = { added, updated, unchanged, failed: feed.failed };
  await ctx.emit(feedImported, { showId, ...counts }, { key: showId });
  if (!known)
    await ctx.notify(notifications.showImported, {
      to: notifications.to,
      data: { showId, show: feed.show.title, episodes: added },
      key: showId,
    });
  return {
    showId,
    title: feed.show.title,
    created: !known,
    ...counts,
    problems: feed.problems,
    warnings: feed.warnings,
  };
}

/** What is known of an episode before the feed is read again. */
interface Existing {
  readonly byGuid: ReadonlyMap<string, { readonly id: string; readonly hash: string }>;
  readonly byEnclosure: ReadonlyMap<string, string>;
}

/** Which episodes are new or differ. An episode whose guid is unknown is still the same when its file is known and its old guid is gone. */
function compareEpisodes(
  showId: string,
  facts: readonly EpisodeFacts[],
  existing: Existing = { byGuid: new Map(), byEnclosure: new Map() },
): { writes: EpisodeWrite[]; added: number; updated: number; unchanged: number } {
  const guids = new Set(facts.map(({ guid }) => guid));
  const writes: EpisodeWrite[] = [];
  let added = 0;
  let unchanged = 0;
  for (const one of facts) {
    const value: EpisodeRecord = { ...one, showId, hash: hashOf(one) };
    const oldGuid = existing.byEnclosure.get(one.enclosureKey);
    const before =
      existing.byGuid.get(one.guid) ??
      (oldGuid !== undefined && !guids.has(oldGuid) ? existing.byGuid.get(oldGuid) : undefined);
    if (!before) {
      added++;
      writes.push({ op: 'insert', id: uuidv7(), value });
    } else if (before.hash === value.hash) unchanged++;
    else writes.push({ op: 'upsert', id: before.id, value });
  }
  return { writes, added, updated: writes.length - added, unchanged };
}

const hashOf = (facts: EpisodeFacts): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 22);

async function readExisting(ctx: Ctx, showId: string): Promise<Existing> {
  const byGuid = new Map<string, { id: string; hash: string }>();
  const byEnclosure = new Map<string, string>();
  let after: string | undefined;
  do {
    const page = await ctx.collections.episodes.find({
      where: { showId },
      limit: 1000,
      ...(after !== undefined && { after }),
    });
    for (const { id, value } of page.items) {
      byGuid.set(value.guid, { id, hash: value.hash });
      byEnclosure.set(value.enclosureKey, value.guid);
    }
    after = page.next;
  } while (after !== undefined);
  return { byGuid, byEnclosure };
}

/** The show that this feed is about, by guid, then by address, then by its key. */
async function findShow(ctx: Ctx, { podcastGuid, feedKey, key }: ShowRecord): Promise<ShowItem | undefined> {
  const { shows } = ctx.collections;
  const first = async (where: NonNullable<Parameters<typeof shows.find>[0]>['where']): Promise<ShowItem | undefined> =>
    (await shows.find({ ...(where && { where }), limit: 1 })).items[0];
  return (
    (podcastGuid ? await first({ podcastGuid }) : undefined) ??
    (feedKey ? await first({ feedKey }) : undefined) ??
    (await first({ key }))
  );
}

function showRecordOf(ctx: Ctx, feed: Feed, { url, etag, lastModified }: FeedSource): ShowRecord {
  const now = ctx.now();
  // A feed that has moved says so; from then on the new address is read.
  const feedUrl = url && (feed.newUrl ?? url);
  const feedKey = feedUrl && computeFeedKey(feedUrl);
  return {
    ...feed.show,
    key: showKeyOf(feed, feedKey),
    status: 'active',
    failures: 0,
    importedAt: now,
    ...(feedUrl && {
      feedUrl,
      feedKey,
      refreshAt: new Date(now.getTime() + ctx.settings.refreshHours * 3_600_000),
    }),
    ...(feedUrl === url && etag && { etag: etag.slice(0, 500) }),
    ...(feedUrl === url && lastModified && { lastModified: lastModified.slice(0, 100) }),
  };
}

/** What makes a second import the same show. Some sites name their home page as the feed's own address, which would join all their shows. */
function showKeyOf({ show, selfUrl }: Pick<Feed, 'show' | 'selfUrl'>, feedKey?: string): string {
  if (show.podcastGuid) return `guid:${show.podcastGuid}`;
  if (feedKey) return `feed:${feedKey}`;
  const self = selfUrl && new URL(selfUrl);
  if (self && self.pathname.length > 1) return `feed:${computeFeedKey(self.href)}`;
  return `title:${show.title.toLowerCase()}|${show.link ?? ''}`;
}

/** A file says nothing of the address: keep the one that is known. */
function withoutAddress(known: ShowRecord, record: ShowRecord): Partial<ShowRecord> {
  if (record.feedUrl) return {};
  const { feedUrl, feedKey, refreshAt } = known;
  return { ...(feedUrl && { feedUrl }), ...(feedKey && { feedKey }), ...(refreshAt && { refreshAt }) };
}
