import { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import type { Database } from '../data/index.ts';
import { coreRoute, json, tenantOf, type CoreRoute, type Principal } from '../http/index.ts';
import type { Audit } from './audit.ts';
import type { Anchors } from './chain/anchors.ts';
import { verifyChains } from './chain/verify.ts';
import { EXPORT_FORMATS, exportChain, type ExportFormat } from './export/write.ts';
import { INSTALLATION } from './redaction.ts';
import { filterOf, PAGE_EXAMPLE, Page, pageOf, query, Report, REPORT_EXAMPLE, toReportJson } from './schemas.ts';

const exportQuery = z.object({
  format: z.enum(EXPORT_FORMATS).default('ndjson').describe('Lines that can be verified, or a table.'),
  after: z.coerce.number().int().min(0).optional().describe('The place of the last act that is there already.'),
});
const TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
};
const EXPORTED = {
  200: {
    description: 'The sealed acts in the order of the chain.',
    content: { 'application/x-ndjson': { schema: z.string() }, 'text/csv': { schema: z.string() } },
  },
} as const;
const ofTenant = z.object({
  tenant: z.uuid().optional().describe('A tenant’s chain; the one of the installation otherwise.'),
});

export interface AuditRouteDeps {
  readonly audit: Audit;
  readonly database: Pick<Database, 'system'>;
  readonly anchors?: Anchors | undefined;
}

/** Who did what: in a workspace for its admins, and in the installation for operators. */
export function auditRoutes({ audit, database, anchors }: AuditRouteDeps): CoreRoute[] {
  /** What leaves is an act itself. */
  const send = async (
    { tenant, actor }: Pick<Principal, 'tenant' | 'actor'>,
    chain: string,
    name: string,
    { format, after }: z.output<typeof exportQuery>,
  ): Promise<Response> => {
    const own = chain === INSTALLATION;
    await audit.record(null, {
      ...(!own && tenant && { tenant: tenant.id }),
      actor,
      action: 'audit.exported',
      target: own ? 'audit:installation' : `audit:${chain}`,
      details: { format, ...(after !== undefined && { after }) },
    });
    const text = exportChain(database, { chain, format, ...(after !== undefined && { after }) });
    return new Response(Readable.toWeb(Readable.from(text, { encoding: 'utf8' })) as ReadableStream<Uint8Array>, {
      headers: {
        'content-type': TYPES[format],
        'content-disposition': `attachment; filename="${name}.${format}"`,
        'cache-control': 'no-store',
      },
    });
  };
  const verify = async (chain: string) => {
    for await (const report of verifyChains({ database, ...(anchors && { anchors }) }, chain))
      return toReportJson(report);
    return REPORT_EXAMPLE;
  };

  return [
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/audit',
        permission: 'audit:read',
        tags: ['Audit'],
        summary: 'Read the audit log of the workspace',
        request: { query },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: PAGE_EXAMPLE },
      },
      async (c) => {
        const asked = c.req.valid('query');
        return c.json(pageOf(await audit.list(tenantOf(c.var.principal), filterOf(asked)), asked), 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/audit/export',
        permission: 'audit:read',
        tags: ['Audit'],
        summary: 'Export the audit log of the workspace with its proofs',
        request: { query: exportQuery },
        responses: EXPORTED,
      },
      (c) => send(c.var.principal, tenantOf(c.var.principal), 'audit', c.req.valid('query')),
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/audit/verification',
        permission: 'audit:read',
        tags: ['Audit'],
        summary: 'Verify the audit log of the workspace',
        description: 'Reads all of it: ask now and then, not on every visit.',
        ratePerMinute: 6,
        responses: { 200: json(Report, 'Without findings nothing was changed, removed, inserted or moved.') },
        examples: { response: REPORT_EXAMPLE },
      },
      async (c) => c.json(await verify(tenantOf(c.var.principal)), 200),
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/system/audit',
        permission: 'operator',
        tags: ['System'],
        summary: 'Read the acts of operators and of the installation',
        request: { query: query.extend(ofTenant.shape) },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: PAGE_EXAMPLE },
      },
      async (c) => {
        const { tenant, ...asked } = c.req.valid('query');
        const found = await audit.listOperator({ ...filterOf(asked), ...(tenant && { tenant }) });
        return c.json(pageOf(found, asked), 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/system/audit/export',
        permission: 'operator',
        tags: ['System'],
        summary: 'Export the acts of operators and of the installation with their proofs',
        request: { query: exportQuery },
        responses: EXPORTED,
      },
      (c) => send(c.var.principal, INSTALLATION, 'audit-installation', c.req.valid('query')),
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/system/audit/verification',
        permission: 'operator',
        tags: ['System'],
        summary: 'Verify a chain of the audit log',
        ratePerMinute: 6,
        request: { query: ofTenant },
        responses: { 200: json(Report, 'What was found.') },
        examples: { response: REPORT_EXAMPLE },
      },
      async (c) => c.json(await verify(c.req.valid('query').tenant ?? INSTALLATION), 200),
    ),
  ];
}
