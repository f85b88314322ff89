/** @module The catalogue's version: one number per tenant that grows with every change, so that readers ask "did anything change" with one look. */
import type { z } from 'zod';
import { changed } from '../contract.ts';
import type { Ctx } from '../manifest.ts';
import { tellOf } from './findable.ts';

const BUMP = `
  insert into revision (tenant_id, id, n) values ($1, 1, 1)
  on conflict (tenant_id, id) do update set n = revision.n + 1`;

/** Counts the version up and tells others what changed. Call it last: the row is locked until the call commits. */
export async function announce(ctx: Ctx, { kind, change, ids }: z.input<(typeof changed)['schema']>): Promise<void> {
  await ctx.db.query(BUMP, [ctx.db.tenant]);
  await tellOf(ctx, kind, ids);
  await ctx.emit(changed, { kind, change, ids }, { key: kind });
}

/** The version now; '0' before the first change. */
export async function readRevision(ctx: Ctx): Promise<string> {
  const [row] = await ctx.db.query<{ n: string }>('select n::text as n from revision where tenant_id = $1 and id = 1', [
    ctx.db.tenant,
  ]);
  return row?.n ?? '0';
}
