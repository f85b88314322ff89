import { z } from '@hono/zod-openapi';
import { coreRoute, decodeCursor, encodeCursor, json, problem, tenantOf, type CoreRoute } from '../../http/index.ts';
import type { UsageQuery } from './read.ts';
import type { Usage } from './usage.ts';
import { isTimeZone } from '../time-zone.ts';

const TAGS = { tags: ['Usage'] };
const DAY_MS = 86_400_000;
/** A stretch of time that one question may span, by how fine it is. */
const MOST_DAYS = { hour: 31, day: 400, month: 800 } as const;
const TENANTS = 100;

const query = z.object({
  from: z.iso.datetime({ offset: true }).optional().describe('30 days ago when absent.'),
  to: z.iso.datetime({ offset: true }).optional().describe('Not included; now when absent.'),
  by: z.enum(['hour', 'day', 'month']).default('day'),
  timeZone: z.string().refine(isTimeZone, 'Is not a time zone of the IANA list, like Europe/Berlin.').default('UTC'),
  meter: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('Only these; may be given more than once.'),
});
const Entry = z.object({
  meter: z.string(),
  of: z.string().describe('The plugin, for meters that are told apart by plugin; else empty.'),
  at: z.iso.datetime(),
  amount: z.number(),
});
const Meter = z.object({
  name: z.string(),
  unit: z.string(),
  description: z.string(),
  kind: z.enum(['sum', 'level']).describe('Amounts add up; of levels the highest stays.'),
  exact: z.boolean().describe('Nothing of it is ever lost; of others at most the last seconds before a crash.'),
});
const Entries = z.object({ items: z.array(Entry) }).openapi('Usage');
const Meters = z.object({ items: z.array(Meter) }).openapi('Meters');
const AllEntries = z
  .object({ items: z.array(Entry.extend({ tenant: z.string() })), next: z.string().nullable() })
  .openapi('UsageOfTenants');
const EXAMPLE = { meter: 'api.calls', of: '', at: '2026-11-24T00:00:00.000Z', amount: 18_211 };

export interface UsageRouteDeps {
  readonly usage: Pick<Usage, 'read' | 'readAll' | 'meters'>;
  readonly clock: { now(): number };
}

/** How much of what is used, by the hour, day or month. */
export function usageRoutes({ usage, clock }: UsageRouteDeps): CoreRoute[] {
  const stretch = ({ from, to, by, timeZone, meter }: z.output<typeof query>): UsageQuery => {
    const end = to === undefined ? clock.now() + 1 : Date.parse(to);
    const start = from === undefined ? end - 30 * DAY_MS : Date.parse(from);
    if (start >= end || end - start > MOST_DAYS[by] * DAY_MS)
      throw problem(422, 'usage.stretch', 'The stretch of time does not fit', {
        errors: [{ in: 'query', path: 'from', message: `Lies before \`to\`, at most ${MOST_DAYS[by]} days by ${by}.` }],
      });
    const meters = meter === undefined ? undefined : [meter].flat();
    return { from: new Date(start), to: new Date(end), by, timeZone, ...(meters && { meters }) };
  };
  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/usage',
        permission: 'billing:read',
        summary: 'Read what the workspace uses',
        request: { query },
        responses: { 200: json(Entries, 'By time, meter and plugin.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => {
        const entries = await usage.read(tenantOf(c.var.principal), stretch(c.req.valid('query')));
        return c.json({ items: entries.map((one) => ({ ...one, at: one.at.toISOString() })) }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/usage/meters',
        permission: 'billing:read',
        summary: 'List what is counted',
        responses: { 200: json(Meters, 'Meters of core and of plugins that run.') },
        examples: {
          response: {
            items: [
              {
                name: 'api.calls',
                unit: 'calls',
                description: 'Requests that were answered.',
                kind: 'sum',
                exact: false,
              },
            ],
          },
        },
      },
      async (c) => c.json({ items: usage.meters().map(({ exact = false, ...one }) => ({ ...one, exact })) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/system/usage',
        permission: 'operator',
        summary: 'Read what every tenant uses',
        request: { query: query.extend({ cursor: z.string().optional() }) },
        responses: { 200: json(AllEntries, `A page holds all entries of ${TENANTS} tenants.`) },
        examples: { response: { items: [{ ...EXAMPLE, tenant: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e' }], next: null } },
      },
      async (c) => {
        const { cursor, ...asked } = c.req.valid('query');
        const after = cursor === undefined ? {} : { after: decodeCursor(z.uuid(), cursor) };
        const entries = await usage.readAll({ ...stretch(asked), ...after, limit: TENANTS });
        const tenants = new Set(entries.map(({ tenant }) => tenant));
        const last = tenants.size === TENANTS ? entries.at(-1)?.tenant : undefined;
        const items = entries.map((one) => ({ ...one, at: one.at.toISOString() }));
        return c.json({ items, next: last === undefined ? null : encodeCursor(last) }, 200);
      },
    ),
  ];
}
