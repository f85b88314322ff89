import { PodliftError } from '@podlift/sdk';
import { json, openapi, route, z } from '@podlift/sdk/http';
import type { Ctx } from './manifest.ts';

const Named = z.object({
  campaign: z.string().openapi({ example: 'Oatline: launch' }),
  by: z.number().openapi({ example: 58.2 }),
});
const TruthBody = z
  .object({
    generator: z.string().openapi({ example: 'additive-hazard' }),
    seed: z.int().openapi({ example: 1 }),
    touchpoints: z.int().openapi({ example: 1_000_000 }),
    orders: z.int().openapi({ example: 4438 }),
    households: z.int().openapi({ example: 71_556 }),
    from: z.string().openapi({ example: '2026-01-01T00:00:00.000Z' }),
    to: z.string().openapi({ example: '2026-04-02T00:00:00.000Z' }),
    runId: z.uuid().openapi({ description: 'The run of /api/v1/attribution/runs that is compared' }),
    baseline: z.int().openapi({ description: 'Orders that no advertisement caused' }),
    incremental: z.int().openapi({ description: 'Orders that would not exist without some campaign' }),
    responseShares: z.array(z.number()).openapi({ description: 'Of responses within 60 days: within 1, 7 and 30' }),
    models: z.array(
      z.object({
        id: z.string().openapi({ example: 'linear' }),
        label: z.string().openapi({ example: 'Linear' }),
        conversions: z.number(),
        shareError: z.number(),
        rankCorrelation: z.number(),
        overCredit: z.number(),
        mostOver: Named,
        mostUnder: Named,
      }),
    ),
    campaigns: z.array(
      z.object({
        id: z.uuid(),
        name: z.string().openapi({ example: 'Oatline: launch' }),
        truth: z.number().openapi({ example: 129, description: 'Orders that vanish when the campaign does' }),
        trueValue: z.string().openapi({ example: '8421.90', description: 'What those orders were worth' }),
        credits: z.array(z.number()).openapi({ description: 'In the order of `models`' }),
      }),
    ),
  })
  .openapi('LaboratoryTruth');

const truthRoute = route({
  tags: ['Laboratory'],
  'x-permission': 'laboratory:read',
  method: 'get',
  path: '/api/v1/laboratory/truth',
  summary: 'The truth of the loaded demo, and every model beside it',
  responses: { 200: json(TruthBody, 'The newest demo of this tenant') },
});

/** The REST surface of the laboratory. */
export const routes = openapi<Ctx>((app) => {
  app.openapi(truthRoute, async (c) => {
    const newest = await c.var.ctx.collections.demos.find({
      orderBy: { field: 'createdAt', direction: 'desc' },
      limit: 1,
    });
    const record = newest.items[0]?.value;
    if (!record)
      throw new PodliftError('laboratory.no_demo', 'no demo is loaded for this tenant: run "podlift demo"', {
        kind: 'missing',
      });
    const campaigns = record.campaigns.map(({ trueCents, ...campaign }) => ({
      ...campaign,
      trueValue: (trueCents / 100).toFixed(2),
    }));
    return c.json({ ...record, campaigns, from: record.from.toISOString(), to: record.to.toISOString() }, 200);
  });
});
