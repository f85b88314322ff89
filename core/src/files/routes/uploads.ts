import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { coreRoute, json, problem, tenantOf, type CoreRoute, type HttpEnv } from '../../http/index.ts';
import { FileErrors } from '../errors.ts';
import type { UploadRow } from '../rows/upload.ts';
import { bodyOf } from './body.ts';
import type { FileRouteDeps } from './deps.ts';
import { Id, NewFile, toUpload, UPLOAD_EXAMPLE, UploadJson } from './schemas.ts';
import { assertTus, fromTus, readChecksum, readMetadata, readOffset, tusOptions, uploadHeaders } from './tus.ts';
import { assertMayUpload, uploaderOf, uploadTold } from './uploader.ts';

const PATH = '/api/v1/files/uploads';
const TAGS = ['Files'];
const OCTETS = 'application/offset+octet-stream';
/** A piece may take a day; a sender that falls silent is ended long before. */
const PIECE_MS = 24 * 3600_000;
/** A whole may have to be read again from the store before its digest is known. */
const COMPLETE_MS = 10 * 60_000;
const Empty = z.any().openapi({ type: 'string', format: 'binary' });

/** Resumable uploads: create, send pieces from any offset on, get a file. They speak tus 1.0. */
export function uploadRoutes(deps: FileRouteDeps): CoreRoute[] {
  const { files, maxBytes } = deps;
  const optionsHeaders = tusOptions(maxBytes);
  const find = async (tenant: string, id: string): Promise<UploadRow> => {
    const row = await files.uploads.get(tenant, id);
    if (!row || row.length === null) throw FileErrors.uploadUnknown(id);
    return row;
  };
  /** An upload that is whole becomes a file, also when the answer to its last piece was lost. */
  async function settle(c: Context<HttpEnv>, tenant: string, row: UploadRow): Promise<UploadRow> {
    if (row.fileId !== null || row.received !== row.length) return row;
    const fileId = await files.uploads.complete(tenant, row.id, uploadTold(deps, c));
    return { ...row, fileId };
  }

  return [
    coreRoute(
      {
        method: 'post',
        path: PATH,
        permission: 'files:write',
        tags: TAGS,
        summary: 'Begin an upload that can be interrupted',
        description:
          'Reserves room for the file. Say what it is in JSON, or as tus 1.0 does in Upload-Length and Upload-Metadata (filename, filetype, sha256, owner, kind, subject). Send the bytes with PATCH to the address in Location.',
        optionsHeaders,
        request: { body: { required: false, content: { 'application/json': { schema: NewFile.partial() } } } },
        responses: { 201: json(UploadJson, 'The upload; its address stands in Location.') },
        examples: {
          body: { name: 'costs.csv', mediaType: 'text/csv', bytes: 1_000_000_000 },
          response: UPLOAD_EXAMPLE,
        },
      },
      async (c) => {
        assertTus(c.req.header('tus-resumable'));
        const length = c.req.header('upload-length');
        const said =
          length === undefined ? c.req.valid('json') : fromTus(length, readMetadata(c.req.header('upload-metadata')));
        const parsed = NewFile.safeParse(said ?? {});
        if (!parsed.success)
          throw problem(422, 'http.invalid', 'The request does not fit', {
            errors: parsed.error.issues.map(({ path, message }) => ({ in: 'body', path: path.join('.'), message })),
          });
        const { bytes, owner, ...about } = parsed.data;
        const tenant = tenantOf(c.var.principal);
        await assertMayUpload(deps, tenant, owner, about.kind);
        const begun = await files.uploads.begin({ tenant, owner }, { ...about, createdBy: uploaderOf(c) }, bytes);
        const row =
          bytes > 0
            ? begun
            : await settle(
                c,
                tenant,
                await files.uploads.append(tenant, begun.id, { offset: 0, content: new Uint8Array() }),
              );
        return c.json(toUpload(row), 201, { ...uploadHeaders(row), location: `${PATH}/${row.id}` });
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: PATH,
        permission: 'files:write',
        tags: TAGS,
        summary: 'List the uploads under way',
        request: {
          query: z.object({ cursor: z.uuid().optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }),
        },
        responses: {
          200: json(
            z.object({ items: z.array(UploadJson), next: z.uuid().nullable() }).openapi('FileUploadPage'),
            'Newest first.',
          ),
        },
        examples: { response: { items: [UPLOAD_EXAMPLE], next: null } },
      },
      async (c) => {
        const { cursor, limit } = c.req.valid('query');
        const found = await files.uploads.list(tenantOf(c.var.principal), { limit, ...(cursor && { after: cursor }) });
        return c.json(
          { items: found.map(toUpload), next: found.length === limit ? (found.at(-1)?.id ?? null) : null },
          200,
        );
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: `${PATH}/{id}`,
        permission: 'files:write',
        tags: TAGS,
        summary: 'Ask how far an upload is',
        description:
          'HEAD answers the same in headers: Upload-Offset, Upload-Length, Upload-Expires, and Podlift-File once it is a file.',
        timeoutMs: COMPLETE_MS,
        optionsHeaders,
        request: { params: Id },
        responses: { 200: json(UploadJson, 'The upload.') },
        examples: { response: UPLOAD_EXAMPLE },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const row = await settle(c, tenant, await find(tenant, c.req.valid('param').id));
        return c.json(toUpload(row), 200, uploadHeaders(row));
      },
    ),
    coreRoute(
      {
        method: 'patch',
        path: `${PATH}/{id}`,
        // A piece is no act; the file is, and has a row.
        acts: 'none',
        permission: 'files:write',
        tags: TAGS,
        summary: 'Send the next piece of an upload',
        description:
          'The body is the bytes, Upload-Offset says where they begin. With Upload-Checksum (`sha256 <base64>`) a piece that arrives wrong is answered with 460 and nothing of it is kept. What arrived before a broken connection is kept. The last piece answers when the file exists; its id stands in Podlift-File.',
        body: 'stream',
        bodyLimit: maxBytes,
        timeoutMs: PIECE_MS,
        request: {
          params: Id,
          headers: z.object({
            'upload-offset': z.string().optional().openapi({ example: '0' }),
            'upload-checksum': z.string().optional(),
          }),
          body: { required: true, content: { [OCTETS]: { schema: Empty } } },
        },
        responses: { 204: { description: 'The piece is kept; Upload-Offset says where to go on.' } },
      },
      async (c) => {
        assertTus(c.req.header('tus-resumable'));
        const { id } = c.req.valid('param');
        const tenant = tenantOf(c.var.principal);
        if (c.req.header('content-type') !== OCTETS)
          throw problem(415, 'http.wrong_media_type', 'The content type does not fit', {
            detail: `Send the piece as ${OCTETS}.`,
          });
        const offset = readOffset(c.req.header('upload-offset'));
        const sha256 = readChecksum(c.req.header('upload-checksum'));
        const row = await files.uploads.append(tenant, id, { offset, content: bodyOf(c), sha256 });
        return c.body(null, 204, uploadHeaders(await settle(c, tenant, row)));
      },
    ),
    coreRoute(
      {
        method: 'delete',
        path: `${PATH}/{id}`,
        permission: 'files:write',
        tags: TAGS,
        summary: 'End an upload and give its room back',
        request: { params: Id },
        responses: { 204: { description: 'It is gone.' } },
      },
      async (c) => {
        assertTus(c.req.header('tus-resumable'));
        const { id } = c.req.valid('param');
        if (!(await files.uploads.end(tenantOf(c.var.principal), id))) throw FileErrors.uploadUnknown(id);
        return c.body(null, 204, { 'tus-resumable': '1.0.0' });
      },
    ),
  ];
}
