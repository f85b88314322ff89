/** @module The bulk door for other plugins: columns of touchpoints and orders, thousands a call. */
import { PodliftError, type Implementation, type InvalidField } from '@podlift/sdk';
import { addOrder, addTouch, createLinkColumns, createOrderColumns, createTouchColumns } from './columns.ts';
import { MAX_ROWS, type intake, type Landed } from './contract.ts';
import { MAX_FUTURE_MS } from './limits.ts';
import { messageKey } from './keys.ts';
import { land } from './land.ts';
import type { Ctx } from './manifest.ts';
import { tenantStates } from './tenant-state.ts';

type Rejected = Landed['rejected'][number];

/** How `tracking.intake@1` is done. */
export const intakeImplementation: Implementation<(typeof intake)['methods'], Ctx> = {
  async touchpoints(
    { at, households, kinds, channels, placementIds, campaignIds, showIds, episodeIds, messageIds },
    ctx,
  ) {
    const rows = at.length;
    checkLengths(rows, { households, kinds, channels, placementIds, campaignIds, showIds, episodeIds, messageIds });
    const { catalog } = await ctx.get(tenantStates).of(ctx);
    const timeProblem = createTimeCheck(ctx);
    const touches = createTouchColumns();
    const rejected: Rejected[] = [];
    for (let i = 0; i < rows; i++) {
      const time = at[i] ?? Number.NaN;
      const wrong = timeProblem(time);
      if (wrong) {
        rejected.push({ index: i, ...wrong });
        continue;
      }
      const placement = placementIds?.[i] ?? null;
      const campaign = campaignIds?.[i] ?? null;
      const known =
        placement === null
          ? campaign === null
            ? undefined
            : catalog.byCampaign(campaign)
          : catalog.byPlacement(placement);
      if ((placement !== null || campaign !== null) && !known) {
        rejected.push({
          index: i,
          code: 'tracking.placement_unknown',
          message: 'the catalogue has no such placement or campaign',
        });
        continue;
      }
      const show = showIds?.[i] ?? known?.show ?? null;
      const episode = episodeIds?.[i] ?? known?.episode ?? null;
      const booking = known && { ...known, show, episode };
      const kind = kinds[i] ?? 'event';
      const key = messageIds?.[i];
      addTouch(
        touches,
        time,
        key === undefined ? undefined : messageKey(key),
        households[i] ?? '',
        kind,
        channels?.[i] ?? (known ? 'podcast' : 'direct'),
        null,
        known ? 'id' : null,
        booking,
      );
    }
    return { ...(await land(ctx, touches, createOrderColumns(), createLinkColumns())), rejected };
  },

  async orders({ orderIds, at, households, valuesMicros, currencies, codes, newCustomers, placementIds }, ctx) {
    const rows = at.length;
    checkLengths(rows, { orderIds, households, valuesMicros, currencies, codes, newCustomers, placementIds });
    const { catalog } = await ctx.get(tenantStates).of(ctx);
    const timeProblem = createTimeCheck(ctx);
    const orders = createOrderColumns();
    const rejected: Rejected[] = [];
    for (let i = 0; i < rows; i++) {
      const time = at[i] ?? Number.NaN;
      const valueMicros = valuesMicros[i] ?? 0n;
      const placement = placementIds?.[i] ?? null;
      const known = placement === null ? undefined : catalog.byPlacement(placement);
      const wrong =
        timeProblem(time) ??
        (valueMicros < 0n
          ? { code: 'tracking.revenue_invalid', message: 'the value of an order is not negative' }
          : undefined) ??
        (placement !== null && !known
          ? { code: 'tracking.placement_unknown', message: 'the catalogue has no such placement' }
          : undefined);
      if (wrong) {
        rejected.push({ index: i, ...wrong });
        continue;
      }
      const code = codes?.[i]?.trim().toLowerCase() || null;
      const coded = known || code === null ? undefined : catalog.byCode(code, time);
      const isNew = newCustomers?.[i];
      addOrder(orders, {
        at: time,
        key: undefined,
        kind: 'order',
        orderId: orderIds[i] ?? '',
        household: households[i] ?? '',
        valueMicros,
        currency: currencies[i] ?? ctx.settings.currency,
        code,
        evidence: known ? 'id' : coded ? 'code' : null,
        booking: known ?? coded,
        newCustomer: isNew === 0 ? false : isNew === 1 ? true : null,
      });
    }
    return { ...(await land(ctx, createTouchColumns(), orders, createLinkColumns())), rejected };
  },

  async keys({ kind, values }, ctx) {
    const { keys } = await ctx.get(tenantStates).of(ctx);
    return { households: values.map((value) => keys.of(kind, value)) };
  },
};

/** All columns have a value for every row. */
function checkLengths(rows: number, columns: Readonly<Record<string, { readonly length: number } | undefined>>): void {
  const wrong: InvalidField[] = Object.entries(columns).flatMap(([name, column]) =>
    column === undefined || column.length === rows
      ? []
      : [{ path: [name], message: `has ${column.length} rows, at has ${rows}` }],
  );
  if (rows > MAX_ROWS) wrong.push({ path: ['at'], message: `has ${rows} rows, at most ${MAX_ROWS} are taken` });
  if (wrong.length > 0) throw PodliftError.invalidInput('the columns', wrong);
}

function createTimeCheck(ctx: Ctx): (at: number) => { code: string; message: string } | undefined {
  const now = ctx.now().getTime();
  const oldest = now - ctx.settings.maxAgeDays * 86_400_000;
  return (at) => {
    if (!(at >= oldest))
      return { code: 'tracking.too_old', message: `the event is older than ${ctx.settings.maxAgeDays} days` };
    return at > now + MAX_FUTURE_MS
      ? { code: 'tracking.in_future', message: 'the event lies in the future' }
      : undefined;
  };
}
