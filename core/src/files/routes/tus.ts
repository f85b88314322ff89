import type { UploadRow } from '../rows/upload.ts';
import { problem } from '../../http/index.ts';
import type { NewFile } from './schemas.ts';
import type { z } from 'zod';

/** The tus resumable upload protocol (tus.io), and the parts of it that are spoken here. */
export const TUS_VERSION = '1.0.0';

/** What OPTIONS answers. */
export const tusOptions = (maxBytes: number): Record<string, string> => ({
  'tus-resumable': TUS_VERSION,
  'tus-version': TUS_VERSION,
  'tus-extension': 'creation,checksum,expiration,termination',
  'tus-checksum-algorithm': 'sha256',
  'tus-max-size': String(maxBytes),
});

/** A client of another version is told which one is spoken. */
export function assertTus(version: string | undefined): void {
  if (version === undefined || version === TUS_VERSION) return;
  throw problem(412, 'files.tus_version', 'This version of tus is not spoken', {
    detail: `Tus-Resumable is ${TUS_VERSION} here.`,
    headers: { 'tus-version': TUS_VERSION },
  });
}

/** What an upload says of itself in headers. */
export const uploadHeaders = (row: UploadRow): Record<string, string> => ({
  'tus-resumable': TUS_VERSION,
  'upload-offset': String(row.received),
  'upload-length': String(row.length ?? 0),
  'upload-expires': row.expiresAt.toUTCString(),
  'cache-control': 'no-store',
  ...(row.fileId !== null && { 'podlift-file': row.fileId }),
});

/** Upload-Metadata: `name base64,name base64`. A value that is none is left out. */
export function readMetadata(header: string | undefined): Record<string, string> {
  const all: Record<string, string> = {};
  for (const pair of (header ?? '').split(',')) {
    const [name = '', value = ''] = pair.trim().split(' ');
    if (/^\w+$/.test(name)) all[name] = Buffer.from(value, 'base64').toString();
  }
  return all;
}

/** What tus says of a file, in the words of the JSON body. */
export function fromTus(
  length: string,
  metadata: Record<string, string>,
): Partial<Record<keyof z.input<typeof NewFile>, unknown>> {
  const { filename, name = filename, filetype, mediaType = filetype, sha256, owner, kind, subject } = metadata;
  const said = { name: name ?? 'upload', mediaType, sha256, owner, kind, subject };
  const told = Object.entries(said).filter(([, value]) => value !== undefined && value !== '');
  return { ...Object.fromEntries(told), bytes: /^\d{1,15}$/.test(length) ? Number(length) : length };
}

/** Upload-Checksum: `sha256 base64`, as hex. */
export function readChecksum(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [algorithm, value = ''] = header.trim().split(' ');
  const digest = Buffer.from(value, 'base64');
  if (algorithm === 'sha256' && digest.byteLength === 32) return digest.toString('hex');
  throw problem(400, 'files.checksum_unknown', 'The checksum cannot be used', {
    detail: 'Upload-Checksum is `sha256 <digest in base64>` here.',
  });
}

/** Upload-Offset, which every piece names. */
export function readOffset(header: string | undefined): number {
  if (header !== undefined && /^\d{1,15}$/.test(header)) return Number(header);
  throw problem(400, 'files.offset_missing', 'The offset is missing', {
    detail: 'Send Upload-Offset: how many bytes of the upload have arrived before this piece.',
  });
}
