import { z } from 'zod';
import { extensionPoint } from './extension-point.ts';
import type { PermissionName } from './manifest.ts';
import { method } from './method.ts';
import type { Text } from './text.ts';

/** A kind of thing that people can search for. */
export interface SearchKind {
  readonly title: Text;
  /** Whoever may not do this finds none. */
  readonly permission: PermissionName;
  /** Where the thing is shown, as in `/campaigns/{id}`. */
  readonly page: `/${string}`;
}

const Entry = z.object({
  /** The thing's own id. */
  id: z.string().min(1).max(200),
  /** What people call it. */
  title: z.string().min(1).max(500),
  /** What else finds it: codes, names, a description. Only the first 4,000 characters count. */
  text: z.string().max(100_000).optional(),
});

/** A thing that can be found. */
export type SearchEntry = z.output<typeof Entry>;

/** What of the plugin's things can be found; changes commit with the call. */
export interface Search<K extends string> {
  /** Adds things or changes what finds them. */
  put(kind: K, entries: readonly SearchEntry[]): Promise<void>;
  remove(kind: K, ids: readonly string[]): Promise<void>;
}

/**
 * A point that the host opens: everything of one kind, page by page, so that it can be found by who had it before the
 * plugin told the search of it. The entry's id is the kind.
 * @example
 * declare.contribute(searchSource, { id: 'show', list: async (page, ctx) => {
 *   const { items, next } = await ctx.collections.shows.find(page);
 *   return { entries: items.map(({ id, value }) => ({ id, title: value.title })), ...(next && { next }) };
 * } });
 */
export const searchSource = extensionPoint('podlift.search@1', z.object({}), {
  /** A page of entries; without `next`, which is the `after` of the page that follows, it is the last. */
  list: method(
    z.object({ after: z.string().optional(), limit: z.int() }),
    z.object({ entries: z.array(Entry).max(1000), next: z.string().optional() }),
  ),
});
