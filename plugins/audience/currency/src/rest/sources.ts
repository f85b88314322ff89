/** @module Where rates come from, and fetching the reference rates now. */
import { json, route, z, type App } from '@podlift/sdk/http';
import { dateOf } from '../day.ts';
import { readFeed } from '../ecb/fetch.ts';
import { CurrencyErrors } from '../errors.ts';
import { rulesOf } from '../ledger.ts';
import { fetchHistory, type Ctx } from '../manifest.ts';
import { usesReference } from '../refresh.ts';
import { READ, SourcesJson, tags, WRITE } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/api/v1/currency/sources',
  tags,
  'x-permission': READ,
  summary: 'Which sources count, and how the reference rates are',
  responses: { 200: json(SourcesJson, 'The sources') },
});
const refresh = route({
  method: 'post',
  path: '/api/v1/currency/refresh',
  tags,
  'x-permission': WRITE,
  summary: 'Fetch reference rates now, in the background',
  request: {
    query: z.object({
      history: z
        .enum(['new', '90-days', 'all'])
        .default('new')
        .openapi({ description: 'The days since the last time, the last 90 days, or all since 1999.' }),
    }),
  },
  responses: { 202: { description: 'It is on its way' }, 422: { description: 'The settings want own rates only' } },
});

/** Registers the routes. */
export function addSources(app: App<Ctx>): void {
  app.openapi(list, async (c) => {
    const { ctx } = c.var;
    const feed = await readFeed(ctx);
    return c.json(
      {
        base: ctx.settings.baseCurrency,
        order: [...rulesOf(ctx.settings).order],
        reference: {
          used: usesReference(ctx.settings),
          lastDate: feed.lastDay === undefined ? null : dateOf(feed.lastDay),
          readAt: feed.readAt?.toISOString() ?? null,
          failures: feed.failures,
          failingSince: feed.failingSince?.toISOString() ?? null,
          lastError: feed.lastError ?? null,
          warnings: feed.warnings,
        },
      },
      200,
    );
  });
  app.openapi(refresh, async (c) => {
    const { ctx } = c.var;
    if (!usesReference(ctx.settings)) throw CurrencyErrors.notUsed();
    const { history } = c.req.valid('query');
    await ctx.enqueue(fetchHistory, { history }, { key: history });
    return c.body(null, 202);
  });
}
