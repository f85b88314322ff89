import { campaignsView, placementsView } from '@podlift/audience-campaigns/contract';
import { viewName } from '@podlift/sdk';
import type { Dimension } from './contract.ts';
import type { Ctx } from './manifest.ts';

const campaigns = viewName(campaignsView);
const placements = viewName(placementsView);

const SELECT: Readonly<Record<Exclude<Dimension, 'show'>, string>> = {
  campaign: `select id as key, name as label from ${campaigns} where tenant_id = $1 and id = any($2::uuid[])`,
  sponsor: `select distinct sponsor_id as key, sponsor as label from ${campaigns} where tenant_id = $1 and sponsor_id = any($2::uuid[])`,
  placement: `select p.id as key, c.name || ' · ' || p.slot || '-roll' as label from ${placements} p
    join ${campaigns} c on c.tenant_id = $1 and c.id = p.campaign_id
    where p.tenant_id = $1 and p.id = any($2::uuid[])`,
};

/** What people call each key. A key that the catalogue no longer knows is missing. */
export async function labelKeys(ctx: Ctx, dimension: Dimension, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  if (dimension !== 'show') {
    const rows = await ctx.db.query<{ key: string; label: string }>(SELECT[dimension], [ctx.tenant, keys]);
    return new Map(rows.map(({ key, label }) => [key, label]));
  }
  const titles = new Map<string, string>();
  for (let start = 0; start < keys.length; start += 500) {
    const found = await ctx.services.shows?.get({ ids: keys.slice(start, start + 500) });
    for (const { id, title } of found?.items ?? []) titles.set(id, title);
  }
  return titles;
}
