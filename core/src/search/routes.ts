import { z } from '@hono/zod-openapi';
import { coreRoute, json, tenantOf, type CoreRoute } from '../http/index.ts';
import type { Audit } from '../audit/index.ts';
import type { FindableKind, FoundEntry, SearchRoom } from './room.ts';

const Found = z
  .object({
    items: z.array(
      z.object({
        plugin: z.string(),
        kind: z.string(),
        kindTitle: z.string().describe('What the kind is called, in the language that was asked for.'),
        id: z.string(),
        title: z.string(),
        page: z.string().describe('Where it is shown.'),
      }),
    ),
    kinds: z.array(z.object({ plugin: z.string(), kind: z.string(), title: z.string() })),
  })
  .openapi('SearchResult');

export interface SearchRouteDeps {
  readonly search: SearchRoom;
  readonly audit: Pick<Audit, 'record'>;
}

/** One search over everything that plugins told of; nobody finds what they may not see. */
export function searchRoutes({ search, audit }: SearchRouteDeps): CoreRoute[] {
  return [
    coreRoute(
      {
        tags: ['Search'],
        method: 'get',
        path: '/api/v1/search',
        permission: 'signed-in',
        tenant: 'required',
        summary: 'Find things by their names and words',
        request: {
          query: z.object({
            q: z
              .string()
              .min(1)
              .max(200)
              .openapi({ description: 'Parts of words; all must be there.', example: 'spring' }),
            kind: z.string().max(100).optional().openapi({ description: 'Only of this kind.', example: 'campaign' }),
            limit: z.coerce.number().int().min(1).max(50).default(10),
          }),
        },
        responses: { 200: json(Found, 'What was found, the best first.') },
        examples: {
          response: {
            items: [
              {
                plugin: 'acme.shop',
                kind: 'order',
                kindTitle: 'Order',
                id: '0192b6e2-0000-7000-8000-000000000001',
                title: 'Spring sale',
                page: '/orders/0192b6e2-0000-7000-8000-000000000001',
              },
            ],
            kinds: [{ plugin: 'acme.shop', kind: 'order', title: 'Order' }],
          },
        },
      },
      async (c) => {
        const { q, kind, limit } = c.req.valid('query');
        const tenant = tenantOf(c.var.principal);
        const all = await search.kinds(tenant);
        const open = all.filter(({ permission }) => c.var.principal.can(permission));
        const asked = open.filter((one) => kind === undefined || one.kind === kind);
        const names = new Map(asked.map((one) => [keyOf(one), one]));
        const found = await search.find(tenant, { question: q, kinds: [...names.keys()], limit });
        const languages = languagesOf(c.req.header('accept-language'));
        return c.json(
          {
            items: found.flatMap((entry) => {
              const of = names.get(keyOf(entry));
              return of ? [itemOf(entry, of, languages)] : [];
            }),
            kinds: open.map((one) => ({ plugin: one.plugin, kind: one.kind, title: one.title(languages) })),
          },
          200,
        );
      },
    ),
    coreRoute(
      {
        tags: ['Search'],
        method: 'post',
        path: '/api/v1/search/rebuild',
        permission: 'settings:update',
        summary: 'List everything that can be found anew',
        responses: { 202: json(z.object({ job: z.uuid() }), 'The job that does it.') },
        examples: { response: { job: '0192b6e2-0000-7000-8000-000000000001' } },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const job = await search.requestRebuild(tenant);
        await audit.record(null, { tenant, actor: principal.actor, action: 'search.rebuild', target: `job:${job}` });
        return c.json({ job }, 202);
      },
    ),
  ];
}

const keyOf = ({ plugin, kind }: { readonly plugin: string; readonly kind: string }): string => `${plugin}/${kind}`;

function itemOf({ plugin, kind, id, title }: FoundEntry, of: FindableKind, languages: readonly string[]) {
  return {
    plugin,
    kind,
    kindTitle: of.title(languages),
    id,
    title,
    page: of.page.replace('{id}', encodeURIComponent(id)),
  };
}

const languagesOf = (header = ''): string[] => header.split(',').map((part) => part.split(';')[0]?.trim() ?? '');
