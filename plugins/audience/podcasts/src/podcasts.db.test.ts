import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import podcasts from './index.ts';
import { feedImported } from './contract.ts';
import { item, rss } from './testing/feeds.ts';

let host: TestHost;
const FEED = 'https://feeds.bread.example/rss';
let served: { body: string; etag?: string } = { body: '' };

beforeAll(async () => {
  host = await createTestHost({
    plugins: [podcasts],
    net: {
      [FEED]: ({ headers }) => {
        if (served.etag !== undefined && headers['if-none-match'] === served.etag)
          return new Response(null, { status: 304 });
        return new Response(served.body, {
          headers: { 'content-type': 'application/rss+xml', ...(served.etag && { etag: served.etag }) },
        });
      },
      'https://gone.example/*': { status: 404 },
      'https://down.example/*': { status: 502 },
      'https://page.example/*': '<html><body>A page</body></html>',
    },
  });
});
afterAll(() => host?.stop());

const tenantOf = (): Promise<string> => host.tenant();
const importXml = (tenant: string, body: string, type = 'application/xml') =>
  host.request('/api/v1/feeds/import', { method: 'POST', body, headers: { 'content-type': type } }, { tenant });
const importUrl = (tenant: string, url: string) =>
  host.request('/api/v1/feeds/import', { method: 'POST', body: JSON.stringify({ url }) }, { tenant });
const read = async (tenant: string, path: string) => (await host.request(path, {}, { tenant })).json();

const three = rss(
  '<podcast:guid>guid-bread</podcast:guid>',
  [1, 2, 3]
    .map((n) =>
      item(
        `e${n}`,
        `<title>Episode ${n}</title><pubDate>0${n} Jan 2026 00:00:00 GMT</pubDate>`,
        `https://b.example/${n}.mp3`,
      ),
    )
    .join(''),
);

describe('a file', () => {
  test('makes a show with its episodes; the same file changes nothing; a changed one changes what changed', async () => {
    const tenant = await tenantOf();
    const first = await importXml(tenant, three);
    expect(first.status).toBe(201);
    const { showId, ...counts } = await first.json();
    expect(counts).toMatchObject({ title: 'Bread', created: true, added: 3, updated: 0, unchanged: 0, failed: 0 });
    expect(first.headers.get('location')).toBe(`/api/v1/shows/${showId}`);

    const again = await importXml(tenant, three);
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ showId, created: false, added: 0, updated: 0, unchanged: 3 });

    const changed = three
      .replace('Episode 2', 'Episode two')
      .replace('</channel>', `${item('e4', '', 'https://b.example/4.mp3')}</channel>`);
    expect(await (await importXml(tenant, changed)).json()).toMatchObject({
      showId,
      added: 1,
      updated: 1,
      unchanged: 2,
    });
    const { items } = await read(tenant, `/api/v1/shows/${showId}/episodes`);
    expect(items.map(({ title }: { title: string }) => title).toSorted()).toEqual([
      'Episode 1',
      'Episode 3',
      'Episode two',
      'b.example/4.mp3',
    ]);
    const events = await host.events(tenant, feedImported.id);
    expect(events.map(({ payload }) => payload)).toMatchObject([
      { added: 3 },
      { added: 0, unchanged: 3 },
      { added: 1, updated: 1 },
    ]);
  });

  test('in a form is read too', async () => {
    const form = new FormData();
    form.set('file', new File([three], 'feed.xml', { type: 'text/xml' }));
    const response = await host.request(
      '/api/v1/feeds/import',
      { method: 'POST', body: form },
      { tenant: await tenantOf() },
    );
    expect(await response.json()).toMatchObject({ added: 3 });
  });

  test('whose guids changed keeps its episodes, which are known by their files', async () => {
    const tenant = await tenantOf();
    await importXml(tenant, three);
    const renamed = await importXml(tenant, three.replaceAll('<guid>e', '<guid>new-'));
    expect(await renamed.json()).toMatchObject({ added: 0, updated: 3, unchanged: 0 });
  });

  test.each([
    ['<html></html>', 'podcasts.not_a_feed'],
    ['<rss><channel><item><guid>1</guid></item></channel></rss>', 'podcasts.not_a_podcast'],
    ['<!DOCTYPE rss [<!ENTITY x "y">]><rss/>', 'podcasts.feed_unsafe'],
    ['', 'podcasts.not_a_feed'],
  ])('%j is refused and leaves nothing', async (body, code) => {
    const tenant = await tenantOf();
    const response = await importXml(tenant, body);
    expect([response.status, (await response.json()).code]).toEqual([422, code]);
    expect((await read(tenant, '/api/v1/shows')).items).toEqual([]);
  });

  test('of two tenants are two shows', async () => {
    const [one, two] = [await tenantOf(), await tenantOf()];
    const { showId } = await (await importXml(one, three)).json();
    expect(await (await importXml(two, three)).json()).toMatchObject({ created: true, added: 3 });
    expect((await host.request(`/api/v1/shows/${showId}`, {}, { tenant: two })).status).toBe(404);
  });
});

