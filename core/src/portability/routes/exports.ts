import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute, type Principal } from '../../http/index.ts';
import { requestJob } from '../../jobs/index.ts';
import { EXPORT_JOB } from '../jobs.ts';
import type { TenantExport } from '../transfer/exports.ts';
import { downloadOf, type PortabilityRouteDeps } from './deps.ts';

const Export = z
  .object({
    id: z.uuid(),
    jobId: z.uuid(),
    state: z.enum(['waiting', 'running', 'ready', 'failed', 'expired']),
    encrypted: z.boolean(),
    size: z.number().nullable(),
    rows: z.number().nullable(),
    error: z.string().nullable(),
    requestedBy: z.string(),
    requestedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    download: z.string().nullable(),
  })
  .openapi('TenantExport');
const Page = z.object({ items: z.array(Export), next: z.uuid().nullable() }).openapi('TenantExportPage');
const Body = z.strictObject({ passphrase: z.string().min(12).max(1000).optional() });
const query = z.object({ cursor: z.uuid().optional(), limit: z.coerce.number().int().min(1).max(200).default(50) });
const uuid = (name: string) => z.uuid().openapi({ param: { name, in: 'path' } });
const EXAMPLE: z.input<typeof Export> = {
  id: '01a20f44-503f-7296-873f-ca51be712b86',
  jobId: '01a20f44-503f-7296-873f-ca51be712b87',
  state: 'ready',
  encrypted: true,
  size: 1_482_240,
  rows: 20_412,
  error: null,
  requestedBy: 'user:019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  requestedAt: '2026-11-24T20:00:00.000Z',
  finishedAt: '2026-11-24T20:00:09.000Z',
  expiresAt: '2026-12-01T20:00:09.000Z',
  download: 'https://podlift.example.com/api/v1/files/signed/…',
};
const DESCRIPTION =
  'A job writes everything of the workspace into one archive. With a passphrase the archive is encrypted and holds secrets; without, secrets are left out and listed. Read the export until it is ready; `download` opens it for a quarter of an hour.';

/** Archives of a workspace: asked for by its owner, or by the operator. */
export function exportRoutes(deps: PortabilityRouteDeps): CoreRoute[] {
  const { portability, events, audit } = deps;
  const toJson = (tenant: string, one: TenantExport): z.input<typeof Export> => ({
    id: one.id,
    jobId: one.jobId,
    state: one.state,
    encrypted: one.encrypted,
    size: one.size,
    rows: one.rows,
    error: one.error,
    requestedBy: one.requestedBy,
    requestedAt: one.requestedAt.toISOString(),
    finishedAt: one.finishedAt?.toISOString() ?? null,
    expiresAt: one.expiresAt?.toISOString() ?? null,
    download: downloadOf(deps, tenant, one.fileId),
  });
  const create = async ({ actor, operator }: Principal, tenant: string, passphrase: string | undefined) => {
    const by = `${actor.kind}:${actor.id}`;
    const made = await portability.exports.create(tenant, { by, passphrase }, async (tx, id) => {
      await audit.record(tx, {
        tenant,
        operator,
        actor,
        action: 'tenant.export_requested',
        target: `tenant:${tenant}`,
      });
      return requestJob(tx, { name: EXPORT_JOB, data: { id }, queue: 'bulk', bounded: true }, deps.clock.now());
    });
    events.wake();
    return toJson(tenant, made);
  };
  const list = async (tenant: string, { cursor, limit }: z.output<typeof query>) => {
    const found = await portability.exports.list(tenant, { limit, ...(cursor && { after: cursor }) });
    const next = found.length === limit ? (found.at(-1)?.id ?? null) : null;
    return { items: found.map((one) => toJson(tenant, one)), next };
  };
  const TENANT = { permission: 'tenant:export' as const, tags: ['Workspace'] };
  const OPERATOR = { permission: 'operator' as const, tags: ['Tenants'] };

  return [
    coreRoute(
      {
        ...TENANT,
        method: 'post',
        path: '/api/v1/tenant/exports',
        summary: 'Export the workspace',
        description: DESCRIPTION,
        request: { body: jsonBody(Body) },
        responses: { 202: json(Export, 'It waits for its job.') },
        examples: { body: { passphrase: 'correct horse battery staple' }, response: { ...EXAMPLE, state: 'waiting' } },
      },
      async (c) =>
        c.json(await create(c.var.principal, tenantOf(c.var.principal), c.req.valid('json').passphrase), 202),
    ),
    coreRoute(
      {
        ...TENANT,
        method: 'get',
        path: '/api/v1/tenant/exports',
        summary: 'List the exports of the workspace',
        request: { query },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: { items: [EXAMPLE], next: null } },
      },
      async (c) => c.json(await list(tenantOf(c.var.principal), c.req.valid('query')), 200),
    ),
    coreRoute(
      {
        ...TENANT,
        method: 'get',
        path: '/api/v1/tenant/exports/{id}',
        summary: 'Read an export of the workspace',
        request: { params: z.object({ id: uuid('id') }) },
        responses: { 200: json(Export, 'The export.') },
        examples: { response: EXAMPLE },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        return c.json(toJson(tenant, await portability.exports.get(tenant, c.req.valid('param').id)), 200);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'post',
        path: '/api/v1/tenants/{id}/exports',
        summary: 'Export a tenant',
        description: DESCRIPTION,
        request: { params: z.object({ id: uuid('id') }), body: jsonBody(Body) },
        responses: { 202: json(Export, 'It waits for its job.') },
        examples: { body: { passphrase: 'correct horse battery staple' }, response: { ...EXAMPLE, state: 'waiting' } },
      },
      async (c) => {
        const { id } = await deps.tenancy.get(c.req.valid('param').id);
        return c.json(await create(c.var.principal, id, c.req.valid('json').passphrase), 202);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/tenants/{id}/exports/{export}',
        summary: 'Read an export of a tenant',
        request: { params: z.object({ id: uuid('id'), export: uuid('export') }) },
        responses: { 200: json(Export, 'The export.') },
        examples: { response: EXAMPLE },
      },
      async (c) => {
        const params = c.req.valid('param');
        const { id } = await deps.tenancy.get(params.id);
        return c.json(toJson(id, await portability.exports.get(id, params.export)), 200);
      },
    ),
  ];
}
