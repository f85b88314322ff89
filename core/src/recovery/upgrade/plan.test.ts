import { describe, expect, test } from 'vitest';
import { assertKnown, type Release } from './plan.ts';

const OWNERS = [{ owner: 'core', migrations: ['a/0001'] }];
const look =
  (names: string[], releases: Release[], owner = 'core') =>
  () =>
    assertKnown(
      names.map((name) => ({ owner, name })),
      OWNERS,
      { from: undefined, version: '0.1.3', releases },
    );

describe('data that a newer version made', () => {
  test.each<[string, Release[]]>([
    ['is refused when nobody says who made it', []],
    ['is refused when only older versions are known', [{ version: '0.1.2', worksWith: '0.1.0' }]],
    ['is refused when it does not say what it works with', [{ version: '0.1.4', worksWith: null }]],
    ['is refused when it needs a later one', [{ version: '0.2.0', worksWith: '0.1.4' }]],
    [
      'is refused when one of several needs a later one',
      [
        { version: '0.1.4', worksWith: '0.1.0' },
        { version: '0.2.0', worksWith: '0.2.0' },
      ],
    ],
  ])('%s', (_, releases) => {
    expect(look(['a/0001', 'a/0002'], releases)).toThrow('a/0002');
  });

  test('is borne while every newer version works with this one', () => {
    expect(look(['a/0001', 'a/0002'], [{ version: '0.1.4', worksWith: '0.1.3' }])).not.toThrow();
    expect(
      look(
        ['a/0002'],
        [
          { version: '0.1.3', worksWith: null },
          { version: '0.2.0', worksWith: '0.1.0' },
        ],
      ),
    ).not.toThrow();
  });

  test('of plugins, and what is known, is nobody’s concern', () => {
    expect(look(['a/0001'], [{ version: '9.0.0', worksWith: null }])).not.toThrow();
    expect(look(['x/0009'], [], 'acme.ads')).not.toThrow();
  });
});
