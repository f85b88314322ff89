import { expect, test } from 'vitest';
import { computeFeedKey, tryCount, tryDate, tryDuration, tryFlag, tryUrl } from './values.ts';

test.each([
  ['3723', 3723],
  ['62:03', 3723],
  ['1:02:03', 3723],
  [' 01:02:03 ', 3723],
  ['90.6', 91],
  ['0', 0],
  ['', undefined],
  ['about an hour', undefined],
  ['1:2:3:4', undefined],
  ['-5', undefined],
  ['99999999', undefined],
])('tryDuration(%j) is %s', (text, seconds) => expect(tryDuration(text)).toBe(seconds));

test.each([
  ['Fri, 09 Oct 2020 04:30:38 GMT', '2020-10-09T04:30:38.000Z'],
  ['Wed, 21 Jan 2026 14:38:48 +0100', '2026-01-21T13:38:48.000Z'],
  ['Thu, 01 Apr 2021 08:00:00 EST', '2021-04-01T13:00:00.000Z'],
  ['Thursday, 1 April 2021 08:00 PDT', '2021-04-01T15:00:00.000Z'],
  ['9 Oct 20 04:30:38 -0230', '2020-10-09T07:00:38.000Z'],
  ['Wed, 03 Jan 2018 14:11:52 GMT\n   ', '2018-01-03T14:11:52.000Z'],
  ['2021-09-26T07:30:00.000-06:00', '2021-09-26T13:30:00.000Z'],
  ['2021-09-26', '2021-09-26T00:00:00.000Z'],
])('tryDate(%j) is %s', (text, iso) => expect(tryDate(text)?.toISOString()).toBe(iso));

test.each(['', 'yesterday', '31 Feb 2020 00:00:00 GMT', '01 Foo 2020', '2020', '9999-01-01', '01 Jan 1900 00:00 GMT'])(
  'tryDate(%j) is nothing',
  (text) => expect(tryDate(text)).toBeUndefined(),
);

test('small formats', () => {
  expect(['12', ' 7 ', '-1', '1.5', '', '9'.repeat(15)].map(tryCount)).toEqual([
    12,
    7,
    undefined,
    undefined,
    undefined,
    999999999999999,
  ]);
  expect(['yes', 'TRUE', 'explicit', 'no', 'clean', 'false', 'maybe'].map(tryFlag)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    undefined,
  ]);
  expect(
    [' https://a.example/x ', 'ftp://a', '//a.example', 'https://', `https://a.example/${'x'.repeat(5000)}`].map(
      tryUrl,
    ),
  ).toEqual(['https://a.example/x', undefined, undefined, undefined, undefined]);
});

test('two spellings of one feed have one key', () => {
  for (const url of [
    'http://Feeds.Example.com/show/',
    'https://feeds.example.com:443/show',
    'https://feeds.example.com/show#top',
  ])
    expect(computeFeedKey(url)).toBe('feeds.example.com/show');
  expect(computeFeedKey('https://feeds.example.com/rss?id=2')).not.toBe(
    computeFeedKey('https://feeds.example.com/rss?id=3'),
  );
});
