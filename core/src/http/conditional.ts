import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';

/** The ETag of bytes: as long as they are the same, it is. */
export const contentTag = (content: string | Uint8Array): string =>
  `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;

/** Whether the caller already has this version, by If-None-Match: then 304 is the answer. */
export function isFresh(c: Context<HttpEnv>, etag: string): boolean {
  const given = c.req.header('if-none-match');
  if (given === undefined) return false;
  return given.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
