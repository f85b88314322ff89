import { z, type App } from '@podlift/sdk/http';
import { Code } from '../contract.ts';
import { CodeEntity, type CodeRow } from '../entities.ts';
import { refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { createCodes } from '../store/create.ts';
import { hasRun, retire } from '../store/retire.ts';
import { announce } from '../store/revision.ts';
import { checked, etagOf, given, pageOptions, pageWhere, toPage } from './lists.ts';
import { Id, Instant, iso, life, resource, toLife } from './schemas.ts';

const PromoCode = z
  .object({
    id: Id,
    code: z.string(),
    campaignId: Id,
    placementId: Id.nullable(),
    shared: z.boolean().openapi({ description: 'Several placements say it, so it names the campaign only.' }),
    validFrom: z.iso.datetime().nullable(),
    validUntil: z.iso.datetime().nullable(),
    ...life,
  })
  .openapi('PromoCode', { description: 'What listeners type at the checkout. Case does not matter.' });
const New = z
  .strictObject({
    code: Code,
    campaignId: Id,
    placementId: Id.optional(),
    shared: z.boolean().default(false),
    validFrom: Instant.optional(),
    validUntil: Instant.optional(),
  })
  .openapi('NewPromoCode', { example: { code: 'TIM10', campaignId: '0192b6e2-3c4d-7e5f-8a9b-0c1d2e3f4a5b' } });
const Change = z
  .strictObject({
    placementId: Id.nullable().optional(),
    shared: z.boolean().optional(),
    validFrom: Instant.nullable().optional(),
    validUntil: Instant.nullable().optional(),
  })
  .openapi('PromoCodeChange');

const codes = resource('/api/v1/codes', 'promo code', {
  Out: PromoCode,
  New,
  Change,
  filter: { code: z.string().max(64).optional(), campaignId: Id.optional(), placementId: Id.optional() },
});

const toJson = (row: CodeRow): z.output<typeof PromoCode> => ({
  ...toLife(row),
  code: row.code,
  campaignId: row.campaignId,
  placementId: row.placementId ?? null,
  shared: row.shared,
  validFrom: iso(row.validFrom),
  validUntil: iso(row.validUntil),
});

/** Registers /api/v1/codes. */
export function addCodes(app: App<Ctx>): void {
  app.openapi(codes.list, async (c) => {
    const query = c.req.valid('query');
    const em = await c.var.ctx.db.em();
    const { campaignId, placementId } = query;
    const where = {
      ...pageWhere(query),
      ...given({ campaignId, placementId, codeKey: query.code?.trim().toLowerCase() }),
    };
    return c.json(toPage(await em.find(CodeEntity, where, pageOptions(query)), query.limit, toJson), 200);
  });
  app.openapi(codes.create, async (c) => {
    const { ctx } = c.var;
    const [id = ''] = await createCodes(ctx, [c.req.valid('json')]);
    const row = await (await ctx.db.em()).findOneOrFail(CodeEntity, { id });
    return c.json(toJson(row), 201, { etag: etagOf(row), location: `/api/v1/codes/${id}` });
  });
  app.openapi(codes.read, async (c) => {
    const { id } = c.req.valid('param');
    const row = checked(await (await c.var.ctx.db.em()).findOne(CodeEntity, { id }), 'promo code', id);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(codes.change, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(CodeEntity, { id }), 'promo code', id, c.req.valid('header')['if-match']);
    em.assign(row, given({ ...c.req.valid('json'), updatedAt: ctx.now() }));
    await refusing(() => em.flush());
    await announce(ctx, { kind: 'code', change: 'updated', ids: [id] });
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(codes.remove, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(CodeEntity, { id }), 'promo code', id, c.req.valid('header')['if-match']);
    row.liveKey = null;
    if (await retire(ctx, 'code', row, await hasRun(ctx, row.campaignId))) return c.body(null, 204);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
}
