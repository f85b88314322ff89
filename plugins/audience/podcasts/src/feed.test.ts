import { describe, expect, test } from 'vitest';
import { MAX_ITEMS, readFeed } from './feed.ts';
import { item, rss } from './testing/feeds.ts';

const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];
const read = (text: string) => readFeed(bytes(text));
/** One byte at a time, as the worst network would. */
function* drip(text: string): Generator<Uint8Array> {
  for (const byte of new TextEncoder().encode(text)) yield Uint8Array.of(byte);
}

describe('a podcast feed', () => {
  const full = rss(
    `<link>https://bread.example/</link>
     <description>Flour &amp; water.</description>
     <language>EN-gb</language>
     <generator>Oven 2</generator>
     <copyright>2026 Bread</copyright>
     <image><url>https://bread.example/old.jpg</url><title>Not this title</title></image>
     <atom:link rel="self" href="https://feeds.bread.example/rss"/>
     <itunes:author>Ann Baker</itunes:author>
     <itunes:owner><itunes:name>Bakery Ltd</itunes:name><itunes:email>ann@bread.example</itunes:email></itunes:owner>
     <itunes:image href="https://bread.example/cover.jpg"/>
     <itunes:category text="Arts"><itunes:category text="Food"/></itunes:category>
     <itunes:category text="Leisure"/>
     <itunes:explicit>clean</itunes:explicit>
     <itunes:type>Serial</itunes:type>
     <podcast:guid>917393E3-1B1E-5CEF-ACE4-EDAA54E1F810</podcast:guid>
     <podcast:locked owner="ann@bread.example">yes</podcast:locked>
     <podcast:medium>podcast</podcast:medium>
     <podcast:funding url="https://bread.example/give">Buy flour</podcast:funding>
     <podcast:person role="Host">Ann Baker</podcast:person>
     <podcast:value type="lightning" method="keysend"><podcast:valueRecipient name="ann" type="node" address="0365" split="95"/></podcast:value>
     <podcast:liveItem status="live"><title>Live</title><guid>live-1</guid><enclosure url="https://bread.example/live.mp3" type="audio/mpeg"/></podcast:liveItem>`,
    item(
      'b-1',
      `<title>Sourdough</title><itunes:title>Sour Dough</itunes:title>
       <pubDate>Fri, 09 Oct 2020 04:30:38 GMT</pubDate>
       <itunes:duration>1:02:03</itunes:duration><itunes:season>2</itunes:season><itunes:episode>7</itunes:episode>
       <itunes:episodeType>Full</itunes:episodeType><itunes:explicit>yes</itunes:explicit>
       <description>short</description><content:encoded><![CDATA[<p>Long & tasty</p>]]></content:encoded>
       <podcast:transcript url="https://bread.example/1.vtt" type="text/vtt" language="en"/>
       <podcast:chapters url="https://bread.example/1.json" type="application/json+chapters"/>
       <podcast:person>Ann Baker</podcast:person><podcast:person role="guest" href="https://bob.example/">Bob Rye</podcast:person>
       <podcast:alternateEnclosure type="video/mp4"><podcast:source uri="https://bread.example/1.mp4"/></podcast:alternateEnclosure>`,
      'https://op3.dev/e/cdn.bread.example/1.mp3?from=rss',
    ),
  );

  test('says everything about the show', async () => {
    const { show, selfUrl, failed } = await read(full);
    expect(show).toEqual({
      title: 'Bread',
      link: 'https://bread.example/',
      description: 'Flour & water.',
      language: 'en-gb',
      hosting: 'Oven 2',
      copyright: '2026 Bread',
      author: 'Ann Baker',
      ownerName: 'Bakery Ltd',
      imageUrl: 'https://bread.example/cover.jpg',
      categories: ['Arts', 'Arts > Food', 'Leisure'],
      explicit: false,
      type: 'serial',
      podcastGuid: '917393e3-1b1e-5cef-ace4-edaa54e1f810',
      locked: true,
      medium: 'podcast',
      funding: [{ url: 'https://bread.example/give', text: 'Buy flour' }],
      persons: [{ name: 'Ann Baker', role: 'host', group: 'cast' }],
      value: {
        type: 'lightning',
        method: 'keysend',
        recipients: [{ name: 'ann', type: 'node', address: '0365', split: 95 }],
      },
    });
    expect(selfUrl).toBe('https://feeds.bread.example/rss');
    expect(failed).toBe(0);
  });

  test('says everything about an episode, and a live item is none', async () => {
    const { episodes } = await read(full);
    expect(episodes).toEqual([
      {
        guid: 'b-1',
        title: 'Sour Dough',
        description: '<p>Long & tasty</p>',
        publishedAt: new Date('2020-10-09T04:30:38Z'),
        durationS: 3723,
        season: 2,
        episode: 7,
        episodeType: 'full',
        explicit: true,
        enclosureUrl: 'https://op3.dev/e/cdn.bread.example/1.mp3?from=rss',
        enclosureKey: 'cdn.bread.example/1.mp3',
        enclosureType: 'audio/mpeg',
        bytes: 4096,
        prefixes: ['op3'],
        transcripts: [{ url: 'https://bread.example/1.vtt', type: 'text/vtt', language: 'en' }],
        chapters: { url: 'https://bread.example/1.json', type: 'application/json+chapters' },
        persons: [
          { name: 'Ann Baker', role: 'host', group: 'cast' },
          { name: 'Bob Rye', role: 'guest', group: 'cast', href: 'https://bob.example/' },
        ],
      },
    ]);
  });

  test('is the same byte by byte', async () => expect(await readFeed(drip(full))).toEqual(await read(full)));

  test('may use any prefix for a namespace, and spell the namespace its own way', async () => {
    const { show, episodes } = await read(
      `<rss version="2.0" xmlns:i="http://www.itunes.com/DTDs/Podcast-1.0.dtd"><channel><title>B</title><i:author>Ann</i:author>
       <item><guid>1</guid><i:duration>60</i:duration><enclosure url="https://b.example/1.mp3" type="x-audio/mp3" length="0"/></item></channel></rss>`,
    );
    expect([show.author, episodes[0]?.durationS, episodes[0]?.bytes]).toEqual(['Ann', 60, undefined]);
  });

  test('without episodes is one when it has podcast tags', async () =>
    expect((await read(rss('<itunes:author>Ann</itunes:author>'))).episodes).toEqual([]));

  test('in Atom', async () => {
    const { show, episodes } = await read(
      `<feed xmlns="http://www.w3.org/2005/Atom"><title>Bread</title><entry><id>a-1</id><title>One</title><published>2026-01-02T03:04:05Z</published>
       <link href="https://b.example/1"/><link rel="enclosure" type="audio/mpeg" length="99" href="https://b.example/1.mp3"/></entry></feed>`,
    );
    expect(show.title).toBe('Bread');
    expect(episodes).toMatchObject([
      { guid: 'a-1', title: 'One', bytes: 99, link: 'https://b.example/1', enclosureKey: 'b.example/1.mp3' },
    ]);
  });
});

