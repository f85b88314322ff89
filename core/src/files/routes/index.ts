import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, rawRoute, tenantOf, type CoreRoute } from '../../http/index.ts';
import { FileErrors } from '../errors.ts';
import { LINK_PATH } from '../links.ts';
import type { FileRecord } from '../rows/record.ts';
import { bodyOf } from './body.ts';
import { answerContent } from './content.ts';
import type { FileRouteDeps } from './deps.ts';
import {
  FILE_EXAMPLE,
  FileJson,
  FilePageJson,
  Id,
  LinkJson,
  MediaType,
  Name,
  Sha256,
  toFile,
  UsageJson,
} from './schemas.ts';
import { assertMayUpload, fileTold, uploaderOf, uploadTold } from './uploader.ts';
import { uploadRoutes } from './uploads.ts';

const TAGS = ['Files'];
/** Whoever sends a large file in one go over a slow line needs long; a silent one is ended long before. */
const PUT_MS = 24 * 3600_000;
const MAX_LINK_SECONDS = 7 * 86_400;
const binary = z.any().openapi({ type: 'string', format: 'binary' });
const Disposition = z.enum(['inline', 'attachment']);

/** The files of a workspace that its members see: what they uploaded, and what plugins show them. */
export function fileRoutes(deps: FileRouteDeps): CoreRoute[] {
  const { files, maxBytes, now } = deps;
  const find = async (tenant: string, id: string): Promise<FileRecord> => {
    const file = await files.stat({ tenant }, id);
    if (!file?.listed) throw FileErrors.notFound(id);
    return file;
  };

  return [
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/files',
        permission: 'files:read',
        tags: TAGS,
        summary: 'List the files',
        request: {
          query: z.object({
            owner: z.string().max(100).optional(),
            kind: z.string().max(60).optional(),
            cursor: z.uuid().optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
          }),
        },
        responses: { 200: json(FilePageJson, 'Newest first.') },
        examples: { response: { items: [FILE_EXAMPLE], next: null } },
      },
      async (c) => {
        const { owner, kind, cursor, limit } = c.req.valid('query');
        const scope = { tenant: tenantOf(c.var.principal), ...(owner && { owner }) };
        const filter = { listed: true, limit, ...(kind && { kind }), ...(cursor && { after: cursor }) };
        const found = await files.list(scope, filter);
        return c.json(
          { items: found.map(toFile), next: found.length === limit ? (found.at(-1)?.id ?? null) : null },
          200,
        );
      },
    ),
    coreRoute(
      {
        method: 'post',
        path: '/api/v1/files',
        permission: 'files:write',
        tags: TAGS,
        summary: 'Upload a file in one go',
        description:
          'The body is the bytes, Content-Type its media type. For files that may be interrupted see /api/v1/files/uploads.',
        body: 'stream',
        bodyLimit: maxBytes,
        timeoutMs: PUT_MS,
        request: {
          query: z.object({
            name: Name,
            owner: z.string().max(100).default('core'),
            kind: z.string().max(60).default('upload'),
            sha256: Sha256.optional(),
            subject: z.string().min(1).max(200).optional(),
          }),
          body: { required: true, content: { 'application/octet-stream': { schema: binary } } },
        },
        responses: { 201: json(FileJson, 'The file.') },
        examples: { response: FILE_EXAMPLE },
      },
      async (c) => {
        const { owner, ...about } = c.req.valid('query');
        const tenant = tenantOf(c.var.principal);
        await assertMayUpload(deps, tenant, owner, about.kind);
        const mediaType = MediaType.safeParse(c.req.header('content-type')).data ?? 'application/octet-stream';
        const said = { ...about, mediaType, createdBy: uploaderOf(c) };
        const file = await files.put({ tenant, owner }, bodyOf(c), said, { also: uploadTold(deps, c) });
        return c.json(toFile(file), 201, { location: `/api/v1/files/${file.id}` });
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/files/usage',
        permission: 'files:read',
        tags: TAGS,
        summary: 'See how much room files take',
        responses: { 200: json(UsageJson, 'In bytes.') },
        examples: { response: { kept: 1_048_576, reserved: 0, quota: 10_737_418_240 } },
      },
      async (c) => c.json(await files.usage(tenantOf(c.var.principal)), 200),
    ),
    ...uploadRoutes(deps),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/files/{id}',
        permission: 'files:read',
        tags: TAGS,
        summary: 'Read what is known of a file',
        request: { params: Id },
        responses: { 200: json(FileJson, 'The file.') },
        examples: { response: FILE_EXAMPLE },
      },
      async (c) => c.json(toFile(await find(tenantOf(c.var.principal), c.req.valid('param').id)), 200),
    ),
    coreRoute(
      {
        method: 'delete',
        path: '/api/v1/files/{id}',
        permission: 'files:write',
        tags: TAGS,
        summary: 'Delete a file',
        description: 'Links to it stop working at once.',
        request: { params: Id },
        responses: { 204: { description: 'It is gone.' } },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const { id } = await find(tenant, c.req.valid('param').id);
        if (!(await files.delete({ tenant }, id, fileTold(deps, c, 'file.deleted')))) throw FileErrors.notFound(id);
        return c.body(null, 204);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/files/{id}/content',
        permission: 'files:read',
        tags: TAGS,
        summary: 'Download a file',
        description: 'Takes Range, If-Range and If-None-Match; the ETag is the SHA-256 of the content.',
        request: { params: Id, query: z.object({ disposition: Disposition.default('attachment') }) },
        responses: {
          200: { description: 'The bytes.', content: { 'application/octet-stream': { schema: binary } } },
          206: { description: 'The part that Range asks for.' },
          304: { description: 'The caller has it already.' },
          416: { description: 'There is no such part.' },
        },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const file = await find(tenant, c.req.valid('param').id);
        const { disposition } = c.req.valid('query');
        return answerContent(c, files, { tenant }, file, { disposition, cacheControl: 'private, no-cache' });
      },
    ),
    coreRoute(
      {
        method: 'post',
        path: '/api/v1/files/{id}/links',
        permission: 'files:read',
        tags: TAGS,
        summary: 'Make a link that opens without signing in',
        description: 'It opens this file only, until it expires or the file is deleted.',
        request: {
          params: Id,
          body: jsonBody(
            z
              .object({
                expiresIn: z.int().min(1).max(MAX_LINK_SECONDS).default(900).openapi({ description: 'Seconds.' }),
                disposition: Disposition.default('attachment'),
              })
              .openapi('NewFileLink'),
          ),
        },
        responses: { 201: json(LinkJson, 'The link.') },
        examples: {
          body: { expiresIn: 900 },
          response: {
            url: `https://podlift.example.com${LINK_PATH}/01a20f44-503f-7296-873f-ca51be712b85/01a20f44-503f-7296-873f-ca51be712b86?expires=1795643100&disposition=attachment&key=x&signature=x`,
            expiresAt: '2026-11-24T20:15:00.000Z',
          },
        },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const { id, ...file } = await find(tenant, c.req.valid('param').id);
        const { expiresIn, disposition } = c.req.valid('json');
        const expires = Math.floor(now() / 1000) + expiresIn;
        await deps.audit.record(null, {
          tenant,
          actor: c.var.principal.actor,
          action: 'file.link-made',
          target: `file:${id}`,
          details: { name: file.name, expires },
        });
        const url = files.link({ tenant, id, disposition, expires });
        return c.json({ url, expiresAt: new Date(expires * 1000).toISOString() }, 201, { 'cache-control': 'no-store' });
      },
    ),
    rawRoute(
      { methods: ['GET'], path: `${LINK_PATH}/:tenant/:id`, permission: 'public', tenant: 'optional' },
      async (c) => {
        const query = (name: string): string => c.req.query(name) ?? '';
        const target = files.openLink({
          tenant: c.req.param('tenant') ?? '',
          id: c.req.param('id') ?? '',
          expires: query('expires'),
          disposition: query('disposition'),
          key: query('key'),
          signature: query('signature'),
        });
        const { tenant, id, disposition } = target;
        const file = (await deps.isActive(tenant)) ? await files.stat({ tenant }, id) : undefined;
        if (!file) throw FileErrors.notFound(id);
        // A deleted file must not open from a cache: whoever has it asks again each time.
        return answerContent(c, files, { tenant }, file, { disposition, cacheControl: 'private, no-cache' });
      },
    ),
  ];
}
