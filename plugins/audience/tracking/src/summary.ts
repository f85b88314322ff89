/** @module Touchpoints and orders per day. Reads events of at most 92 days; roll-ups for screens are another plugin's work. */
import { PodliftError, viewName } from '@podlift/sdk';
import { json, route, z, type App } from '@podlift/sdk/http';
import { ordersView } from './contract.ts';
import type { Ctx } from './manifest.ts';
import { toDecimal } from './money.ts';
import { lowestId } from './page.ts';

const DAY = 86_400_000;
const MAX_DAYS = 92;
const Day = z.iso.date();

const Summary = z
  .object({
    from: Day,
    to: Day,
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
  summary: 'Touchpoints and orders per day (UTC)',
  request: {
    query: z.object({
      from: Day.optional().openapi({ description: 'First day; 30 days before `to` when absent.' }),
      to: Day.optional().openapi({ description: 'Last day, inclusive; today when absent.' }),
    }),
  },
  responses: { 200: json(Summary, 'One entry for each day with events') },
});

const TOUCHES = `
  select to_char(uuid_extract_timestamp(id) at time zone 'UTC', 'YYYY-MM-DD') as day, kind, count(*)::int as n
  from touchpoint where tenant_id = $1 and id >= $2 and id < $3 group by 1, 2`;
const ORDERS = `
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, currency, count(*)::int as n, sum(value_micros - refunded_micros)::text as micros
  from ${viewName(ordersView)} where tenant_id = $1 and id >= $2 and id < $3 group by 1, 2`;

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
    const to = query.to ?? ctx.now().toISOString().slice(0, 10);
    const from = query.from ?? new Date(Date.parse(to) - 29 * DAY).toISOString().slice(0, 10);
    const days = (Date.parse(to) - Date.parse(from)) / DAY + 1;
    if (days < 1 || days > MAX_DAYS)
      throw PodliftError.invalidInput('the request', [
        { in: 'query', path: ['from'], message: `Is 0 to ${MAX_DAYS - 1} days before to.` },
      ]);
    const range = [db.tenant, lowestId(from), lowestId(Date.parse(to) + DAY)];
    const touches = await db.query<{ day: string; kind: string; n: number }>(TOUCHES, range);
    const orders = await db.query<{ day: string; currency: string; n: number; micros: string }>(ORDERS, range);
    const found = new Map<string, SummaryDay>();
    const at = (day: string): SummaryDay => {
      const known = found.get(day) ?? { day, touchpoints: {}, orders: 0, revenue: [] };
      found.set(day, known);
      return known;
    };
    for (const { day, kind, n } of touches) at(day).touchpoints[kind] = n;
    for (const { day, currency, n, micros } of orders) {
      at(day).orders += n;
      at(day).revenue.push({ amount: toDecimal(BigInt(micros)), currency });
    }
    return c.json({ from, to, days: [...found.values()].sort((a, b) => (a.day < b.day ? -1 : 1)) }, 200);
  });
}
