import { z, type App } from '@podlift/sdk/http';
import { DELIVERIES, NewPlacement, READS, SLOTS, toDecimal } from '../contract.ts';
import { CodeEntity, LinkEntity, PlacementEntity, type PlacementRow } from '../entities.ts';
import { refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { checkShows, createPlacements } from '../store/create.ts';
import { hasRun, retire } from '../store/retire.ts';
import { announce } from '../store/revision.ts';
import { checked, etagOf, given, pageOptions, pageWhere, toPage } from './lists.ts';
import { Amount, Id, Instant, iso, life, resource, toLife } from './schemas.ts';

const Slot = z.enum(SLOTS);
const Delivery = z.enum(DELIVERIES);
const Read = z.enum(READS);
const Placement = z
  .object({
    id: Id,
    campaignId: Id,
    showId: Id,
    episodeId: Id.nullable(),
    name: z.string().nullable(),
    slot: Slot,
    delivery: Delivery,
    read: Read,
    cost: z.string().openapi({ description: "In the campaign's currency." }),
    impressionsExpected: z.int().nullable(),
    airsAt: z.iso.datetime().nullable(),
    liveUntil: z.iso.datetime().nullable(),
    ...life,
  })
  .openapi('Placement', { description: 'One booked spot: where it is heard, how it is delivered, who reads it.' });
const { name, impressionsExpected } = NewPlacement.shape;
const New = z
  .strictObject({
    campaignId: Id,
    showId: Id,
    episodeId: Id.optional(),
    name,
    slot: Slot.default('mid'),
    delivery: Delivery.default('baked_in'),
    read: Read.default('host'),
    cost: Amount.optional(),
    impressionsExpected,
    airsAt: Instant.optional(),
    liveUntil: Instant.optional(),
  })
  .openapi('NewPlacement');
const Change = z
  .strictObject({
    showId: Id.optional(),
    episodeId: Id.nullable().optional(),
    name: name.nullable(),
    slot: Slot.optional(),
    delivery: Delivery.optional(),
    read: Read.optional(),
    cost: Amount.optional(),
    impressionsExpected: impressionsExpected.nullable(),
    airsAt: Instant.nullable().optional(),
    liveUntil: Instant.nullable().optional(),
  })
  .openapi('PlacementChange');

const placements = resource('/api/v1/placements', 'placement', {
  Out: Placement,
  New,
  Change,
  filter: { campaignId: Id.optional(), showId: Id.optional(), delivery: Delivery.optional() },
});

const toJson = (row: PlacementRow): z.output<typeof Placement> => ({
  ...toLife(row),
  campaignId: row.campaignId,
  showId: row.showId,
  episodeId: row.episodeId ?? null,
  name: row.name ?? null,
  slot: Slot.parse(row.slot),
  delivery: Delivery.parse(row.delivery),
  read: Read.parse(row.read),
  cost: toDecimal(row.costMicros),
  impressionsExpected: row.impressionsExpected ?? null,
  airsAt: iso(row.airsAt),
  liveUntil: iso(row.liveUntil),
});

/** Registers /api/v1/placements. */
export function addPlacements(app: App<Ctx>): void {
  app.openapi(placements.list, async (c) => {
    const query = c.req.valid('query');
    const em = await c.var.ctx.db.em();
    const { campaignId, showId, delivery } = query;
    const where = { ...pageWhere(query), ...given({ campaignId, showId, delivery }) };
    return c.json(toPage(await em.find(PlacementEntity, where, pageOptions(query)), query.limit, toJson), 200);
  });
  app.openapi(placements.create, async (c) => {
    const { ctx } = c.var;
    const { cost, ...body } = c.req.valid('json');
    const [id = ''] = await createPlacements(ctx, [{ ...body, costMicros: cost ?? 0n }]);
    const row = await (await ctx.db.em()).findOneOrFail(PlacementEntity, { id });
    return c.json(toJson(row), 201, { etag: etagOf(row), location: `/api/v1/placements/${id}` });
  });
  app.openapi(placements.read, async (c) => {
    const { id } = c.req.valid('param');
    const row = checked(await (await c.var.ctx.db.em()).findOne(PlacementEntity, { id }), 'placement', id);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(placements.change, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const { cost, ...change } = c.req.valid('json');
    if (change.showId !== undefined) await checkShows(ctx, [change.showId]);
    const em = await ctx.db.em();
    const row = checked(await em.findOne(PlacementEntity, { id }), 'placement', id, c.req.valid('header')['if-match']);
    em.assign(row, given({ ...change, costMicros: cost, updatedAt: ctx.now() }));
    await refusing(() => em.flush());
    await announce(ctx, { kind: 'placement', change: 'updated', ids: [id] });
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
  app.openapi(placements.remove, async (c) => {
    const { ctx } = c.var;
    const { id } = c.req.valid('param');
    const em = await ctx.db.em();
    const row = checked(await em.findOne(PlacementEntity, { id }), 'placement', id, c.req.valid('header')['if-match']);
    const referenced =
      (await hasRun(ctx, row.campaignId)) ||
      (await em.count(CodeEntity, { placementId: id })) > 0 ||
      (await em.count(LinkEntity, { placementId: id })) > 0;
    if (await retire(ctx, 'placement', row, referenced)) return c.body(null, 204);
    return c.json(toJson(row), 200, { etag: etagOf(row) });
  });
}
