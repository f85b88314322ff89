import { z } from '@hono/zod-openapi';
import { coreRoute, json, type CoreRoute } from '../../http/index.ts';
import type { PluginHost } from '../plugin-host.ts';
import { Details, params, plainDetails, plainSummary, Summary } from './schemas.ts';

const TAGS = { tags: ['System'] };
const List = z.object({ items: z.array(Summary) }).openapi('PluginList');
const Findings = z
  .object({
    items: z.array(z.object({ level: z.enum(['error', 'warning', 'note']), plugin: z.string(), message: z.string() })),
  })
  .openapi('PluginFindings');

/** What the operator sees of plugins, and does to them for the whole installation. */
export function operatorRoutes({ plugins }: { readonly plugins: PluginHost }): CoreRoute[] {
  const act = (name: 'retry' | 'switch-on' | 'switch-off', summary: string, run: PluginHost['retry']): CoreRoute =>
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: `/api/v1/system/plugins/{id}/${name}`,
        permission: 'operator',
        summary,
        request: { params },
        responses: { 200: json(Summary, 'The plugin as it stands now.') },
      },
      async (c) => c.json(plainSummary(await run(c.req.valid('param').id, c.var.principal.actor)), 200),
    );
  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/system/plugins',
        permission: 'operator',
        summary: 'List the installed plugins',
        request: {},
        responses: { 200: json(List, 'All of them, broken ones included.') },
      },
      (c) => c.json({ items: plugins.list().map(plainSummary) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/system/plugins/doctor',
        permission: 'operator',
        summary: 'Look for what is wrong with the installed plugins',
        request: {},
        responses: { 200: json(Findings, 'What does not work, and what was probably not meant.') },
      },
      (c) => c.json({ items: [...plugins.doctor()] }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/system/plugins/{id}',
        permission: 'operator',
        summary: 'Show an installed plugin',
        request: { params },
        responses: { 200: json(Details, 'What it does, needs and gives, and what is missing without it.') },
      },
      (c) => c.json(plainDetails(plugins.show(c.req.valid('param').id)), 200),
    ),
    act('retry', 'Try a degraded plugin again', plugins.retry),
    act('switch-on', 'Switch a plugin on for the installation', plugins.switchOn),
    act('switch-off', 'Switch a plugin off for the installation', plugins.switchOff),
  ];
}