describe('an address', () => {
  test('is read, asked whether it changed, and refreshed by the clock', async () => {
    const tenant = await tenantOf();
    served = { body: three, etag: '"v1"' };
    const { showId } = await (await importUrl(tenant, FEED)).json();
    expect((await read(tenant, `/api/v1/shows/${showId}`)).feed).toMatchObject({ url: FEED, failures: 0 });
    expect(await (await importUrl(tenant, FEED)).json()).toMatchObject({ showId, notModified: true });

    served = {
      body: three.replace('</channel>', `${item('e4', '', 'https://b.example/4.mp3')}</channel>`),
      etag: '"v2"',
    };
    host.clock.advance(7 * 3_600_000);
    await host.request(`/api/v1/shows/${showId}/refresh`, { method: 'POST' }, { tenant });
    await host.drain();
    expect((await read(tenant, `/api/v1/shows/${showId}/episodes`)).items).toHaveLength(4);
  });

  test('that fails is told to people and tried again later', async () => {
    const tenant = await tenantOf();
    served = { body: three };
    const { showId } = await (await importUrl(tenant, FEED)).json();
    served = { body: 'broken' };
    await host.request(`/api/v1/shows/${showId}/refresh`, { method: 'POST' }, { tenant });
    await host.drain();
    const { feed } = await read(tenant, `/api/v1/shows/${showId}`);
    expect(feed).toMatchObject({ failures: 1, lastError: expect.stringContaining('not a feed') });
    expect(Date.parse(feed.nextReadAt)).toBeGreaterThan(host.clock.now());

    served = { body: three };
    host.clock.advance(7 * 3_600_000);
    await importUrl(tenant, FEED);
    expect((await read(tenant, `/api/v1/shows/${showId}`)).feed).toMatchObject({ failures: 0, lastError: null });
  });

  test('that has moved is read at the new one from then on', async () => {
    const tenant = await tenantOf();
    served = {
      body: three.replace(
        '<title>Bread',
        '<itunes:new-feed-url>https://new.example/rss</itunes:new-feed-url><title>Bread',
      ),
    };
    const { showId } = await (await importUrl(tenant, FEED)).json();
    expect((await read(tenant, `/api/v1/shows/${showId}`)).feed.url).toBe('https://new.example/rss');
  });

  test.each([
    ['https://gone.example/rss', 422, 'podcasts.feed_unreachable'],
    ['https://down.example/rss', 503, 'podcasts.feed_unreachable'],
    ['https://page.example/rss', 422, 'podcasts.not_a_feed'],
    ['ftp://files.example/rss', 422, 'invalid_input'],
    ['', 422, 'invalid_input'],
  ])('%j is a %i', async (url, status, code) => {
    const response = await importUrl(await tenantOf(), url);
    expect([response.status, (await response.json()).code]).toEqual([status, code]);
  });
});

