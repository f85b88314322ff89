import { z } from '@hono/zod-openapi';
import { PodliftError } from '@podlift/sdk';
import type { Audit } from '../audit/index.ts';
import { coreRoute, json, tenantOf, type CoreRoute } from '../http/index.ts';
import type { Jobs } from './jobs.ts';
import type { JobStatus } from './rows.ts';

const STATES = ['waiting', 'active', 'completed', 'failed', 'cancelled'] as const;
const Job = z
  .object({
    id: z.uuid(),
    name: z.string().openapi({ example: 'acme.feeds/refresh' }),
    state: z.enum(STATES),
    attempt: z.int(),
    progress: z.object({ done: z.number(), total: z.number() }).nullable(),
    result: z.unknown(),
    error: z.string().nullable(),
    runAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('Job');
const Page = z.object({ items: z.array(Job), next: z.uuid().nullable() }).openapi('JobPage');
const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
const query = z.object({
  state: z.enum(STATES).optional(),
  name: z.string().max(200).optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const TAGS = ['Jobs'];
const EXAMPLE: z.input<typeof Job> = {
  id: '01a20f44-503f-7296-873f-ca51be712b86',
  name: 'acme.feeds/refresh',
  state: 'active',
  attempt: 1,
  progress: { done: 40, total: 100 },
  result: null,
  error: null,
  runAt: '2026-11-24T20:00:00.000Z',
  createdAt: '2026-11-24T20:00:00.000Z',
  startedAt: '2026-11-24T20:00:01.000Z',
  finishedAt: null,
};

const toJson = (job: JobStatus): z.input<typeof Job> => ({
  id: job.id,
  name: job.name,
  state: job.state,
  attempt: job.attempt,
  progress: job.progress ?? null,
  result: job.result ?? null,
  error: job.error ?? null,
  runAt: job.runAt.toISOString(),
  createdAt: job.createdAt.toISOString(),
  startedAt: job.startedAt?.toISOString() ?? null,
  finishedAt: job.finishedAt?.toISOString() ?? null,
});

/** A workspace's jobs: what waits, what runs and how far it is, what failed and why. */
export function jobRoutes({
  jobs,
  audit,
}: {
  readonly jobs: Jobs;
  readonly audit: Pick<Audit, 'record'>;
}): CoreRoute[] {
  const find = async (tenant: string, id: string): Promise<JobStatus> => {
    const job = await jobs.get(tenant, id);
    if (!job) throw new PodliftError('not_found', `There is no job ${id}.`, { kind: 'missing' });
    return job;
  };
  const act = (verb: 'cancel' | 'retry', summary: string): CoreRoute =>
    coreRoute(
      {
        method: 'post',
        path: `/api/v1/jobs/{id}/${verb}`,
        permission: 'jobs:manage',
        tags: TAGS,
        summary,
        request: { params },
        responses: { 200: json(Job, 'The job, as it is now.') },
        examples: { response: EXAMPLE },
      },
      async (c) => {
        const { actor, tenant: of } = c.var.principal;
        const tenant = of?.id ?? '';
        const { id } = c.req.valid('param');
        const { name } = await find(tenant, id);
        await jobs[verb](tenant, id);
        const action = verb === 'cancel' ? 'job.cancelled' : 'job.retried';
        await audit.record(null, { tenant, actor, action, target: `job:${id}`, details: { name } });
        return c.json(toJson(await find(tenant, id)), 200);
      },
    );
  return [
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/jobs',
        permission: 'jobs:read',
        tags: TAGS,
        summary: 'List the jobs',
        request: { query },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: { items: [EXAMPLE], next: null } },
      },
      async (c) => {
        const { cursor, limit, state, name } = c.req.valid('query');
        const found = await jobs.list(tenantOf(c.var.principal), {
          limit,
          ...(state && { state }),
          ...(name && { name }),
          ...(cursor && { after: cursor }),
        });
        const next = found.length === limit ? (found.at(-1)?.id ?? null) : null;
        return c.json({ items: found.map(toJson), next }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/jobs/{id}',
        permission: 'jobs:read',
        tags: TAGS,
        summary: 'Read a job',
        request: { params },
        responses: { 200: json(Job, 'The job.') },
        examples: { response: EXAMPLE },
      },
      async (c) => c.json(toJson(await find(tenantOf(c.var.principal), c.req.valid('param').id)), 200),
    ),
    act('cancel', 'Keep a waiting job from running, or ask an active one to end'),
    act('retry', 'Run a failed or cancelled job again'),
  ];
}
