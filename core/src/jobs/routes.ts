import { z } from '@hono/zod-openapi';
import { PodliftError } from '@podlift/sdk';
import type { Audit } from '../audit/index.ts';
import { coreRoute, json, streamEvents, tenantOf, type CoreRoute, type StreamMessage } from '../http/index.ts';
import { boardRoutes } from './board/index.ts';
import type { Jobs } from './jobs.ts';
import { QUEUES } from './limits.ts';
import type { JobStatus } from './rows.ts';
import { fingerprintOf, type Watch } from './watch.ts';

const STATES = ['waiting', 'active', 'completed', 'failed', 'cancelled'] as const;
const Job = z
  .object({
    id: z.uuid(),
    name: z.string().openapi({ example: 'acme.feeds/refresh' }),
    queue: z.enum(QUEUES),
    state: z
      .enum(STATES)
      .openapi({ description: 'A failed job is dead: it waits for somebody to retry or discard it.' }),
    attempt: z.int(),
    progress: z
      .object({
        done: z.number(),
        total: z.number(),
        percent: z.number().nullable(),
        leftMs: z.number().nullable().openapi({ description: 'Milliseconds that are probably left.' }),
      })
      .nullable(),
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
  queue: 'default',
  state: 'active',
  attempt: 1,
  progress: { done: 40, total: 100, percent: 40, leftMs: 9000 },
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
  queue: job.queue,
  state: job.state,
  attempt: job.attempt,
  progress: job.progress
    ? { ...job.progress, percent: job.progress.percent ?? null, leftMs: job.progress.leftMs ?? null }
    : null,
  result: job.result ?? null,
  error: job.error ?? null,
  runAt: job.runAt.toISOString(),
  createdAt: job.createdAt.toISOString(),
  startedAt: job.startedAt?.toISOString() ?? null,
  finishedAt: job.finishedAt?.toISOString() ?? null,
});

const Count = z.object({ count: z.int() }).openapi('JobCount');
const Dead = z
  .object({ name: z.string().max(200).optional().openapi({ example: 'acme.feeds/refresh' }) })
  .openapi('DeadJobs');
const Overview = z
  .object({
    queues: z.array(
      z.object({
        queue: z.enum(QUEUES),
        nodes: z.int(),
        slots: z.int(),
        due: z.int(),
        later: z.int(),
        active: z.int(),
        dead: z.int(),
      }),
    ),
    crons: z.array(z.string()),
    schedulers: z.int(),
  })
  .openapi('JobsOverview');

/** A job's changes as messages; a client that comes back is not told again what it knows. */
async function* toMessages(
  watch: Watch,
  tenant: string,
  id: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage> {
  for await (const job of watch.follow(tenant, id, signal)) {
    const now = fingerprintOf(job);
    if (now !== after) yield { id: now, event: 'job', data: toJson(job) };
  }
}

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
  const actOnDead = (verb: 'retry' | 'discard', summary: string): CoreRoute =>
    coreRoute(
      {
        method: 'post',
        path: `/api/v1/jobs/dead/${verb}`,
        permission: 'jobs:manage',
        tags: TAGS,
        summary,
        request: { body: { content: { 'application/json': { schema: Dead } } } },
        responses: { 200: json(Count, 'How many there were.') },
        examples: { body: { name: 'acme.feeds/refresh' }, response: { count: 12 } },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const { name } = c.req.valid('json');
        const count =
          verb === 'retry' ? await jobs.retryDead(tenant, name) : await jobs.discard(tenant, name ? { name } : {});
        const action = verb === 'retry' ? 'job.dead_retried' : 'job.dead_discarded';
        const { actor } = c.var.principal;
        await audit.record(null, { tenant, actor, action, target: 'jobs', details: { name: name ?? null, count } });
        return c.json({ count }, 200);
      },
    );
  return [
    ...boardRoutes({ jobs }),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/jobs/{id}/stream',
        permission: 'jobs:read',
        tags: TAGS,
        summary: 'Follow a job',
        description:
          'Server-sent events of type `job`: the job as it is now, then after each change. The stream ends when the job has.',
        request: { params },
        responses: { 200: { description: 'The changes.', content: { 'text/event-stream': { schema: z.string() } } } },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const { id } = await find(tenant, c.req.valid('param').id);
        return streamEvents(c, { source: (after, signal) => toMessages(jobs.watch, tenant, id, after, signal) });
      },
    ),
    coreRoute(
      {
        method: 'delete',
        path: '/api/v1/jobs/{id}',
        permission: 'jobs:manage',
        tags: TAGS,
        summary: 'Discard a job that has ended',
        request: { params },
        responses: { 204: { description: 'It is gone.' } },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const { id, name } = await find(tenant, c.req.valid('param').id);
        await jobs.discard(tenant, { id });
        const { actor } = c.var.principal;
        await audit.record(null, { tenant, actor, action: 'job.discarded', target: `job:${id}`, details: { name } });
        return c.body(null, 204);
      },
    ),
    actOnDead('retry', 'Run all failed jobs again'),
    actOnDead('discard', 'Discard all failed jobs'),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/system/jobs',
        permission: 'operator',
        tags: TAGS,
        summary: 'Read what the queues of the installation hold',
        responses: { 200: json(Overview, 'Of all tenants together.') },
        examples: {
          response: {
            queues: [{ queue: 'default', nodes: 2, slots: 8, due: 3, later: 120, active: 8, dead: 0 }],
            crons: ['acme.feeds/refresh'],
            schedulers: 1,
          },
        },
      },
      async (c) => {
        const { queues, crons, schedulers } = await jobs.overview();
        return c.json({ queues: [...queues], crons: [...crons], schedulers }, 200);
      },
    ),
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
