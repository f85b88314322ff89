/** @module Cursors, versions and ETags, the same for every resource. */
import { CampaignErrors } from '../errors.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a list is asked beside its own filters. */
export interface ListQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly archived: 'false' | 'true' | 'all';
}
/** Conditions of a page: newest first, after the cursor, archived or not. */
export const pageWhere = ({ cursor, archived }: ListQuery) => ({
  ...(cursor !== undefined && { id: { $lt: readCursor(cursor) } }),
  ...(archived !== 'all' && { archivedAt: archived === 'true' ? { $ne: null } : null }),
});
/** Order and length of a page: one row more than asked for tells whether there is another page. */
export const pageOptions = ({ limit }: ListQuery) => ({ orderBy: { id: 'desc' as const }, limit: limit + 1 });

/** Splits the rows into a page and what comes next. */
export function toPage<R extends { readonly id: string }, J>(
  rows: readonly R[],
  limit: number,
  toJson: (row: R) => J,
): { items: J[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map((row) => toJson(row)), next: rows.length > limit && last ? writeCursor(last.id) : null };
}

const writeCursor = (id: string): string => Buffer.from(id, 'latin1').toString('base64url');
export function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!UUID.test(id)) throw CampaignErrors.cursor();
  return id;
}

export const etagOf = ({ version }: { readonly version: number }): string => `"${version}"`;

/** The row, if it is there and as the caller has seen it. */
export function checked<R extends { readonly version: number }>(
  row: R | null,
  what: string,
  id: string,
  ifMatch?: string,
): R {
  if (!row) throw CampaignErrors.notFound(what, id);
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch.replace(/^W\//, '') !== etagOf(row))
    throw CampaignErrors.changed(what);
  return row;
}

/** Only the fields that were given: `undefined` is not a change. */
export function given<T extends object>(fields: T): Partial<T> {
  const kept: Partial<T> = {};
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key];
  return kept;
}
