import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute } from '../../http/index.ts';
import { requestJob } from '../../jobs/index.ts';
import { nameOf } from '../catalog/tables.ts';
import { REQUEST_JOB } from '../jobs.ts';
import type { PrivacyRequest } from '../subject/requests.ts';
import { downloadOf, type PortabilityRouteDeps } from './deps.ts';

const Kind = z.enum(['export', 'erase']);
const State = z.enum(['waiting', 'running', 'done', 'failed']);
const Request = z
  .object({
    id: z.uuid(),
    kind: Kind,
    state: State,
    givenBy: z.array(z.string()),
    note: z.string().nullable(),
    requestedBy: z.string(),
    requestedAt: z.iso.datetime(),
    dueAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    jobId: z.uuid().nullable(),
    report: z.unknown(),
    error: z.string().nullable(),
    size: z.number().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    download: z.string().nullable(),
  })
  .openapi('PrivacyRequest');
const Page = z.object({ items: z.array(Request), next: z.uuid().nullable() }).openapi('PrivacyRequestPage');
const NewRequest = z.strictObject({
  kind: Kind,
  identifiers: z
    .array(z.strictObject({ kind: z.string().min(1).max(60), value: z.string().trim().min(1).max(1000) }))
    .min(1)
    .max(50),
  /** Where the request is kept elsewhere, such as a ticket. It is not erased: no names in it. */
  note: z.string().trim().max(200).optional(),
});
const Declared = z
  .object({
    items: z.array(
      z.object({
        table: z.string(),
        column: z.string(),
        category: z.string(),
        subject: z.string(),
        purpose: z.string(),
        erasure: z.string(),
        retentionDays: z.number().nullable(),
        identifies: z.string().nullable(),
      }),
    ),
  })
  .openapi('ProcessingRecord');
const Retention = z
  .object({
    items: z.array(
      z.object({
        table: z.string(),
        after: z.number(),
        act: z.enum(['delete', 'clear']),
        columns: z.array(z.string()),
      }),
    ),
    /** Tables that promise an end and do not say from when it counts. */
    unknown: z.array(z.string()),
  })
  .openapi('RetentionPlan');

const TAGS = ['Privacy'];
const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
const EXAMPLE: z.input<typeof Request> = {
  id: '01a20f44-503f-7296-873f-ca51be712b86',
  kind: 'erase',
  state: 'done',
  givenBy: ['email'],
  note: 'Ticket 4711',
  requestedBy: 'user:019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  requestedAt: '2026-11-24T20:00:00.000Z',
  dueAt: '2026-12-24T20:00:00.000Z',
  finishedAt: '2026-11-24T20:00:04.000Z',
  jobId: '01a20f44-503f-7296-873f-ca51be712b87',
  report: { erased: [{ table: 'p_podlift_tracking.touchpoint', deleted: 12, cleared: 0, kept: 0 }] },
  error: null,
  size: null,
  expiresAt: null,
  download: null,
};

/** What people ask about their data, and what is declared about it. */
export function privacyRoutes(deps: PortabilityRouteDeps): CoreRoute[] {
  const { portability, events } = deps;
  const { subjects } = portability;
  const toJson = (tenant: string, one: PrivacyRequest): z.input<typeof Request> => ({
    id: one.id,
    kind: one.kind,
    state: one.state,
    givenBy: [...one.givenBy],
    note: one.note,
    requestedBy: one.requestedBy,
    requestedAt: one.requestedAt.toISOString(),
    dueAt: one.dueAt.toISOString(),
    finishedAt: one.finishedAt?.toISOString() ?? null,
    jobId: one.jobId,
    report: one.report,
    error: one.error,
    size: one.size,
    expiresAt: one.expiresAt?.toISOString() ?? null,
    download: downloadOf(deps, tenant, one.fileId),
  });
  return [
    coreRoute(
      {
        method: 'post',
        path: '/api/v1/privacy/requests',
        permission: 'privacy:manage',
        tags: TAGS,
        summary: "Export or erase a person's data",
        description:
          'Name the person by what is known of them: `email`, `phone`, `user`, `anonymous`, `household` and the kinds that plugins declare. A job carries it out; who the person is stays sealed until then and is forgotten after.',
        request: { body: jsonBody(NewRequest) },
        responses: { 202: json(Request, 'It waits for its job.') },
        examples: {
          body: { kind: 'erase', identifiers: [{ kind: 'email', value: 'ada@example.com' }], note: 'Ticket 4711' },
          response: { ...EXAMPLE, state: 'waiting', report: null, finishedAt: null },
        },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const by = `${principal.actor.kind}:${principal.actor.id}`;
        const made = await subjects.create(tenant, { ...c.req.valid('json'), by }, (tx, id) =>
          requestJob(tx, { name: REQUEST_JOB, data: { id }, queue: 'bulk', bounded: true }, deps.clock.now()),
        );
        events.wake();
        return c.json(toJson(tenant, made), 202);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/privacy/requests',
        permission: 'privacy:read',
        tags: TAGS,
        summary: 'List the requests of persons',
        request: {
          query: z.object({
            state: State.optional(),
            cursor: z.uuid().optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
          }),
        },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: { items: [EXAMPLE], next: null } },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const { state, cursor, limit } = c.req.valid('query');
        const found = await subjects.list(tenant, { limit, ...(state && { state }), ...(cursor && { after: cursor }) });
        const next = found.length === limit ? (found.at(-1)?.id ?? null) : null;
        // Links are made for one who is asked for.
        const items = found.map((one) => toJson(tenant, { ...one, fileId: null }));
        return c.json({ items, next }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/privacy/requests/{id}',
        permission: 'privacy:manage',
        tags: TAGS,
        summary: 'Read a request of a person',
        description: '`download` opens what was exported for a quarter of an hour.',
        request: { params },
        responses: { 200: json(Request, 'The request.') },
        examples: { response: EXAMPLE },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        return c.json(toJson(tenant, await subjects.get(tenant, c.req.valid('param').id)), 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/privacy/record',
        permission: 'privacy:read',
        tags: TAGS,
        summary: 'Read what is kept about people, why and for how long',
        responses: { 200: json(Declared, 'Every column and field that tells about a person.') },
      },
      async (c) => {
        const parties = await subjects.record();
        const items = parties.flatMap(({ table, places }) =>
          places.map(({ name, category, subject, purpose, erasure, retentionDays, identifies }) => ({
            table: nameOf(table),
            column: name,
            category,
            subject,
            purpose,
            erasure,
            retentionDays: retentionDays ?? null,
            identifies: identifies ?? null,
          })),
        );
        return c.json({ items }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/privacy/retention',
        permission: 'privacy:read',
        tags: TAGS,
        summary: 'Read what is removed after how many days',
        responses: { 200: json(Retention, 'What the nightly round does.') },
      },
      async (c) => {
        const { rules, unknown } = await portability.retentionPlan();
        const items = rules.map(({ table, days, act, places }) => ({
          table: nameOf(table),
          after: days,
          act,
          columns: places.map(({ name }) => name),
        }));
        return c.json({ items, unknown: [...unknown] }, 200);
      },
    ),
  ];
}
