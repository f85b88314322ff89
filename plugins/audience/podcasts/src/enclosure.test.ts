import { describe, expect, test } from 'vitest';
import { computeEnclosureChain, computeEnclosureKey } from './enclosure.ts';

const file = 'cdn.example.com/shows/1/episode-12.mp3';

describe('computeEnclosureChain', () => {
  test.each([
    [`https://${file}`, []],
    [`https://op3.dev/e/${file}`, ['op3']],
    [`https://op3.dev/e,pg=917393e3/${file}`, ['op3']],
    [`https://op3.dev/e/http://${file}`, ['op3']],
    [`https://op3.dev/e/https:/${file}`, ['op3']],
    [`HTTPS://OP3.dev:443/e/${file}`, ['op3']],
    [`https://dts.podtrac.com/redirect.mp3/${file}`, ['podtrac']],
    [`http://www.podtrac.com/pts/redirect.mp3?http://${file}`, ['podtrac']],
    [`https://play.podtrac.com/ABC-Daily/${file}`, ['podtrac']],
    [`https://pdst.fm/e/${file}`, ['spotify']],
    [`https://pdst.fm/e/${file.replaceAll('/', '%2F')}`, ['spotify']],
    [`https://prfx.byspotify.com/e/${file}`, ['spotify']],
    [`https://chrt.fm/track/CHRT123/${file}`, ['chartable']],
    [`https://pscrb.fm/rss/p/https://${file}`, ['podscribe']],
    [`https://mgln.ai/e/256/${file}`, ['magellan']],
    [`https://mgln.ai/track/${file}`, ['magellan']],
    [`https://arttrk.com/p/ARTS1/${file}`, ['artsai']],
    [`https://www.claritaspod.com/measure/${file}`, ['claritas']],
    [`https://growx.podkite.com/https/D3E76IU7/${file}`, ['podkite']],
    [`https://media.blubrry.com/myshow/p/${file}`, ['blubrry']],
    [`https://pdrl.fm/r/86c73b/6f0827/${file}`, ['podroll']],
    [
      `https://dts.podtrac.com/redirect.mp3/pdst.fm/e/chrt.fm/track/A1/pscrb.fm/rss/p/mgln.ai/e/7/${file}`,
      ['podtrac', 'spotify', 'chartable', 'podscribe', 'magellan'],
    ],
  ])('%s', (url, prefixes) => {
    expect(computeEnclosureChain(url)).toEqual({ prefixes, destination: file });
  });

  test.each(['', 'ftp://cdn.example.com/a.mp3', 'cdn.example.com/a.mp3', 'javascript:alert(1)', 'ipfs://abc'])(
    'leaves %j alone',
    (url) => expect(computeEnclosureChain(url)).toBeUndefined(),
  );

  test('stops in a chain without end', () => {
    const chain = computeEnclosureChain(`https://${'op3.dev/e/'.repeat(5000)}${file}`);
    expect(chain?.prefixes).toHaveLength(16);
  });

  test('a prefix before nothing is a destination of its own', () => {
    expect(computeEnclosureChain('https://op3.dev/e/')).toEqual({ prefixes: [], destination: 'op3.dev/e/' });
  });
});

describe('computeEnclosureKey', () => {
  test.each([
    [`https://op3.dev/e/${file}?from=rss&updated=17`, file],
    [`http://CDN.example.com/shows/1/episode-12.mp3#t=10`, file],
    ['https://host.example/play?id=77', 'host.example/play?id=77'],
    ['https://host.example/play', 'host.example/play'],
    ['  https://host.example/a.m4a  ', 'host.example/a.m4a'],
  ])('%s is %s', (url, key) => expect(computeEnclosureKey(url)).toBe(key));

  test('keeps the case of paths, which tells files apart', () =>
    expect(computeEnclosureKey('https://h.example/A.mp3')).not.toBe(computeEnclosureKey('https://h.example/a.mp3')));

  test.each(['https://', 'nonsense', 'https://host.example'])('%j has none', (url) =>
    expect(computeEnclosureKey(url)).toBeUndefined(),
  );
});
