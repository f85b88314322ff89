import type { Queryable } from '../data/index.ts';
import { normalize } from './normalize.ts';

/** A thing that can be found, or not any more. */
export interface SearchChange {
  readonly kind: string;
  readonly put?: readonly { readonly id: string; readonly title: string; readonly text?: string | undefined }[];
  readonly remove?: readonly string[];
}

const PUT = `
  insert into core.search_entry (tenant_id, plugin, kind, id, title, name, words, changed_at)
  select $1, $2, $3, e.id, e.title, e.name, e.words, $8
  from unnest($4::text[], $5::text[], $6::text[], $7::text[]) as e(id, title, name, words) order by e.id
  on conflict (tenant_id, plugin, kind, id) do update set
    title = excluded.title, name = excluded.name, words = excluded.words, changed_at = excluded.changed_at, removed_at = null`;
/** A rebuild changes nothing that was changed since it began. */
const PUT_OLD = `${PUT} where search_entry.changed_at < excluded.changed_at`;

const REMOVE = `
  insert into core.search_entry (tenant_id, plugin, kind, id, title, name, words, changed_at, removed_at)
  select $1, $2, $3, id, '', '', '', $5, $5 from unnest($4::text[]) as id order by id
  on conflict (tenant_id, plugin, kind, id) do update set
    title = '', name = '', words = '', changed_at = excluded.changed_at, removed_at = excluded.removed_at`;

/** Writes what a call changed, in its own transaction. */
export async function applySearchChanges(
  tx: Queryable,
  tenant: string,
  plugin: string,
  changes: readonly SearchChange[],
  at: Date,
): Promise<void> {
  for (const { kind, put = [], remove = [] } of changes) {
    if (put.length > 0) await putEntries(tx, [tenant, plugin, kind], put, at);
    if (remove.length > 0) await tx.query(REMOVE, [tenant, plugin, kind, [...new Set(remove)], at]);
  }
}

/** `since` is when a rebuild began: what was changed later stays as it is. */
export async function putEntries(
  tx: Queryable,
  of: readonly [tenant: string, plugin: string, kind: string],
  entries: NonNullable<SearchChange['put']>,
  at: Date,
  rebuilds = false,
): Promise<void> {
  // The last of one id is what is true.
  const last = [...new Map(entries.map((entry) => [entry.id, entry])).values()];
  await tx.query(rebuilds ? PUT_OLD : PUT, [
    ...of,
    last.map(({ id }) => id),
    last.map(({ title }) => title),
    last.map(({ title }) => normalize(title)),
    last.map(({ title, text = '' }) => normalize(`${title} ${text}`)),
    at,
  ]);
}