describe('encodings', () => {
  const text = rss('', item('1', '<title>Café — Brötchen</title>')).replace('utf-8', 'ENCODING');
  const title = async (chunk: Uint8Array, contentType?: string) =>
    (await readFeed([chunk], { ...(contentType && { contentType }) })).episodes[0]?.title;

  test('declared, marked, or told by the server', async () => {
    const latin = Buffer.from(text.replace('ENCODING', 'ISO-8859-1').replace('—', '-'), 'latin1');
    expect(await title(latin)).toBe('Café - Brötchen');
    const utf16 = Buffer.from(`\ufeff${text.replace('ENCODING', 'UTF-16')}`, 'utf16le');
    expect(await title(utf16)).toBe('Café — Brötchen');
    expect(await title(Buffer.from(`\ufeff${text.replace('ENCODING', 'latin1')}`))).toBe('Café — Brötchen');
    const undeclared = text.replace(/<\?xml.*?\?>/, '');
    expect(await title(Buffer.from(undeclared.replace('—', '-'), 'latin1'), 'text/xml; charset="windows-1252"')).toBe(
      'Café - Brötchen',
    );
    expect(await title(Buffer.from(undeclared))).toBe('Café — Brötchen');
  });

  test('that nobody knows are named', () =>
    expect(read(text.replace('ENCODING', 'klingon-7'))).rejects.toMatchObject({ code: 'podcasts.encoding_unknown' }));
});

describe('what is not a podcast says so', () => {
  test.each([
    ['', 'podcasts.not_a_feed', /empty/],
    ['   \n ', 'podcasts.not_a_feed', /empty/],
    ['just words', 'podcasts.not_a_feed', /not XML/],
    ['{"title": "json"}', 'podcasts.not_a_feed', /not XML/],
    ['<!doctype html><html><body><p>Moved<br></body></html>', 'podcasts.not_a_feed', /<html>/],
    ['<head><title>Moved</title></head><body/>', 'podcasts.not_a_feed', /<head>/],
    ['<opml version="2.0"><body/></opml>', 'podcasts.not_a_feed', /<opml>/],
    [
      '<rss version="2.0"><channel><title>News</title><item><guid>1</guid></item></channel></rss>',
      'podcasts.not_a_podcast',
      /none of its 1 items/,
    ],
    [
      '<rss version="2.0"><channel><title>N</title><item><guid>1</guid><enclosure url="https://n.example/a.jpg" type="image/jpeg"/></item></channel></rss>',
      'podcasts.not_a_podcast',
      /RSS feed but not a podcast/,
    ],
    ['<rss version="2.0"><channel><title>Empty</title></channel></rss>', 'podcasts.not_a_podcast', /no items/],
    [
      '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id></entry></feed>',
      'podcasts.not_a_podcast',
      /Atom feed/,
    ],
  ])('%j', async (text, code, message) => {
    await expect(read(text)).rejects.toMatchObject({ code, kind: 'invalid', message: expect.stringMatching(message) });
  });
});

