import { setTimeout as sleep } from 'node:timers/promises';

/** Files with podcast feeds that are imported, each again and again until the server has said that it is in. */
export interface FeedImports {
  /** Titles of the shows that are in. */
  readonly shows: readonly string[];
  stop(): Promise<void>;
}

export const EPISODES = 20;

/** Imports one feed after the other until it is stopped. */
export function startFeedImports(url: string, key: string, pauseMs = 150): FeedImports {
  const shows: string[] = [];
  const stopped = new AbortController();
  const importing = (async () => {
    for (let n = 0; !stopped.signal.aborted; n++) {
      const title = `Show ${n}`;
      while (!(await importFeed(url, key, feedOf(title)))) await sleep(100);
      shows.push(title);
      await sleep(pauseMs);
    }
  })();
  return {
    shows,
    async stop() {
      stopped.abort();
      await importing;
    },
  };
}

const importFeed = (url: string, key: string, xml: string): Promise<boolean> =>
  fetch(`${url}/api/v1/feeds/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/rss+xml' },
    body: xml,
    signal: AbortSignal.timeout(20_000),
  }).then(
    async (response) => (await response.body?.cancel(), response.ok),
    () => false,
  );

function feedOf(title: string): string {
  const items = Array.from(
    { length: EPISODES },
    (_, n) =>
      `<item><title>${n}</title><guid>${title} ${n}</guid><enclosure url="https://b.example/${n}.mp3" type="audio/mpeg" length="4096"/></item>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>${title}</title><link>https://b.example/${encodeURIComponent(title)}</link>${items.join('')}</channel></rss>`;
}
