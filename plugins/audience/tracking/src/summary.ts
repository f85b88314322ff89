/** @module Touchpoints and orders per day, from the roll-ups. */
import { PodliftError } from '@podlift/sdk';
import { json, route, z, type App } from '@podlift/sdk/http';
import { dayOf, nextDay, startOfDay, TimeZone } from './day.ts';
import type { Ctx } from './manifest.ts';
import { toDecimal } from './money.ts';
import { orderCounts, touchpointCounts } from './rollups.ts';

const DAY = 86_400_000;
const MAX_DAYS = 800;
const Day = z.iso.date();

const Summary = z
  .object({
    from: Day,
    to: Day,
    timeZone: z.string(),
    outdatedSince: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'The earliest hour that is not counted anew yet; null when everything is.' }),
    days: z.array(
      z.object({
        day: Day,
        touchpoints: z
          .record(z.string(), z.int())
          .openapi({ description: 'By kind.', example: { impression: 1200, visit: 31 } }),
        orders: z.int(),
        revenue: z.array(z.object({ amount: z.string(), currency: z.string() })),
      }),
    ),
  })
  .openapi('TrackingSummary');

const getSummary = route({
  method: 'get',
  path: '/api/v1/tracking/summary',
  'x-permission': 'tracking:read',
  summary: 'Touchpoints and orders per day',
  request: {
    query: z.object({
      from: Day.optional().openapi({ description: 'First day; 30 days before `to` when absent.' }),
      to: Day.optional().openapi({ description: 'Last day, inclusive; today when absent.' }),
      timeZone: TimeZone.default('UTC').openapi({ description: 'Whose days: an IANA name.', example: 'Europe/Berlin' }),
    }),
  },
  responses: { 200: json(Summary, 'One entry for each day with events') },
});

interface SummaryDay {
  readonly day: string;
  readonly touchpoints: Record<string, number>;
  orders: number;
  readonly revenue: { amount: string; currency: string }[];
}

/** Registers the summary. */
export function addSummary(app: App<Ctx>): void {
  app.openapi(getSummary, async (c) => {
    const { ctx } = c.var;
    const { db } = ctx;
    const query = c.req.valid('query');
    const zone = query.timeZone;
    const to = query.to ?? dayOf(ctx.now(), zone);
    const from = query.from ?? new Date(Date.parse(to) - 29 * DAY).toISOString().slice(0, 10);
    const days = (Date.parse(to) - Date.parse(from)) / DAY + 1;
    if (days < 1 || days > MAX_DAYS)
      throw PodliftError.invalidInput('the request', [
        { in: 'query', path: ['from'], message: `Is 0 to ${MAX_DAYS - 1} days before to.` },
      ]);
    const range = { from: startOfDay(from, zone), to: startOfDay(nextDay(to), zone), by: 'day', zone } as const;
    const touches = await touchpointCounts.read(db, { ...range, dimensions: ['kind'] });
    const orders = await orderCounts.read(db, { ...range, dimensions: ['currency'] });
    const pending = [await touchpointCounts.pending(db), await orderCounts.pending(db)];
    const found = new Map<string, SummaryDay>();
    const at = (instant: Date | null): SummaryDay => {
      const day = dayOf(instant ?? range.from, zone);
      const known = found.get(day) ?? { day, touchpoints: {}, orders: 0, revenue: [] };
      found.set(day, known);
      return known;
    };
    for (const row of touches) at(row.at).touchpoints[row.kind ?? ''] = Number(row.touchpoints);
    for (const row of orders) {
      at(row.at).orders += Number(row.orders);
      at(row.at).revenue.push({
        amount: toDecimal(row.value_micros - row.refunded_micros),
        currency: row.currency ?? '',
      });
    }
    const since = pending.flatMap((one) => (one.since ? [one.since.toISOString()] : [])).sort()[0] ?? null;
    return c.json(
      {
        from,
        to,
        timeZone: zone,
        outdatedSince: since,
        days: [...found.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
      },
      200,
    );
  });
}
