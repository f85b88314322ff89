/** @module Events and orders in the shape of Segment: checked, resolved to campaigns, stored exactly once. */
import { changed } from '@podlift/audience-campaigns/contract';
import { definePlugin } from '@podlift/sdk';
import { classes, provide as bind } from '@podlift/sdk/di';
import { intake, landed, linked } from './contract.ts';
import { intakeImplementation } from './intake.ts';
import { manifest, roll, tidy } from './manifest.ts';
import { markLanded, refreshRollups } from './rollups.ts';
import { routes } from './routes.ts';
import { nameHouseholds } from './subject.ts';
import { stitchNew, stitchRecent } from './stitch.ts';
import { TenantStates, tenantStates } from './tenant-state.ts';

/** The current hour is computed anew so seldom while events land. */
const ROLL_DELAY_MS = 10_000;
/** Hours that one job computes: a month in one go. */
const ROLL_HOURS = 24 * 31;

const FORGET_KEYS = `delete from touchpoint_key where tenant_id = $1 and seen < $2::date`;

export default definePlugin(manifest, (declare) => {
  declare.use(classes(bind(tenantStates, TenantStates, [])));
  declare.provide(intake, intakeImplementation);
  declare.subject(nameHouseholds);
  declare.routes(routes);
  declare.on(changed, (_, ctx) => ctx.get(tenantStates).forget(ctx.tenant));
  declare.onBatch(linked, async (_, ctx) => {
    await stitchNew(ctx);
  });
  declare.onBatch(landed, async (items, ctx) => {
    await markLanded(
      ctx,
      items.map(({ payload }) => payload),
    );
    await ctx.enqueue(roll, {}, { key: 'roll', delayMs: ROLL_DELAY_MS });
  });
  declare.job(roll, async (_, ctx) => {
    if (await refreshRollups(ctx, ROLL_HOURS)) await ctx.enqueue(roll, {}, { key: 'roll' });
  });
  declare.job(tidy, async (_, ctx) => {
    const oldest = new Date(ctx.now().getTime() - ctx.settings.dedupeDays * 86_400_000);
    await ctx.db.query(FORGET_KEYS, [ctx.db.tenant, oldest.toISOString().slice(0, 10)]);
    while ((await stitchNew(ctx)) > 0);
    await stitchRecent(ctx);
    if (await refreshRollups(ctx, ROLL_HOURS)) await ctx.enqueue(roll, {}, { key: 'roll' });
  });
});
