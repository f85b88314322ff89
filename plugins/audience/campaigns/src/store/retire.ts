/** @module Deleting what nobody used, archiving what somebody did. */
import type { z } from 'zod';
import type { changed } from '../contract.ts';
import { refusing } from '../errors.ts';
import type { Ctx } from '../manifest.ts';
import { announce } from './revision.ts';

interface Retiring {
  readonly id: string;
  archivedAt?: Date | null;
  updatedAt: Date;
}

/** Deletes a row that is not referenced and archives one that is. True when it is gone. */
export async function retire(
  ctx: Ctx,
  kind: z.output<(typeof changed)['schema']>['kind'],
  row: Retiring,
  referenced: boolean,
): Promise<boolean> {
  const em = await ctx.db.em();
  if (referenced) {
    row.archivedAt ??= ctx.now();
    row.updatedAt = ctx.now();
  } else em.remove(row);
  await refusing(() => em.flush());
  await announce(ctx, { kind, change: referenced ? 'archived' : 'deleted', ids: [row.id] });
  return !referenced;
}

/** Events may refer to whatever belongs to a campaign that ever ran, and events are never asked. */
export async function hasRun(ctx: Ctx, campaignId: string): Promise<boolean> {
  const [row] = await ctx.db.query<{ status: string }>('select status from campaign where tenant_id = $1 and id = $2', [
    ctx.db.tenant,
    campaignId,
  ]);
  return row?.status !== 'draft';
}
