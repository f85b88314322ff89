/** @module POST /api/v1/feeds/import: a feed from an address or a file. */
import { PodliftError } from '@podlift/sdk';
import { json, route, z, type App } from '@podlift/sdk/http';
import { PodcastErrors } from '../errors.ts';
import { MAX_FEED_BYTES, readFeed } from '../feed.ts';
import { importUrl } from '../fetch.ts';
import { storeFeed, type ImportResult } from '../import.ts';
import type { Ctx } from '../manifest.ts';
import { computeFeedKey, tryUrl } from '../values.ts';
import { ImportJson } from './schemas.ts';

const FromUrl = z
  .object({ url: z.string().max(4096) })
  .openapi('FeedAddress', { example: { url: 'https://feeds.example.com/show.xml' } });
const binary = { schema: z.string().openapi({ format: 'binary' }) };
/** A file in a form comes with its boundaries around it. */
const ROOM = 64 * 1024;

const importFeed = route({
  method: 'post',
  path: '/api/v1/feeds/import',
  tags: ['Shows'],
  'x-permission': 'shows:write',
  'x-body-limit': MAX_FEED_BYTES + ROOM,
  'x-timeout-ms': 60_000,
  summary: 'Import a podcast feed from an address or a file',
  description:
    'Send {"url": …}, the XML itself, or a form with the field `file`. The same feed twice changes nothing the second time: episodes are known by their guid, or by their file when they have none.',
  responses: {
    200: json(ImportJson, 'A known show was brought up to date'),
    201: json(ImportJson, 'A new show was created'),
    422: { description: 'Not a feed, not a podcast, too large, or not readable; the code says which' },
  },
});
/** The body is read by hand, so that a feed of 30 MB is never held twice; this documents it. */
const body = {
  required: true,
  content: {
    'application/json': { schema: FromUrl },
    'application/rss+xml': binary,
    'application/xml': binary,
    'text/xml': binary,
    'application/octet-stream': binary,
    'multipart/form-data': { schema: z.object({ file: z.string().openapi({ format: 'binary' }) }) },
  },
};

/** Registers the import. */
export function addFeeds(app: App<Ctx>): void {
  app.openAPIRegistry.registerPath({ ...importFeed, request: { body } });
  app.post('/api/v1/feeds/import', async (c) => {
    const { ctx } = c.var;
    const type = c.req.header('content-type') ?? '';
    if (/^application\/json\b/i.test(type)) {
      const sent: unknown = await c.req.json().catch((error: Error) => {
        throw PodliftError.malformedBody(error.message);
      });
      const { url } = FromUrl.catch({ url: '' }).parse(sent);
      if (url === '') throw PodcastErrors.noSource();
      const result = await importUrl(ctx, url);
      return result ? answer(result) : Response.json(await notModified(ctx, url));
    }
    if (/^multipart\/form-data\b/i.test(type)) {
      const form = await c.req.formData().catch((error: Error) => {
        throw PodliftError.malformedBody(error.message);
      });
      const file = [...form.values()].find((value) => typeof value !== 'string');
      if (!file) throw PodcastErrors.noSource();
      return answer(await storeFeed(ctx, await readFeed(file.stream())));
    }
    const stream = c.req.raw.body;
    if (!stream) throw PodcastErrors.noSource();
    return answer(await storeFeed(ctx, await readFeed(stream, { contentType: type })));
  });
}

const answer = (result: ImportResult): Response =>
  Response.json(
    { ...result, notModified: false },
    { status: result.created ? 201 : 200, headers: { location: `/api/v1/shows/${result.showId}` } },
  );

async function notModified(ctx: Ctx, given: string): Promise<z.output<typeof ImportJson>> {
  const url = tryUrl(given);
  const feedKey = url && computeFeedKey(url);
  const [show] = feedKey ? (await ctx.collections.shows.find({ where: { feedKey }, limit: 1 })).items : [];
  if (!show) throw PodcastErrors.urlInvalid();
  const { title } = show.value;
  return {
    showId: show.id,
    title,
    created: false,
    notModified: true,
    added: 0,
    updated: 0,
    unchanged: 0,
    failed: 0,
    problems: [],
    warnings: [],
  };
}
