import { expect, test } from 'vitest';
import { checkHostPatterns, matchesHost } from './index.ts';

test.each([
  ['api.example.com', 'api.example.com', true],
  ['API.example.com', 'api.EXAMPLE.com.', true],
  ['*.example.com', 'api.example.com', true],
  ['*.example.com', 'a.b.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'evilexample.com', false],
  ['*.example.com', '.example.com', false],
  ['example.com', 'example.com.evil.test', false],
  ['example.com', 'api.example.com', false],
  ['*', 'anything.test', true],
])('%s and %s', (pattern, host, expected) => {
  expect(matchesHost([pattern], host)).toBe(expected);
});

test('patterns that cannot be meant are named', () => {
  const good = ['*', 'example.com', '*.example.com', 'xn--bcher-kva.example'];
  const bad = [
    '',
    'localhost',
    '127.0.0.1',
    '*.com*',
    'a.*.com',
    'http://example.com',
    'example.com:80',
    'example.com/x',
    '[::1]',
    '-a.com',
  ];
  expect(checkHostPatterns([...good, ...bad])).toEqual(bad);
});
