import { z } from '@hono/zod-openapi';
import type { FileRecord } from '../rows/record.ts';
import type { UploadRow } from '../rows/upload.ts';
import { isMediaType } from './disposition.ts';

const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'Is not a SHA-256 digest in hex.')
  .openapi({ example: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9' });

export const FileJson = z
  .object({
    id: z.uuid(),
    owner: z.string().openapi({ description: 'core, or the plugin that keeps it.', example: 'core' }),
    kind: z.string().openapi({ example: 'upload' }),
    name: z.string().openapi({ example: 'costs.csv' }),
    mediaType: z.string().openapi({ example: 'text/csv' }),
    sha256: Sha256,
    bytes: z.int(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable().openapi({ description: 'When its retention ends.' }),
  })
  .openapi('File');
export const FilePageJson = z.object({ items: z.array(FileJson), next: z.uuid().nullable() }).openapi('FilePage');
export const UploadJson = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    name: z.string(),
    mediaType: z.string(),
    offset: z.int().openapi({ description: 'So many bytes have arrived for good; go on from here.' }),
    length: z.int(),
    expiresAt: z.iso.datetime(),
    file: z.uuid().nullable().openapi({ description: 'The file it became.' }),
  })
  .openapi('FileUpload');
export const UsageJson = z
  .object({
    kept: z.int().openapi({ description: 'Bytes of files; the same bytes count once.' }),
    reserved: z.int().openapi({ description: 'Bytes promised to uploads under way.' }),
    quota: z.int(),
  })
  .openapi('FileUsage');
export const LinkJson = z.object({ url: z.url(), expiresAt: z.iso.datetime() }).openapi('FileLink');

export const Name = z.string().min(1).max(300);
export const MediaType = z.string().refine(isMediaType, 'Is no media type like text/csv.');
/** What is said of a file before its bytes come. */
export const NewFile = z
  .object({
    name: Name.openapi({ example: 'costs.csv' }),
    mediaType: MediaType.default('application/octet-stream').openapi({ example: 'text/csv' }),
    bytes: z.int().min(0).openapi({ description: 'Its length.', example: 1_000_000_000 }),
    sha256: Sha256.optional(),
    owner: z.string().max(100).default('core').openapi({ description: 'The plugin that it is for.' }),
    kind: z.string().max(60).default('upload'),
    subject: z.string().min(1).max(200).optional().openapi({ description: 'The one person it is about.' }),
  })
  .openapi('NewFile');
export const Id = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
export { Sha256 };

export const toFile = (file: FileRecord): z.input<typeof FileJson> => ({
  id: file.id,
  owner: file.owner,
  kind: file.kind,
  name: file.name,
  mediaType: file.mediaType,
  sha256: file.sha256,
  bytes: file.bytes,
  createdAt: file.createdAt.toISOString(),
  expiresAt: file.expiresAt?.toISOString() ?? null,
});

export const toUpload = (row: UploadRow): z.input<typeof UploadJson> => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  mediaType: row.mediaType,
  offset: row.received,
  length: row.length ?? 0,
  expiresAt: row.expiresAt.toISOString(),
  file: row.fileId,
});

export const FILE_EXAMPLE: z.input<typeof FileJson> = {
  id: '01a20f44-503f-7296-873f-ca51be712b86',
  owner: 'core',
  kind: 'upload',
  name: 'costs.csv',
  mediaType: 'text/csv',
  sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  bytes: 11,
  createdAt: '2026-11-24T20:00:00.000Z',
  expiresAt: null,
};
export const UPLOAD_EXAMPLE: z.input<typeof UploadJson> = {
  id: '01a20f44-503f-7296-873f-ca51be712b87',
  kind: 'upload',
  name: 'costs.csv',
  mediaType: 'text/csv',
  offset: 0,
  length: 1_000_000_000,
  expiresAt: '2026-11-25T20:00:00.000Z',
  file: null,
};