describe('shows', () => {
  test('are created, listed in pages, changed by version and archived', async () => {
    const tenant = await tenantOf();
    const ids: string[] = [];
    for (const title of ['A', 'B', 'C']) {
      const made = await host.request('/api/v1/shows', { method: 'POST', body: JSON.stringify({ title }) }, { tenant });
      ids.push((await made.json()).id);
    }
    const page = await read(tenant, '/api/v1/shows?limit=2');
    const rest = await read(tenant, `/api/v1/shows?limit=2&cursor=${encodeURIComponent(page.next)}`);
    expect([...page.items, ...rest.items].map(({ title }) => title)).toEqual(['A', 'B', 'C']);
    expect(rest.next).toBeNull();

    const path = `/api/v1/shows/${ids[0]}`;
    const patch = (body: object, etag: string) =>
      host.request(path, { method: 'PATCH', body: JSON.stringify(body), headers: { 'if-match': etag } }, { tenant });
    expect((await patch({ publisher: 'Media' }, '"1"')).status).toBe(204);
    expect((await patch({ publisher: 'Other' }, '"1"')).status).toBe(412);
    expect(await read(tenant, path)).toMatchObject({ publisher: 'Media', version: 2 });
    expect((await patch({ nonsense: 1 }, '"2"')).status).toBe(422);

    expect((await host.request(path, { method: 'DELETE' }, { tenant })).status).toBe(204);
    expect((await read(tenant, '/api/v1/shows')).items).toHaveLength(2);
    expect((await read(tenant, '/api/v1/shows?status=archived')).items).toHaveLength(1);
  });

  test('need permission', async () => {
    const tenant = await tenantOf();
    const response = await host.request(
      '/api/v1/shows',
      { method: 'POST', body: '{"title":"A"}' },
      { tenant, permissions: ['shows:read'] },
    );
    expect(response.status).toBe(403);
  });

  test('are served to other plugins', async () => {
    const tenant = await tenantOf();
    const { showId } = await (await importXml(tenant, three)).json();
    expect(await host.call(['podcasts.shows@1', 'get'], { ids: [showId] }, { tenant })).toMatchObject({
      items: [{ id: showId, title: 'Bread' }],
    });
    expect(await host.call(['podcasts.shows@1', 'episodes'], { showId, limit: 2 }, { tenant })).toMatchObject({
      items: [{}, {}],
      next: expect.any(String),
    });
  });
});

describe('people are told', () => {
  test('of a show that is new, once', async () => {
    const tenant = await tenantOf();
    const { showId } = await (await importXml(tenant, three)).json();
    await importXml(tenant, three);
    await host.drain();
    expect(await host.messages(tenant)).toEqual([
      {
        kind: 'podlift.podcasts/show-imported',
        to: 'tester',
        title: 'Bread was imported',
        body: 'The feed brought 3 episodes. From now on it is read again by itself.',
        severity: 'info',
        link: `/shows/${showId}`,
      },
    ]);
  });

  test('of a feed that fails three times in a row, by mail too, and not each time', async () => {
    const tenant = await tenantOf();
    served = { body: three };
    await importUrl(tenant, FEED);
    served = { body: '<html></html>' };
    for (let n = 0; n < 5; n++) {
      host.clock.advance(400 * 3_600_000);
      const { items } = await read(tenant, '/api/v1/shows');
      await host.request(`/api/v1/shows/${items[0].id}/refresh`, { method: 'POST' }, { tenant });
      await host.drain();
    }
    const failing = (await host.messages(tenant)).filter(({ kind }) => kind === 'podlift.podcasts/feed-failing');
    expect(failing).toMatchObject([
      {
        title: 'The feed of Bread cannot be read',
        body: expect.stringContaining('3 times in a row: this is not a feed'),
      },
    ]);
    expect((await host.mails()).filter(({ subject }) => subject === failing[0]?.title)).toHaveLength(1);
  });
});
