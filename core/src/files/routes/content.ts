import type { Context } from 'hono';
import type { HttpEnv } from '../../http/index.ts';
import type { Files } from '../files.ts';
import type { FileRecord, FileScope } from '../rows/record.ts';
import { dispositionHeaders } from './disposition.ts';
import { readRange } from './range.ts';

/** How a file's content is answered. */
export interface ContentAnswer {
  readonly disposition: 'inline' | 'attachment';
  /** For caches; a file's bytes never change. */
  readonly cacheControl: string;
}

/**
 * Answers with the bytes of a file: all of them, the part that Range asks for (206), that there is no such part (416), or
 * that the caller has them already (304).
 */
export async function answerContent(
  c: Context<HttpEnv>,
  files: Pick<Files, 'open'>,
  scope: FileScope,
  file: FileRecord,
  { disposition, cacheControl }: ContentAnswer,
): Promise<Response> {
  const etag = `"${file.sha256}"`;
  const modified = file.createdAt.toUTCString();
  const headers: Record<string, string> = {
    ...dispositionHeaders(file, disposition),
    etag,
    'last-modified': modified,
    'accept-ranges': 'bytes',
    'cache-control': cacheControl,
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
  };
  if (hasIt(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const condition = c.req.header('if-range');
  const isCurrent = condition === undefined || condition === etag || condition === modified;
  const range = isCurrent ? readRange(c.req.header('range'), file.bytes) : 'whole';
  if (range === 'unsatisfiable')
    return new Response(null, { status: 416, headers: { ...headers, 'content-range': `bytes */${file.bytes}` } });
  const part = range === 'whole' ? undefined : range;
  headers['content-length'] = String(part ? part.end - part.start + 1 : file.bytes);
  if (part) headers['content-range'] = `bytes ${part.start}-${part.end}/${file.bytes}`;
  const status = part ? 206 : 200;
  if (c.req.method === 'HEAD') return new Response(null, { status, headers });
  // A part that is the whole is checked like the whole.
  const { body } = await files.open(scope, file.id, part && isWhole(part, file.bytes) ? undefined : part);
  // The DOM's BodyInit wants bytes over an ArrayBuffer, which ours are.
  return new Response(body as BodyInit, { status, headers });
}

const isWhole = ({ start, end }: { start: number; end: number }, size: number): boolean =>
  start === 0 && end === size - 1;

const hasIt = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
