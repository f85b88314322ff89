/** @module The jobs that fetch reference rates, and what becomes of their failures. */
import { PodliftError, type JobRun } from '@podlift/sdk';
import { FEED, type FeedRecord } from './collections.ts';
import { dayOf } from './day.ts';
import { checkMoves, fetchRates, readFeed, type Fetched, type Wanted } from './ecb/fetch.ts';
import { errorText } from './errors.ts';
import { SOURCE_ORDERS, type Ctx } from './manifest.ts';
import { notifications, TELL_AFTER_DAYS } from './notifications.ts';

const DAY_MS = 86_400_000;

/** Whether the tenant's settings want reference rates. */
export const usesReference = ({ sources }: Ctx['settings']): boolean =>
  SOURCE_ORDERS[sources].some((source) => source === 'ecb');

/**
 * Fetches for one tenant. What may pass by itself is thrown, so that the job is tried again, until its last attempt: then it is written down,
 * where people see it, and told when it has gone on for days.
 */
export async function refresh(ctx: Ctx, wanted: Wanted, { attempt }: Pick<JobRun, 'attempt'>, attempts: number) {
  if (!usesReference(ctx.settings)) return;
  const before = await readFeed(ctx);
  let done: Fetched | undefined;
  try {
    done = await fetchRates(ctx, before, wanted);
    checkMoves(done.feed, dayOf(ctx.now()));
    await ctx.collections.feeds.upsert(FEED, done.feed);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    if (attempt < attempts && !done && mayPass(error)) throw error;
    await fail(ctx, before, done?.feed ?? before, error);
  }
}

async function fail(ctx: Ctx, before: FeedRecord, feed: FeedRecord, error: unknown): Promise<void> {
  const failingSince = before.failingSince ?? ctx.now();
  const days = Math.floor((dayOf(ctx.now()) * DAY_MS - dayOf(failingSince) * DAY_MS) / DAY_MS);
  const tell = !before.told && days >= TELL_AFTER_DAYS;
  const lastError = errorText(error);
  ctx.log.warn('reference rates could not be read', { failures: before.failures + 1, days });
  await ctx.collections.feeds.upsert(FEED, {
    ...feed,
    failures: before.failures + 1,
    failingSince,
    lastError,
    told: before.told || tell,
  });
  if (tell)
    await ctx.notify(notifications.feedFailing, {
      to: notifications.to,
      data: { days, reason: lastError },
      key: failingSince.toISOString().slice(0, 10),
    });
}

const mayPass = (error: unknown): boolean =>
  !(error instanceof PodliftError) || error.kind === 'unavailable' || error.code === 'upstream_failed';

/** How the plugin is for a tenant: not well once reference rates have been failing for days. */
export async function checkHealth(ctx: Ctx) {
  if (!usesReference(ctx.settings)) return { ok: true } as const;
  const { failingSince, lastError } = await readFeed(ctx);
  const failing = failingSince !== undefined && dayOf(ctx.now()) - dayOf(failingSince) >= TELL_AFTER_DAYS;
  return failing
    ? ({
        ok: false,
        reason: `reference rates are missing since ${failingSince.toISOString().slice(0, 10)}: ${lastError ?? ''}`,
      } as const)
    : ({ ok: true } as const);
}
