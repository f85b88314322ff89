import { PodliftError } from '@podlift/sdk';
import { json, openapi, route, z } from '@podlift/sdk/http';
import { calculate } from './calculate.ts';
import { models } from './contract.ts';
import { labelKeys } from './labels.ts';
import type { Ctx } from './manifest.ts';
import { listRuns, readLatest, readPaths, readRun, readValidations } from './store.ts';
import {
  AskBody,
  ModelsBody,
  PathsBody,
  RunBody,
  RunsBody,
  toHeadBody,
  toModelBody,
  toPathBody,
  toQuestion,
  toRunBody,
} from './wire.ts';

const tags = ['Attribution'];
const read = { tags, 'x-permission': 'attribution:read' } as const;

const listModelsRoute = route({
  ...read,
  method: 'get',
  path: '/api/v1/attribution/models',
  summary: 'The installed models, with what each assumes',
  responses: { 200: json(ModelsBody, 'Every model that an enabled plugin contributes') },
});

const calculateRoute = route({
  tags,
  'x-permission': 'attribution:run',
  method: 'post',
  path: '/api/v1/attribution/calculate',
  summary: 'Runs models side by side on one extraction and keeps the result',
  request: { body: { required: true, content: { 'application/json': { schema: AskBody } } } },
  responses: { 200: json(RunBody, 'The finished run, which is never changed') },
});

const pathsRoute = route({
  ...read,
  method: 'get',
  path: '/api/v1/attribution/paths/{campaign_id}',
  summary: 'The most frequent paths to an order that lead through a campaign',
  request: {
    params: z.object({ campaign_id: z.uuid() }),
    query: z.object({
      run: z.uuid().optional().openapi({ description: 'A run over campaigns; the newest when absent' }),
      limit: z.coerce.number().int().min(1).max(20).default(20),
    }),
  },
  responses: {
    200: json(PathsBody, 'Paths, the most frequent first; neighbouring touches of one campaign are one step'),
  },
});

const listRunsRoute = route({
  ...read,
  method: 'get',
  path: '/api/v1/attribution/runs',
  summary: 'Finished runs, the newest first',
  request: {
    query: z.object({
      cursor: z.uuid().optional().openapi({ description: 'The `next` of the page before' }),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: { 200: json(RunsBody, 'A page of runs without their rows') },
});

const readRunRoute = route({
  ...read,
  method: 'get',
  path: '/api/v1/attribution/runs/{id}',
  summary: 'One run: every key with every model side by side',
  request: { params: z.object({ id: z.uuid() }) },
  responses: { 200: json(RunBody, 'The run') },
});

/** The REST surface of attribution. */
export const routes = openapi<Ctx>((app) => {
  app.openapi(listModelsRoute, async (c) => {
    const installed = await c.var.ctx.entries(models);
    return c.json({ items: installed.map(toModelBody) }, 200);
  });

  app.openapi(calculateRoute, async (c) => {
    const run = await calculate(toQuestion(c.req.valid('json'), c.var.ctx.now()), c.var.ctx);
    return c.json(toRunBody(run, []), 200);
  });

  app.openapi(pathsRoute, async (c) => {
    const { ctx } = c.var;
    const { campaign_id: campaignId } = c.req.valid('param');
    const { run: asked, limit } = c.req.valid('query');
    const known = await labelKeys(ctx, 'campaign', [campaignId]);
    const campaign = known.get(campaignId);
    if (campaign === undefined) throw PodliftError.notFound(`campaign ${campaignId}`);
    const run = asked === undefined ? await readLatest(ctx, 'campaign') : await readRun(ctx, asked);
    if (!run)
      throw new PodliftError(
        'attribution.no_run',
        'nothing was calculated yet: POST /api/v1/attribution/calculate first',
        { kind: 'missing' },
      );
    if (run.dimension !== 'campaign')
      throw PodliftError.invalidInput('the question', [
        { path: ['query', 'run'], message: `run ${run.id} is not over campaigns` },
      ]);
    const paths = await readPaths(ctx, run.id, campaignId, limit);
    const labels = await labelKeys(ctx, 'campaign', [...new Set(paths.flatMap(({ path }) => path))]);
    const items = paths.map((path) => toPathBody(path, labels));
    return c.json({ campaignId, campaign, runId: run.id, currency: run.currency, items }, 200);
  });

  app.openapi(listRunsRoute, async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const runs = await listRuns(c.var.ctx, { before: cursor, limit: limit + 1 });
    const items = runs.slice(0, limit);
    return c.json({ items: items.map(toHeadBody), next: runs.length > limit ? (items.at(-1)?.id ?? null) : null }, 200);
  });

  app.openapi(readRunRoute, async (c) => {
    const { id } = c.req.valid('param');
    const run = await readRun(c.var.ctx, id);
    return c.json(toRunBody(run, await readValidations(c.var.ctx, id)), 200);
  });
});
