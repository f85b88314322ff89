import { z } from '@hono/zod-openapi';
import { coreRoute, json, tenantOf, type CoreRoute } from '../http/index.ts';
import type { Audit } from './audit.ts';
import type { AuditRecord } from './entry.ts';

const Entry = z
  .object({
    id: z.uuid(),
    tenant: z.uuid().nullable(),
    actor: z.object({ kind: z.string(), id: z.string() }),
    action: z.string().openapi({ example: 'plugin.enabled' }),
    target: z.string().openapi({ example: 'plugin:acme.feeds' }),
    details: z.unknown(),
    time: z.iso.datetime(),
  })
  .openapi('AuditEntry');
const Page = z.object({ items: z.array(Entry), next: z.uuid().nullable() }).openapi('AuditPage');
const query = z.object({
  action: z.string().max(100).optional(),
  target: z.string().max(200).optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
type Query = z.output<typeof query>;

const filterOf = ({ action, target, cursor, limit }: Query) => ({
  limit,
  ...(action && { action }),
  ...(target && { target }),
  ...(cursor && { after: cursor }),
});
const pageOf = (records: readonly AuditRecord[], { limit }: Query) => ({
  items: records.map(({ tenant, time, details, ...rest }) => ({
    ...rest,
    tenant: tenant ?? null,
    details: details ?? null,
    time: time.toISOString(),
  })),
  next: records.length === limit ? (records.at(-1)?.id ?? null) : null,
});
const EXAMPLE = {
  items: [
    {
      id: '01a20f44-503f-7296-873f-ca51be712b86',
      tenant: '01a20f44-503f-7296-873f-ca51be712b85',
      actor: { kind: 'user', id: '01a20f44-503f-7296-873f-ca51be712b84' },
      action: 'key.created',
      target: 'key:01a20f44-503f-7296-873f-ca51be712b83',
      details: { name: 'shop' },
      time: '2026-11-24T20:00:00.000Z',
    },
  ],
  next: null,
};

/** Who did what: in a workspace for its admins, and in the installation for operators. */
export const auditRoutes = ({ audit }: { readonly audit: Audit }): CoreRoute[] => [
  coreRoute(
    {
      method: 'get',
      path: '/api/v1/audit',
      permission: 'audit:read',
      tags: ['Audit'],
      summary: 'Read the audit log of the workspace',
      request: { query },
      responses: { 200: json(Page, 'Newest first.') },
      examples: { response: EXAMPLE },
    },
    async (c) => {
      const asked = c.req.valid('query');
      const tenant = tenantOf(c.var.principal);
      return c.json(pageOf(await audit.list(tenant, filterOf(asked)), asked), 200);
    },
  ),
  coreRoute(
    {
      method: 'get',
      path: '/api/v1/system/audit',
      permission: 'operator',
      tags: ['System'],
      summary: 'Read the acts of operators and of the installation',
      request: { query },
      responses: { 200: json(Page, 'Newest first.') },
      examples: { response: EXAMPLE },
    },
    async (c) => {
      const asked = c.req.valid('query');
      return c.json(pageOf(await audit.listOperator(filterOf(asked)), asked), 200);
    },
  ),
];
