import { z, type App } from '@podlift/sdk/http';
import { NewSponsor } from '../contract.ts';
import { CampaignEntity, SponsorEntity, type SponsorRow } from '../entities.ts';
import { refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { createSponsors, nameKey } from '../store/create.ts';
import { retire } from '../store/retire.ts';
import { announce } from '../store/revision.ts';
import { checked, etagOf, given, pageOptions, pageWhere, toPage } from './lists.ts';
import { Id, life, resource, toLife } from './schemas.ts';

const Sponsor = z
  .object({ id: Id, name: z.string(), domain: z.string().nullable(), ...life })
  .openapi('Sponsor', { description: 'Who pays for the advertising.' });
const { name, domain } = NewSponsor.shape;
const New = z
  .strictObject({ name, domain })
  .openapi('NewSponsor', { example: { name: 'Brew & Co', domain: 'brew.example' } });
const Change = z.strictObject({ name: name.optional(), domain: domain.nullable() }).openapi('SponsorChange');

const sponsors = resource('/api/v1/sponsors', 'sponsor', {
  Out: Sponsor,
  New,
  Change,
  filter: { name: z.string().max(200).optional() },
});

const toJson = (row: SponsorRow): z.output<typeof Sponsor> => ({
  ...toLife(row),
  name: row.name,
  domain: row.domain ?? null,
});

/** Registers /api/v1/sponsors. */
export function addSponsors(app: App<Ctx>): void {
  app.openapi(sponsors.list, async (c) => {
    const query = c.req.valid('query');
    const em = await c.var.ctx.db.em();
    const where = { ...pageWhere(query), ...given({ nameKey: query.name && nameKey(query.name) }) };
    return c.json(toPage(await em.find(SponsorEntity, where, pageOptions(query)), query.limit, toJson), 200);
  });
  app.openapi(sponsors.create, async (c) => {
    const { ctx } = c.var;
    const [id = ''] = await createSponsors(ctx, [c.req.valid('json')]);
    const row = await (await ctx.db.em()).findOneOrFail(SponsorEntity, { id });
    return c.json(toJson(row), 201, { etag: etagOf(row), location: `/api/v1/sponsors/${id}` });
  });
  app.openapi(sponsors.read, async (c) => {
    const { id } = c.req.valid('param');
    const row = checked(await (await c.var.ctx.db.em()).findOne(SponsorEntity, { id }), 'sponsor', id);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(sponsors.change, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const change = c.req.valid('json');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(SponsorEntity, { id }), 'sponsor', id, c.req.valid('header')['if-match']);
    em.assign(row, given({ ...change, nameKey: change.name && nameKey(change.name), updatedAt: ctx.now() }));
    await refusing(() => em.flush());
    await announce(ctx, { kind: 'sponsor', change: 'updated', ids: [id] });
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(sponsors.remove, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(SponsorEntity, { id }), 'sponsor', id, c.req.valid('header')['if-match']);
    const referenced = (await em.count(CampaignEntity, { sponsorId: id })) > 0;
    if (await retire(ctx, 'sponsor', row, referenced)) return c.body(null, 204);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
}
