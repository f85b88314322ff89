/** @module Shows and episodes from podcast feeds. */
import { definePlugin, searchSource } from '@podlift/sdk';
import { openapi } from '@podlift/sdk/http';
import { shows } from './contract.ts';
import { refresh } from './fetch.ts';
import { listEpisodes, listShows } from './findable.ts';
import { manifest, refreshDue, refreshShow, type Ctx } from './manifest.ts';
import { addFeeds } from './rest/feeds.ts';
import { addShows } from './rest/shows.ts';
import { showsImplementation } from './shows-service.ts';

/** Feeds that one run of the clock sends on their way; the rest goes with the next. */
const MOST_DUE = 200;

export default definePlugin(manifest, (declare) => {
  declare.provide(shows, showsImplementation);
  declare.contribute(searchSource, { id: 'show', list: listShows });
  declare.contribute(searchSource, { id: 'episode', list: listEpisodes });
  declare.routes(
    openapi<Ctx>((app) => {
      addFeeds(app);
      addShows(app);
    }),
  );
  declare.job(refreshDue, async (_, ctx) => {
    const due = await ctx.collections.shows.find({
      where: { refreshAt: { lte: ctx.now() } },
      orderBy: { field: 'refreshAt' },
      limit: MOST_DUE,
    });
    for (const { id } of due.items) await ctx.enqueue(refreshShow, { showId: id }, { key: id });
  });
  declare.job(refreshShow, ({ showId }, ctx) => refresh(ctx, showId));
});
