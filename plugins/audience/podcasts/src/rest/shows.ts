/** @module /api/v1/shows: list, create without a feed, read, change, archive, read the feed again; and a show's episodes. */
import { PodliftError } from '@podlift/sdk';
import { json, route, z, type App } from '@podlift/sdk/http';
import { PodcastErrors } from '../errors.ts';
import { tellOfShows } from '../findable.ts';
import { refreshShow, type Ctx } from '../manifest.ts';
import { showsImplementation } from '../shows-service.ts';
import { EpisodeJson, Id, ShowJson, toEpisodeJson, toShowJson } from './schemas.ts';

const READ = 'shows:read';
const WRITE = 'shows:write';
const tags = ['Shows'];
const Params = z.object({ id: Id });
const Page = {
  cursor: z.string().max(1000).optional().openapi({ description: 'The `next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
};
const Match = z.object({ 'if-match': z.string().max(100).optional() });
const none = { description: 'There is none of this id' };
const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

const NewShow = z
  .strictObject({
    title: z.string().trim().min(1).max(500),
    publisher: z.string().trim().min(1).max(500).optional(),
    language: z.string().max(35).optional(),
    categories: z.array(z.string().min(1).max(200)).max(20).default([]),
  })
  .openapi('NewShow', { example: { title: 'The Daily Loaf', publisher: 'Bakery Media' } });
const ShowChange = z
  .strictObject({
    title: z.string().trim().min(1).max(500).optional(),
    publisher: z.string().trim().min(1).max(500).nullable().optional(),
    status: z.enum(['active', 'archived']).optional(),
  })
  .openapi('ShowChange');

const list = route({
  method: 'get',
  path: '/api/v1/shows',
  tags,
  'x-permission': READ,
  summary: 'List shows',
  request: {
    query: z.object({
      ...Page,
      status: z.enum(['active', 'archived']).default('active'),
      title: z.string().max(500).optional(),
    }),
  },
  responses: { 200: json(pageOf(ShowJson), 'A page of shows') },
});
const create = route({
  method: 'post',
  path: '/api/v1/shows',
  tags,
  'x-permission': WRITE,
  summary: 'Create a show that has no feed',
  request: { body: { required: true, ...json(NewShow, 'The new show') } },
  responses: { 201: json(z.object({ id: Id }), 'Its id') },
});
const read = route({
  method: 'get',
  path: '/api/v1/shows/{id}',
  tags,
  'x-permission': READ,
  summary: 'Read a show',
  request: { params: Params },
  responses: { 200: json(ShowJson, 'The show, with its ETag'), 404: none },
});
const change = route({
  method: 'patch',
  path: '/api/v1/shows/{id}',
  tags,
  'x-permission': WRITE,
  summary: 'Change a show; its feed may overwrite the title when it is read again',
  request: { params: Params, headers: Match, body: { required: true, ...json(ShowChange, 'What changes') } },
  responses: { 204: { description: 'It was changed' }, 404: none, 412: { description: 'It was changed meanwhile' } },
});
const archive = route({
  method: 'delete',
  path: '/api/v1/shows/{id}',
  tags,
  'x-permission': WRITE,
  summary: 'Archive a show; placements and touchpoints go on naming it',
  request: { params: Params, headers: Match },
  responses: { 204: { description: 'It was archived, and its feed is not read any more' }, 404: none },
});
const refresh = route({
  method: 'post',
  path: '/api/v1/shows/{id}/refresh',
  tags,
  'x-permission': WRITE,
  summary: 'Read the feed again now, in the background',
  request: { params: Params },
  responses: { 202: { description: 'It is on its way' }, 404: none, 409: { description: 'The show has no feed' } },
});
const listEpisodes = route({
  method: 'get',
  path: '/api/v1/shows/{id}/episodes',
  tags,
  'x-permission': READ,
  summary: "List a show's episodes, newest first",
  request: { params: Params, query: z.object(Page) },
  responses: { 200: json(pageOf(EpisodeJson), 'A page of episodes'), 404: none },
});

/** Registers the routes. */
export function addShows(app: App<Ctx>): void {
  app.openapi(list, async (c) => {
    const { cursor, limit, status, title } = c.req.valid('query');
    const page = await c.var.ctx.collections.shows.find({
      where: { status, ...(title !== undefined && { title }) },
      limit,
      ...(cursor !== undefined && { after: cursor }),
    });
    return c.json({ items: page.items.map(toShowJson), next: page.next ?? null }, 200);
  });
  app.openapi(create, async (c) => {
    const { ids } = await showsImplementation.create({ shows: [c.req.valid('json')] }, c.var.ctx);
    const [id = ''] = ids;
    return c.json({ id }, 201, { location: `/api/v1/shows/${id}` });
  });
  app.openapi(read, async (c) => {
    const show = await find(c.var.ctx, c.req.valid('param').id);
    return c.json(toShowJson(show), 200, { etag: `"${show.version}"` });
  });
  app.openapi(change, async (c) => {
    const { ctx } = c.var;
    const { publisher, title, status } = c.req.valid('json');
    const show = await find(ctx, c.req.valid('param').id, c.req.valid('header')['if-match']);
    const { publisher: before, ...rest } = show.value;
    const kept = publisher === undefined ? before : (publisher ?? undefined);
    const value = {
      ...rest,
      ...(title !== undefined && { title }),
      ...(status && { status }),
      ...(kept !== undefined && { publisher: kept }),
    };
    await ctx.collections.shows.upsert(show.id, value, { version: show.version });
    await tellOfShows(ctx, [{ id: show.id, value }]);
    return c.body(null, 204);
  });
  app.openapi(archive, async (c) => {
    const { ctx } = c.var;
    const show = await find(ctx, c.req.valid('param').id, c.req.valid('header')['if-match']);
    const { refreshAt: _, ...rest } = show.value;
    const value = { ...rest, status: 'archived' } as const;
    await ctx.collections.shows.upsert(show.id, value, { version: show.version });
    await tellOfShows(ctx, [{ id: show.id, value }]);
    return c.body(null, 204);
  });
  app.openapi(refresh, async (c) => {
    const { ctx } = c.var;
    const show = await find(ctx, c.req.valid('param').id);
    if (show.value.feedUrl === undefined) throw PodcastErrors.noFeed();
    await ctx.enqueue(refreshShow, { showId: show.id }, { key: show.id });
    return c.body(null, 202);
  });
  app.openapi(listEpisodes, async (c) => {
    const { ctx } = c.var;
    const { id } = await find(ctx, c.req.valid('param').id);
    const { cursor, limit } = c.req.valid('query');
    const page = await ctx.collections.episodes.find({
      where: { showId: id },
      orderBy: { field: 'publishedAt', direction: 'desc' },
      limit,
      ...(cursor !== undefined && { after: cursor }),
    });
    return c.json({ items: page.items.map(toEpisodeJson), next: page.next ?? null }, 200);
  });
}

async function find(ctx: Ctx, id: string, ifMatch?: string) {
  const show = await ctx.collections.shows.get(id);
  if (!show) throw PodliftError.notFound(`show ${id}`);
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch.replace(/^W\//, '') !== `"${show.version}"`)
    throw PodcastErrors.changed();
  return show;
}
