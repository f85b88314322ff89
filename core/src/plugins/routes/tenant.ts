import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, type CoreRoute, type Principal } from '../../http/index.ts';
import { PluginErrors } from '../errors.ts';
import type { PluginHost } from '../plugin-host.ts';
import { Grants, params, plainDetails, plainSummary, TenantDetails, TenantSummary } from './schemas.ts';

const TAGS = { tags: ['Plugins'] };
const List = z.object({ items: z.array(TenantSummary) }).openapi('WorkspacePluginList');

/** The pipeline lets nobody through to these routes without a tenant. */
function tenantOf({ tenant }: Principal): string {
  if (!tenant) throw PluginErrors.tenantUnknown();
  return tenant.id;
}

/** What a workspace sees of plugins, and what its admins decide about them. */
export function tenantRoutes({ plugins }: { readonly plugins: PluginHost }): CoreRoute[] {
  const showFor = async (principal: Principal, id: string) => ({
    ...plainDetails(plugins.show(id)),
    standing: await plugins.standing(tenantOf(principal), id),
  });
  /** Those that can be loaded at all; broken folders are the operator's business. */
  const listFor = async (tenant: string) => {
    const known = plugins.list().filter(({ id }) => plugins.knows(id));
    return Promise.all(
      known.map(async (one) => ({ ...plainSummary(one), standing: await plugins.standing(tenant, one.id) })),
    );
  };
  const decide = (path: 'enable' | 'disable', summary: string): CoreRoute =>
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: `/api/v1/plugins/{id}/${path}`,
        permission: 'plugins:manage',
        summary,
        request: { params },
        responses: { 200: json(TenantDetails, 'The plugin as it stands now.') },
      },
      async (c) => {
        const { principal } = c.var;
        const { id } = c.req.valid('param');
        await plugins.decide(tenantOf(principal), id, { enabled: path === 'enable' }, principal.actor);
        return c.json(await showFor(principal, id), 200);
      },
    );
  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/plugins',
        permission: 'plugins:read',
        summary: 'List the plugins of the workspace',
        request: {},
        responses: { 200: json(List, 'All installed plugins, by id.') },
      },
      async (c) => c.json({ items: await listFor(tenantOf(c.var.principal)) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/plugins/{id}',
        permission: 'plugins:read',
        summary: 'Show a plugin',
        request: { params },
        responses: { 200: json(TenantDetails, 'What it does, needs and gives.') },
      },
      async (c) => c.json(await showFor(c.var.principal, c.req.valid('param').id), 200),
    ),
    decide('enable', 'Enable a plugin for the workspace'),
    decide('disable', 'Disable a plugin for the workspace'),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/plugins/{id}/grants',
        permission: 'plugins:manage',
        summary: 'Grant or refuse capabilities of a plugin',
        description: 'A required capability that is refused pauses the plugin for the workspace.',
        request: { params, body: jsonBody(Grants) },
        responses: { 200: json(TenantDetails, 'The plugin as it stands now.') },
        examples: { body: { grants: { 'net:fetch': false } } },
      },
      async (c) => {
        const { principal } = c.var;
        const { id } = c.req.valid('param');
        await plugins.decide(tenantOf(principal), id, { grants: c.req.valid('json').grants }, principal.actor);
        return c.json(await showFor(principal, id), 200);
      },
    ),
  ];
}
