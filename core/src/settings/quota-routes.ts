import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute, type Principal } from '../http/index.ts';
import type { Quotas } from './quotas.ts';

const TAGS = { tags: ['Usage'] };
const OPERATOR = { ...TAGS, permission: 'operator' as const };
const param = (name: string) => ({ param: { name, in: 'path' as const } });
const ofTenant = z.object({ tenant: z.uuid().openapi(param('tenant')) });
const params = ofTenant.extend({
  name: z
    .string()
    .regex(/^[a-z][\w.-]{0,59}$/, 'Is not the name of a limit.')
    .openapi(param('name')),
});
const PER = z.enum(['total', 'month', 'day']);
const Quota = z.object({
  name: z.string(),
  limit: z.number(),
  per: PER.describe('`total` counts what exists; the others start anew with each day or month (UTC).'),
  used: z.number(),
  remaining: z.number(),
  resetsAt: z.iso.datetime().nullable().describe('When counting starts anew.'),
  source: z.enum(['plan', 'override']).describe('Of the plan, or set by an operator for this workspace alone.'),
});
const Quotas = z.object({ items: z.array(Quota) }).openapi('Quotas');
const Override = z
  .strictObject({
    limit: z.int().min(0).nullable().describe('null: no limit.'),
    per: PER,
    until: z.iso.datetime().optional().describe('From then on the plan holds again.'),
    reason: z.string().trim().min(1).max(500),
  })
  .openapi('QuotaOverride');
const EXAMPLE = {
  name: 'hits',
  limit: 100_000,
  per: 'month' as const,
  used: 71_204,
  remaining: 28_796,
  resetsAt: '2026-12-01T00:00:00.000Z',
  source: 'plan' as const,
};

export interface QuotaRouteDeps {
  readonly quotas: Quotas;
  readonly tenancy: { get(id: string): Promise<unknown> };
  readonly audit: Pick<Audit, 'record'>;
}

/** What a workspace may use and has used, and what operators grant one alone. */
export function quotaRoutes({ quotas, tenancy, audit }: QuotaRouteDeps): CoreRoute[] {
  const read = async (tenant: string): Promise<z.output<typeof Quotas>> => ({
    items: (await quotas.usage(tenant)).map(({ resetsAt, ...one }) => ({
      ...one,
      remaining: Math.max(0, one.limit - one.used),
      resetsAt: resetsAt?.toISOString() ?? null,
    })),
  });
  const witness =
    (
      { actor }: Principal,
      action: string,
      tenant: string,
      name: string,
      details: Readonly<Record<string, unknown>> = {},
    ) =>
    (tx: Parameters<typeof audit.record>[0]) =>
      audit.record(tx, { tenant, operator: true, actor, action, target: `quota:${name}`, details });

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/usage/quotas',
        permission: 'billing:read',
        summary: 'Read what the workspace may use and has used',
        responses: { 200: json(Quotas, 'One entry per limit; without limits there is none.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => c.json(await read(tenantOf(c.var.principal)), 200),
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/system/tenants/{tenant}/quotas',
        summary: 'Read what a tenant may use and has used',
        request: { params: ofTenant },
        responses: { 200: json(Quotas, 'One entry per limit.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => {
        const { tenant } = c.req.valid('param');
        await tenancy.get(tenant);
        return c.json(await read(tenant), 200);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'put',
        path: '/api/v1/system/tenants/{tenant}/quotas/{name}',
        summary: 'Set a limit for one tenant alone',
        description: "It holds in place of the plan's, on every node within three seconds.",
        request: { params, body: jsonBody(Override) },
        responses: { 200: json(Quotas, 'All limits of the tenant.') },
        examples: {
          body: { limit: 250_000, per: 'month', until: '2027-01-01T00:00:00.000Z', reason: 'A launch' },
          response: { items: [{ ...EXAMPLE, limit: 250_000, remaining: 178_796, source: 'override' }] },
        },
      },
      async (c) => {
        const { tenant, name } = c.req.valid('param');
        const { limit, per, until, reason } = c.req.valid('json');
        await tenancy.get(tenant);
        const { principal } = c.var;
        await quotas.overrides.set(
          tenant,
          { name, limit, per, ...(until !== undefined && { until: new Date(until) }) },
          {
            by: byOf(principal),
            reason,
            within: witness(principal, 'quota.set', tenant, name, { limit, per, until, reason }),
          },
        );
        return c.json(await read(tenant), 200);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'delete',
        path: '/api/v1/system/tenants/{tenant}/quotas/{name}',
        summary: "Let the plan's limit hold again",
        request: { params },
        responses: { 200: json(Quotas, 'All limits of the tenant.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => {
        const { tenant, name } = c.req.valid('param');
        const { principal } = c.var;
        await tenancy.get(tenant);
        await quotas.overrides.remove(tenant, name, {
          by: byOf(principal),
          within: witness(principal, 'quota.reset', tenant, name),
        });
        return c.json(await read(tenant), 200);
      },
    ),
  ];
}

const byOf = ({ actor }: Principal): string => `${actor.kind}:${actor.id}`;
