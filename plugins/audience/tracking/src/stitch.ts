/** @module Joins what became known to be one household: what was anonymous before somebody signed in. */
import { lowestUuidv7 } from '@podlift/sdk';
import type { Ctx } from './manifest.ts';

const DAY = 86_400_000;
/** Links that one call works through. */
const MOST = 500;
/** Ids are joined so far back; no attribution window is longer. */
const LOOK_BACK_DAYS = 120;

/** Links that nobody has worked through yet. */
const TAKE = `
  select alias, household from identity_link where tenant_id = $1 and stitched_at is null order by alias limit ${MOST} for update skip locked`;
const stitchSql = (table: 'touchpoint' | 'orders'): string => `
  update ${table} t set household = l.household from unnest($2::uuid[], $3::uuid[]) as l(alias, household)
  where t.tenant_id = $1 and t.household = l.alias and t.id >= $4`;
const DONE = `update identity_link set stitched_at = $3 where tenant_id = $1 and alias = any($2::uuid[])`;

/** Moves what new links join. Returns how many links there were. */
export async function stitchNew(ctx: Ctx): Promise<number> {
  const { db } = ctx;
  const links = await db.query<{ alias: string; household: string }>(TAKE, [db.tenant]);
  if (links.length === 0) return 0;
  const aliases = links.map(({ alias }) => alias);
  const values = [
    db.tenant,
    aliases,
    links.map(({ household }) => household),
    lowestUuidv7(ctx.now().getTime() - LOOK_BACK_DAYS * DAY),
  ];
  await db.query(stitchSql('touchpoint'), values);
  await db.query(stitchSql('orders'), values);
  await db.query(DONE, [db.tenant, aliases, ctx.now()]);
  return links.length;
}

/** What came in under an old name since: an event that was on its way while the link was made, or another browser of the same person. */
const RECENT = (['touchpoint', 'orders'] as const).map(
  (table) => `
  update ${table} t set household = l.household from identity_link l
  where t.tenant_id = $1 and l.tenant_id = $1 and l.alias = t.household and t.id >= $2`,
);

/** Moves recent rows of all known links. */
export async function stitchRecent(ctx: Ctx, days = 3): Promise<void> {
  for (const sql of RECENT) await ctx.db.query(sql, [ctx.db.tenant, lowestUuidv7(ctx.now().getTime() - days * DAY)]);
}