describe('hostile and broken feeds', () => {
  test('entities of their own are refused before they grow', () => {
    const lol = `<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>${rss('', item('&b;'))}`;
    return expect(read(lol)).rejects.toMatchObject({ code: 'podcasts.feed_unsafe' });
  });

  test('outside entities are never loaded', async () => {
    const xxe = `<!DOCTYPE rss SYSTEM "file:///etc/passwd">${rss('', item('1', '<title>&passwd;</title>')).replace(/<\?xml.*?\?>/, '')}`;
    const { episodes, warnings } = await read(xxe);
    expect(episodes[0]?.title).toBe('&passwd;');
    expect(warnings[0]).toMatch(/invalid character entity/);
  });

  test('depth, length and number of episodes are bounded', async () => {
    await expect(read(rss('<a>'.repeat(100)))).rejects.toMatchObject({ code: 'podcasts.feed_too_deep' });
    const megabyte = new TextEncoder().encode(' '.repeat(1 << 20));
    function* endless(): Generator<Uint8Array> {
      yield* bytes('<rss><channel>');
      for (;;) yield megabyte;
    }
    await expect(readFeed(endless())).rejects.toMatchObject({ code: 'podcasts.feed_too_large' });
    const many = await read(
      rss(
        '',
        Array.from({ length: MAX_ITEMS + 2 }, (_, i) => item(`g${i}`, '', `https://b.example/${i}.mp3`)).join(''),
      ),
    );
    expect([many.episodes.length, many.failed, many.problems[0]?.code]).toEqual([MAX_ITEMS, 2, 'too_many']);
  });

  test('an element with attributes without end is refused before the parser drowns in them', async () => {
    const attributes = Array.from({ length: 200_000 }, (_, n) => `a${n}=""`).join(' ');
    const started = performance.now();
    await expect(read(rss(`<a ${attributes}/>`))).rejects.toMatchObject({
      code: 'podcasts.feed_too_many_attributes',
    });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('long texts are cut, long guids are hashed', async () => {
    const { episodes } = await read(
      rss('', item('g'.repeat(9000), `<title>t</title><description>${'d'.repeat(90_000)}</description>`)),
    );
    expect(episodes[0]?.description).toHaveLength(4000);
    expect(episodes[0]?.guid).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('slips in the form are read over and told', async () => {
    const { episodes, warnings } = await read(
      rss('', `${item('1', '<title>Tom & Jerry</title>')}${item('2', '', 'https://b.example/2.mp3')}`),
    );
    expect(episodes.map(({ title }) => title)).toEqual(['Tom & Jerry', 'b.example/2.mp3']);
    expect(warnings[0]).toMatch(/^line \d+: /);
  });

  test('an end that is missing costs the last item only', async () => {
    const { episodes } = await read(
      rss('', item('1') + item('2', '', 'https://b.example/2.mp3')).replace(/<\/item>\s*<\/channel>.*/s, ''),
    );
    expect(episodes.map(({ guid }) => guid)).toEqual(['1']);
  });
});

describe('items', () => {
  test('without a guid are known by their file', async () => {
    const { episodes } = await read(
      rss('', '<item><enclosure url="https://pdst.fm/e/b.example/1.mp3" type="audio/mpeg"/></item>'),
    );
    expect(episodes[0]?.guid).toBe('enclosure:b.example/1.mp3');
  });

  test('that cannot be kept are told one by one, the others are kept', async () => {
    const { episodes, problems, failed } = await read(
      rss(
        '',
        [
          item('1'),
          '<item><guid>2</guid><title>Only words</title></item>',
          '<item><guid>3</guid><enclosure url="file:///etc/passwd" type="audio/mpeg"/></item>',
          item('1'),
          item('1', '', 'https://b.example/other.mp3'),
        ].join(''),
      ),
    );
    expect(episodes.map(({ guid }) => guid)).toEqual(['1', '1#b.example/other.mp3']);
    expect(problems.map(({ item: at, code, guid }) => [at, code, guid])).toEqual([
      [2, 'no_media', '2'],
      [3, 'no_media', '3'],
      [4, 'duplicate', '1'],
    ]);
    expect(failed).toBe(3);
  });
});
