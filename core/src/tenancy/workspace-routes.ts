import { z } from '@hono/zod-openapi';
import type { Audit, Witness } from '../audit/index.ts';
import type { Tx } from '../data/index.ts';
import {
  coreRoute,
  entityTag,
  json,
  jsonBody,
  problem,
  tenantOf,
  versionSeen,
  withVersion,
  type CoreRoute,
  type Principal,
} from '../http/index.ts';
import type { Quotas } from '../settings/index.ts';
import type { Tenancy } from './tenancy.ts';
import {
  DOMAIN_EXAMPLE,
  DomainJson,
  SETTINGS_EXAMPLE,
  SettingsJson,
  toDomainJson,
  toWorkspaceJson,
  WorkspaceJson,
} from './tenant-json.ts';

const TAGS = { tags: ['Workspace'] };
const headers = z.object({ 'if-match': z.string().optional() });
const domainParam = z.object({ domain: z.string().openapi({ param: { name: 'domain', in: 'path' } }) });
const Domains = z.object({ items: z.array(DomainJson) }).openapi('WorkspaceDomains');
const Usage = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        limit: z.number(),
        per: z.enum(['total', 'month', 'day']),
        used: z.number(),
      }),
    ),
  })
  .openapi('WorkspaceUsage');

export interface WorkspaceRouteDeps {
  readonly tenancy: Tenancy;
  readonly quotas: Pick<Quotas, 'usage'>;
  readonly audit: Pick<Audit, 'record'>;
}

/** What the people of a workspace do with it themselves. */
export function workspaceRoutes({ tenancy, quotas, audit }: WorkspaceRouteDeps): CoreRoute[] {
  const witness =
    (principal: Principal, action: string, target: string, details = {}): Witness<unknown> =>
    (tx) =>
      audit.record(tx, { tenant: tenantOf(principal), actor: principal.actor, action, target, details });
  const ofDomain =
    (principal: Principal, what: string): Witness<string> =>
    (tx, domain) =>
      witness(principal, `tenant.domain_${what}`, `domain:${domain}`)(tx, domain);

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/tenant',
        permission: 'tenant:read',
        summary: 'Read the workspace',
        responses: { 200: json(WorkspaceJson, 'The workspace of this request.') },
      },
      async (c) => {
        const tenant = await tenancy.get(tenantOf(c.var.principal));
        return c.json(toWorkspaceJson(tenant), 200, { etag: entityTag(tenant.version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/tenant',
        permission: 'tenant:update',
        summary: 'Rename the workspace',
        request: { headers, body: jsonBody(z.strictObject({ name: z.string().trim().min(1).max(100) })) },
        responses: { 200: json(WorkspaceJson, 'The workspace.') },
        examples: { body: { name: 'Acme Audio' } },
      },
      async (c) => {
        const id = tenantOf(c.var.principal);
        const { name } = c.req.valid('json');
        const before = (await tenancy.get(id)).name;
        const row = witness(c.var.principal, 'tenant.renamed', `tenant:${id}`, { before, after: name });
        const tenant = await withVersion('tenants.changed', () => tenancy.update(id, { name }, versionSeen(c), row));
        return c.json(toWorkspaceJson(tenant), 200, { etag: entityTag(tenant.version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/tenant/settings',
        permission: 'tenant:read',
        summary: 'Read how the workspace shows days, money and words',
        responses: { 200: json(SettingsJson, 'The settings, with defaults.') },
        examples: { response: SETTINGS_EXAMPLE },
      },
      async (c) => {
        const { value, version } = await tenancy.settings.get(tenantOf(c.var.principal));
        return c.json(value, 200, { etag: entityTag(version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/tenant/settings',
        permission: 'settings:update',
        summary: 'Change how the workspace shows days, money and words',
        description: 'Send If-Match with the ETag that was read; what is left out becomes its default.',
        request: { headers, body: jsonBody(SettingsJson) },
        responses: { 200: json(SettingsJson, 'The settings.') },
        examples: { body: SETTINGS_EXAMPLE, response: SETTINGS_EXAMPLE },
      },
      async (c) => {
        const { principal } = c.var;
        const options = {
          by: `${principal.actor.kind}:${principal.actor.id}`,
          expected: versionSeen(c),
          within: (tx: Tx, { version }: { readonly version: number }) =>
            witness(principal, 'tenant.settings_changed', 'settings:core', { version })(tx, undefined),
        };
        const saved = await withVersion('settings.changed', () =>
          tenancy.settings.set(tenantOf(principal), c.req.valid('json'), options),
        );
        return c.json(saved.value, 200, { etag: entityTag(saved.version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/tenant/usage',
        permission: 'billing:read',
        summary: 'Read the limits of the plan and what is used of them',
        responses: { 200: json(Usage, 'One entry per limit; a plan without limits has none.') },
        examples: { response: { items: [{ name: 'keys', limit: 5, per: 'total', used: 2 }] } },
      },
      async (c) => {
        const all = await quotas.usage(tenantOf(c.var.principal));
        return c.json({ items: all.map(({ name, limit, per, used }) => ({ name, limit, per, used })) }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/tenant/domains',
        permission: 'settings:read',
        summary: 'List the domains of the workspace',
        responses: { 200: json(Domains, 'Proven ones lead to the workspace.') },
        examples: { response: { items: [DOMAIN_EXAMPLE] } },
      },
      async (c) => c.json({ items: (await tenancy.domains.list(tenantOf(c.var.principal))).map(toDomainJson) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/tenant/domains',
        permission: 'settings:update',
        summary: 'Add a domain',
        description: 'Set the TXT record of the answer in the DNS of the domain, then verify it.',
        request: { body: jsonBody(z.strictObject({ domain: z.string().max(253) })) },
        responses: { 201: json(DomainJson, 'The domain, not yet proven.') },
        examples: { body: { domain: 'ads.acme.example' }, response: DOMAIN_EXAMPLE },
      },
      async (c) => {
        const { principal } = c.var;
        const domain = await tenancy.domains.add(
          tenantOf(principal),
          c.req.valid('json').domain,
          ofDomain(principal, 'added'),
        );
        return c.json(toDomainJson(domain), 201);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/tenant/domains/{domain}/verify',
        permission: 'settings:update',
        summary: 'Verify a domain by its TXT record',
        request: { params: domainParam },
        responses: { 200: json(DomainJson, 'The domain, proven.') },
        examples: { response: { ...DOMAIN_EXAMPLE, verifiedAt: '2026-11-24T20:00:00.000Z' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { domain: given } = c.req.valid('param');
        const domain = await tenancy.domains.verify(tenantOf(principal), given, ofDomain(principal, 'verified'));
        return c.json(toDomainJson(domain), 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'delete',
        path: '/api/v1/tenant/domains/{domain}',
        permission: 'settings:update',
        summary: 'Remove a domain',
        request: { params: domainParam },
        responses: { 204: { description: 'It leads to the workspace no more.' } },
      },
      async (c) => {
        const { domain } = c.req.valid('param');
        const { principal } = c.var;
        if (!(await tenancy.domains.remove(tenantOf(principal), domain, ofDomain(principal, 'removed'))))
          throw problem(404, 'tenants.domain_unknown', 'The workspace has no such domain');
        return c.body(null, 204);
      },
    ),
  ];
}
