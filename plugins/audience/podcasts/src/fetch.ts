/** @module Reads feeds over the network, asking whether they changed since the last time. */
import { errorText, PodcastErrors } from './errors.ts';
import { readFeed } from './feed.ts';
import { storeFeed, type ImportResult } from './import.ts';
import type { Ctx } from './manifest.ts';
import { notifications, TELL_AFTER } from './notifications.ts';
import { computeFeedKey, tryUrl } from './values.ts';

const ACCEPT = 'application/rss+xml, application/atom+xml;q=0.8, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1';
/** A feed that fails is tried again later and later, at most after this many hours. */
const MAX_BACKOFF_HOURS = 168;

/** Reads a feed from an address. Undefined when the server says that nothing changed since `show` was read. */
export async function importUrl(ctx: Ctx, given: string, show?: ShowItem): Promise<ImportResult | undefined> {
  const url = tryUrl(given);
  if (!url) throw PodcastErrors.urlInvalid();
  const known =
    show ?? (await ctx.collections.shows.find({ where: { feedKey: computeFeedKey(url) }, limit: 1 })).items[0];
  const { etag, lastModified } = known?.value ?? {};
  const response = await ctx.fetch(url, {
    headers: {
      accept: ACCEPT,
      ...(etag && { 'if-none-match': etag }),
      ...(lastModified && { 'if-modified-since': lastModified }),
    },
    signal: ctx.signal,
  });
  if (response.status === 304 && known) {
    const { lastError: _, ...rest } = known.value;
    const status = show ? rest.status : 'active';
    const fresh = { ...rest, status, failures: 0, refreshAt: later(ctx, ctx.settings.refreshHours) };
    await ctx.collections.shows.upsert(known.id, fresh, { version: known.version });
    return undefined;
  }
  if (!response.ok || !response.body) throw PodcastErrors.refused(url, response.status);
  const contentType = response.headers.get('content-type');
  const feed = await readFeed(response.body, { ...(contentType && { contentType }) });
  const validators = { etag: response.headers.get('etag'), lastModified: response.headers.get('last-modified') };
  return storeFeed(ctx, feed, {
    url,
    ...(validators.etag && { etag: validators.etag }),
    ...(validators.lastModified && { lastModified: validators.lastModified }),
    ...(show && { show }),
  });
}
type ShowItem = NonNullable<Awaited<ReturnType<Ctx['collections']['shows']['get']>>>;

/** Reads a show's feed again. A failure is written to the show, where people see it, and tried again later. */
export async function refresh(ctx: Ctx, showId: string): Promise<void> {
  const show = await ctx.collections.shows.get(showId);
  if (!show?.value.feedUrl || show.value.status === 'archived') return;
  try {
    await importUrl(ctx, show.value.feedUrl, show);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    const failures = show.value.failures + 1;
    const hours = Math.min(MAX_BACKOFF_HOURS, ctx.settings.refreshHours * 2 ** Math.min(failures - 1, 8));
    await ctx.collections.shows.update(showId, { failures, lastError: errorText(error), refreshAt: later(ctx, hours) });
    ctx.log.warn('a feed could not be read again', { showId, failures });
    if (failures === TELL_AFTER)
      await ctx.notify(notifications.feedFailing, {
        to: notifications.to,
        data: { showId, show: show.value.title, failures, reason: errorText(error) },
        key: `${showId}:${ctx.now().toISOString().slice(0, 10)}`,
      });
  }
}

const later = (ctx: Ctx, hours: number): Date => new Date(ctx.now().getTime() + hours * 3_600_000);
