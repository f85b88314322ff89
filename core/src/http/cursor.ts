import type { z } from 'zod';
import { HttpErrors } from './errors.ts';

/** Where the next page begins, as text that callers hand back and need not understand. */
export const encodeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/**
 * Reads a cursor back. What is none, or one of another list, is refused with the name of the field.
 *
 * @example
 * ```ts
 * const after = cursor && decodeCursor(z.tuple([z.number(), z.uuid()]), cursor);
 * ```
 */
export function decodeCursor<S extends z.ZodType>(schema: S, cursor: string): z.output<S> {
  const parsed = schema.safeParse(tryJson(cursor));
  if (!parsed.success) throw HttpErrors.cursorInvalid();
  return parsed.data;
}

function tryJson(cursor: string): unknown {
  if (!/^[\w-]{1,2000}$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
