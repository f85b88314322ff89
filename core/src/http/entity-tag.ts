import type { Context } from 'hono';
import { HttpErrors } from './errors.ts';
import { fieldErrors } from './problem.ts';
import { z } from 'zod';

/** The ETag of something whose version is a number. */
export const entityTag = (version: number): string => `"${version}"`;

const header = z.string().regex(/^"\d{1,9}"$/, 'Is not the ETag of a version, like "3".');

/** The version that a change was made from, by If-Match. Without one, changes of others could be lost: 428. */
export function versionSeen(c: Context): number {
  const given = c.req.header('if-match');
  if (given === undefined) throw HttpErrors.versionMissing();
  const parsed = header.safeParse(given);
  if (!parsed.success) throw HttpErrors.invalid(fieldErrors(parsed.error, 'header'));
  return Number(parsed.data.slice(1, -1));
}

/** Runs a change; when it finds that another version is the current one, the answer is 412. */
export async function withVersion<T>(code: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) throw HttpErrors.versionDiffers();
    throw error;
  }
}
