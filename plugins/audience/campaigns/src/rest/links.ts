import { z, type App } from '@podlift/sdk/http';
import { NewLink, Slug, Target, Vanity } from '../contract.ts';
import { LinkEntity, type LinkRow } from '../entities.ts';
import { refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { createLinks } from '../store/create.ts';
import { hasRun, retire } from '../store/retire.ts';
import { announce } from '../store/revision.ts';
import { checked, etagOf, given, pageOptions, pageWhere, toPage } from './lists.ts';
import { Id, life, resource, toLife } from './schemas.ts';

const { utm } = NewLink.shape;
const Link = z
  .object({
    id: Id,
    slug: z.string(),
    target: z.string(),
    campaignId: Id,
    placementId: Id.nullable(),
    utm: z.record(z.string(), z.string()),
    vanityUrl: z
      .string()
      .nullable()
      .openapi({ description: 'A speakable address on the shop that stands for the same placement.' }),
    ...life,
  })
  .openapi('TrackingLink', { description: 'A link in show notes, and the speakable address that goes with it.' });
const New = z
  .strictObject({
    slug: Slug,
    target: Target,
    campaignId: Id,
    placementId: Id.optional(),
    utm,
    vanityUrl: Vanity.optional(),
  })
  .openapi('NewTrackingLink', {
    example: {
      slug: 'tim',
      target: 'https://brew.example/tim',
      campaignId: '0192b6e2-3c4d-7e5f-8a9b-0c1d2e3f4a5b',
      utm: { source: 'podcast', campaign: 'spring' },
      vanityUrl: 'brew.example/tim',
    },
  });
const Change = z
  .strictObject({
    target: Target.optional(),
    placementId: Id.nullable().optional(),
    utm,
    vanityUrl: Vanity.nullable().optional(),
  })
  .openapi('TrackingLinkChange');

const links = resource('/api/v1/links', 'tracking link', {
  Out: Link,
  New,
  Change,
  filter: { slug: z.string().max(64).optional(), campaignId: Id.optional(), placementId: Id.optional() },
});

const toJson = (row: LinkRow): z.output<typeof Link> => ({
  ...toLife(row),
  slug: row.slug,
  target: row.target,
  campaignId: row.campaignId,
  placementId: row.placementId ?? null,
  utm: row.utm,
  vanityUrl: row.vanity ?? null,
});

/** Registers /api/v1/links. */
export function addLinks(app: App<Ctx>): void {
  app.openapi(links.list, async (c) => {
    const query = c.req.valid('query');
    const em = await c.var.ctx.db.em();
    const { campaignId, placementId, slug } = query;
    const where = { ...pageWhere(query), ...given({ campaignId, placementId, slug }) };
    return c.json(toPage(await em.find(LinkEntity, where, pageOptions(query)), query.limit, toJson), 200);
  });
  app.openapi(links.create, async (c) => {
    const { ctx } = c.var;
    const [id = ''] = await createLinks(ctx, [c.req.valid('json')]);
    const row = await (await ctx.db.em()).findOneOrFail(LinkEntity, { id });
    return c.json(toJson(row), 201, { etag: etagOf(row), location: `/api/v1/links/${id}` });
  });
  app.openapi(links.read, async (c) => {
    const { id } = c.req.valid('param');
    const row = checked(await (await c.var.ctx.db.em()).findOne(LinkEntity, { id }), 'tracking link', id);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(links.change, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const { vanityUrl, ...change } = c.req.valid('json');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(LinkEntity, { id }), 'tracking link', id, c.req.valid('header')['if-match']);
    em.assign(row, given({ ...change, vanity: vanityUrl, liveVanity: vanityUrl, updatedAt: ctx.now() }));
    await refusing(() => em.flush());
    await announce(ctx, { kind: 'link', change: 'updated', ids: [id] });
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(links.remove, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(LinkEntity, { id }), 'tracking link', id, c.req.valid('header')['if-match']);
    em.assign(row, { liveSlug: null, liveVanity: null });
    if (await retire(ctx, 'link', row, await hasRun(ctx, row.campaignId))) return c.body(null, 204);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
}
