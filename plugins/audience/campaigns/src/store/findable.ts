/** @module What people find sponsors, campaigns, placements, codes and links by. */
import type { SearchEntry } from '@podlift/sdk';
import type { z } from 'zod';
import type { changed } from '../contract.ts';
import type { Ctx } from '../manifest.ts';

type Kind = z.output<(typeof changed)['schema']>['kind'];

/** By kind: what of each row finds it. Archived rows are not found. */
const ENTRIES: Readonly<Record<Kind, string>> = {
  sponsor: `select id, name as title, domain as text, archived_at from sponsor`,
  campaign: `select c.id, c.name as title, s.name as text, c.archived_at from campaign c join sponsor s on s.tenant_id = c.tenant_id and s.id = c.sponsor_id`,
  placement: `select p.id, coalesce(p.name, c.name || ' · ' || p.slot) as title, c.name as text, p.archived_at
    from placement p join campaign c on c.tenant_id = p.tenant_id and c.id = p.campaign_id`,
  code: `select d.id, d.code as title, c.name as text, d.archived_at from code d join campaign c on c.tenant_id = d.tenant_id and c.id = d.campaign_id`,
  link: `select l.id, l.slug as title, concat_ws(' ', l.vanity, c.name) as text, l.archived_at from link l join campaign c on c.tenant_id = l.tenant_id and c.id = l.campaign_id`,
};
export const FINDABLE_KINDS = Object.keys(ENTRIES) as Kind[];
const OF = (kind: Kind): string => ({ sponsor: 'sponsor', campaign: 'c', placement: 'p', code: 'd', link: 'l' })[kind];

interface Row {
  readonly id: string;
  readonly title: string;
  readonly text: string | null;
  readonly archived_at: Date | null;
}
const toEntry = ({ id, title, text }: Row): SearchEntry => ({
  id,
  title: title.slice(0, 500),
  ...(text !== null && { text }),
});

/** Tells the search of rows that were written, archived or deleted in this call. */
export async function tellOf(ctx: Ctx, kind: Kind, ids: readonly string[]): Promise<void> {
  const { db } = ctx;
  const of = OF(kind);
  const rows = await db.query<Row>(`${ENTRIES[kind]} where ${of}.tenant_id = $1 and ${of}.id = any($2::uuid[])`, [
    db.tenant,
    ids,
  ]);
  const live = rows.filter((row) => row.archived_at === null);
  const found = new Set(live.map(({ id }) => id));
  const gone = ids.filter((id) => !found.has(id));
  if (live.length > 0) await ctx.search.put(kind, live.map(toEntry));
  if (gone.length > 0) await ctx.search.remove(kind, gone);
}

/** A page of rows, for a search that is filled anew. */
export const lister =
  (kind: Kind) =>
  async (
    { after, limit }: { readonly after?: string | undefined; readonly limit: number },
    { db }: Ctx,
  ): Promise<{ entries: SearchEntry[]; next?: string }> => {
    const of = OF(kind);
    const rows = await db.query<Row>(
      `${ENTRIES[kind]} where ${of}.tenant_id = $1 and ${of}.archived_at is null and ($2::uuid is null or ${of}.id > $2) order by ${of}.id limit $3`,
      [db.tenant, after ?? null, limit],
    );
    const last = rows.at(-1);
    return { entries: rows.map(toEntry), ...(rows.length === limit && last && { next: last.id }) };
  };
