import { z, type App } from '@podlift/sdk/http';
import { CAMPAIGN_STATUSES, Currency, GOALS, NewCampaign, toDecimal } from '../contract.ts';
import { CampaignEntity, CodeEntity, LinkEntity, PlacementEntity, type CampaignRow } from '../entities.ts';
import { refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { createCampaigns, nameKey } from '../store/create.ts';
import { retire } from '../store/retire.ts';
import { announce } from '../store/revision.ts';
import { checked, etagOf, given, pageOptions, pageWhere, toPage } from './lists.ts';
import { Amount, Id, Instant, iso, life, resource, toLife } from './schemas.ts';

const Status = z.enum(CAMPAIGN_STATUSES);
const Goal = z.enum(GOALS);
const Campaign = z
  .object({
    id: Id,
    sponsorId: Id,
    name: z.string(),
    status: Status,
    goal: Goal,
    budget: z.object({ amount: z.string(), currency: z.string() }),
    startsAt: z.iso.datetime().nullable(),
    endsAt: z.iso.datetime().nullable(),
    ...life,
  })
  .openapi('Campaign', { description: 'What a sponsor wants, when, and for how much.' });
const Budget = z.strictObject({ amount: Amount, currency: Currency.default('USD') });
const { name } = NewCampaign.shape;
const New = z
  .strictObject({
    sponsorId: Id,
    name,
    status: Status.default('draft'),
    goal: Goal.default('purchase'),
    budget: Budget.optional(),
    startsAt: Instant.optional(),
    endsAt: Instant.optional(),
  })
  .openapi('NewCampaign', {
    example: {
      sponsorId: '0192b6e2-3c4d-7e5f-8a9b-0c1d2e3f4a5b',
      name: 'Spring',
      status: 'active',
      budget: { amount: '15000', currency: 'USD' },
      startsAt: '2026-03-01T00:00:00Z',
      endsAt: '2026-06-01T00:00:00Z',
    },
  });
const Change = z
  .strictObject({
    name: name.optional(),
    status: Status.optional(),
    goal: Goal.optional(),
    budget: Budget.optional(),
    startsAt: Instant.nullable().optional(),
    endsAt: Instant.nullable().optional(),
  })
  .openapi('CampaignChange');

const campaigns = resource('/api/v1/campaigns', 'campaign', {
  Out: Campaign,
  New,
  Change,
  filter: { sponsorId: Id.optional(), status: Status.optional(), name: z.string().max(200).optional() },
});

const toJson = (row: CampaignRow): z.output<typeof Campaign> => ({
  ...toLife(row),
  sponsorId: row.sponsorId,
  name: row.name,
  status: Status.parse(row.status),
  goal: Goal.parse(row.goal),
  budget: { amount: toDecimal(row.budgetMicros), currency: row.currency },
  startsAt: iso(row.startsAt),
  endsAt: iso(row.endsAt),
});

/** Registers /api/v1/campaigns. */
export function addCampaigns(app: App<Ctx>): void {
  app.openapi(campaigns.list, async (c) => {
    const query = c.req.valid('query');
    const em = await c.var.ctx.db.em();
    const { sponsorId, status } = query;
    const where = { ...pageWhere(query), ...given({ sponsorId, status, nameKey: query.name && nameKey(query.name) }) };
    return c.json(toPage(await em.find(CampaignEntity, where, pageOptions(query)), query.limit, toJson), 200);
  });
  app.openapi(campaigns.create, async (c) => {
    const { ctx } = c.var;
    const { budget, ...body } = c.req.valid('json');
    const [id = ''] = await createCampaigns(ctx, [
      { ...body, budgetMicros: budget?.amount ?? 0n, currency: budget?.currency ?? 'USD' },
    ]);
    const row = await (await ctx.db.em()).findOneOrFail(CampaignEntity, { id });
    return c.json(toJson(row), 201, { etag: etagOf(row), location: `/api/v1/campaigns/${id}` });
  });
  app.openapi(campaigns.read, async (c) => {
    const { id } = c.req.valid('param');
    const row = checked(await (await c.var.ctx.db.em()).findOne(CampaignEntity, { id }), 'campaign', id);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(campaigns.change, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const { budget, ...change } = c.req.valid('json');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(CampaignEntity, { id }), 'campaign', id, c.req.valid('header')['if-match']);
    em.assign(
      row,
      given({
        ...change,
        nameKey: change.name && nameKey(change.name),
        budgetMicros: budget?.amount,
        currency: budget?.currency,
        updatedAt: ctx.now(),
      }),
    );
    await refusing(() => em.flush());
    await announce(ctx, { kind: 'campaign', change: 'updated', ids: [id] });
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(campaigns.remove, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(CampaignEntity, { id }), 'campaign', id, c.req.valid('header')['if-match']);
    const referenced =
      row.status !== 'draft' ||
      (await em.count(PlacementEntity, { campaignId: id })) > 0 ||
      (await em.count(CodeEntity, { campaignId: id })) > 0 ||
      (await em.count(LinkEntity, { campaignId: id })) > 0;
    if (await retire(ctx, 'campaign', row, referenced)) return c.body(null, 204);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
}
