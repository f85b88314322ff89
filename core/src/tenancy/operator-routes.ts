import { z } from '@hono/zod-openapi';
import type { Audit, Witness } from '../audit/index.ts';
import { coreRoute, entityTag, json, jsonBody, versionSeen, withVersion, type CoreRoute } from '../http/index.ts';
import type { Tenancy } from './tenancy.ts';
import { isTenantId, type Tenant } from './tenant.ts';
import { TENANT_EXAMPLE, TenantJson, toTenantJson } from './tenant-json.ts';

const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
const Page = z.object({ items: z.array(TenantJson), next: z.string().nullable() }).openapi('TenantPage');
const name = z.string().trim().min(1).max(100);
const OPERATOR = { permission: 'operator' as const, tags: ['Tenants'] };
const ONE = { 200: json(TenantJson, 'The tenant.') } as const;

export interface OperatorRouteDeps {
  readonly tenancy: Tenancy;
  readonly audit: Pick<Audit, 'record'>;
}

/** What the operator of the installation does with tenants; every act leaves a row in the audit of both. */
export function operatorRoutes({ tenancy, audit }: OperatorRouteDeps): CoreRoute[] {
  const witness =
    (
      actor: { kind: string; id: string },
      what: string,
      detailsOf: (tenant: Tenant) => object = () => ({}),
    ): Witness<Tenant> =>
    (tx, tenant) =>
      audit.record(tx, {
        tenant: tenant.id,
        operator: true,
        actor,
        action: `tenant.${what}`,
        target: `tenant:${tenant.id}`,
        details: { slug: tenant.slug, ...detailsOf(tenant) },
      });

  return [
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/tenants',
        summary: 'List the tenants',
        request: {
          query: z.object({
            status: z.enum(['active', 'suspended', 'deleted', 'purging', 'importing']).optional(),
            cursor: z.string().refine(isTenantId, 'Is not a cursor of this list.').optional(),
            limit: z.coerce.number().int().min(1).max(200).optional(),
          }),
        },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: { items: [TENANT_EXAMPLE], next: null } },
      },
      async (c) => {
        const { status, cursor, limit } = c.req.valid('query');
        const page = await tenancy.list({
          ...(status && { status }),
          ...(cursor && { after: cursor }),
          ...(limit && { limit }),
        });
        return c.json({ items: page.items.map(toTenantJson), next: page.next ?? null }, 200);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/tenants/{id}',
        summary: 'Read a tenant',
        request: { params },
        responses: ONE,
        examples: { response: TENANT_EXAMPLE },
      },
      async (c) => {
        const tenant = await tenancy.get(c.req.valid('param').id);
        return c.json(toTenantJson(tenant), 200, { etag: entityTag(tenant.version) });
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'put',
        path: '/api/v1/tenants/{id}',
        summary: 'Change a tenant',
        description: 'Send If-Match with the ETag that was read.',
        request: {
          params,
          headers: z.object({ 'if-match': z.string().optional() }),
          body: jsonBody(z.strictObject({ name, plan: z.string(), slug: z.string() }).partial()),
        },
        responses: ONE,
        examples: { body: { name: 'Acme Audio', plan: 'pro' }, response: TENANT_EXAMPLE },
      },
      async (c) => {
        const { id } = c.req.valid('param');
        const { name, plan, slug } = c.req.valid('json');
        const change = { ...(name && { name }), ...(plan && { plan }), ...(slug && { slug }) };
        const before = await tenancy.get(id);
        const row = witness(c.var.principal.actor, 'updated', () => differenceOf(before, change));
        const tenant = await withVersion('tenants.changed', () => tenancy.update(id, change, versionSeen(c), row));
        return c.json(toTenantJson(tenant), 200, { etag: entityTag(tenant.version) });
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'delete',
        path: '/api/v1/tenants/{id}',
        summary: 'Delete a tenant',
        description: 'It is closed at once and can be restored until `purgeAfter`; then everything of it is deleted.',
        request: { params },
        responses: ONE,
        examples: { response: { ...TENANT_EXAMPLE, status: 'deleted' } },
      },
      async (c) => {
        const row = witness(c.var.principal.actor, 'deleted', ({ purgeAfter }) => ({ purgeAfter }));
        const tenant = await tenancy.remove(c.req.valid('param').id, undefined, row);
        return c.json(toTenantJson(tenant), 200);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'post',
        path: '/api/v1/tenants/{id}/suspend',
        summary: 'Suspend a tenant',
        description: 'Nobody but an operator gets an answer of it until it is resumed. Its data stays.',
        request: { params, body: jsonBody(z.strictObject({ reason: z.string().trim().min(1).max(500) })) },
        responses: ONE,
        examples: {
          body: { reason: 'Invoice 2026-114 is unpaid' },
          response: { ...TENANT_EXAMPLE, status: 'suspended' },
        },
      },
      async (c) => {
        const { reason } = c.req.valid('json');
        const row = witness(c.var.principal.actor, 'suspended', () => ({ reason }));
        const tenant = await tenancy.suspend(c.req.valid('param').id, reason, row);
        return c.json(toTenantJson(tenant), 200);
      },
    ),
    ...(['resume', 'restore'] as const).map((verb) =>
      coreRoute(
        {
          ...OPERATOR,
          method: 'post',
          path: `/api/v1/tenants/{id}/${verb}`,
          summary: verb === 'resume' ? 'Resume a suspended tenant' : 'Restore a deleted tenant',
          request: { params },
          responses: ONE,
          examples: { response: TENANT_EXAMPLE },
        },
        async (c) => {
          const row = witness(c.var.principal.actor, `${verb}d`);
          const tenant = await tenancy[verb](c.req.valid('param').id, row);
          return c.json(toTenantJson(tenant), 200);
        },
      ),
    ),
  ];
}

/** What a change found and what it left, field by field. */
const differenceOf = (tenant: Tenant, change: Partial<Pick<Tenant, 'name' | 'plan' | 'slug'>>) => ({
  before: Object.fromEntries(Object.keys(change).map((key) => [key, tenant[key as keyof typeof change]])),
  after: change,
});
