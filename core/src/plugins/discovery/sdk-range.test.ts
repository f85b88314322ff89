import { expect, test } from 'vitest';
import { satisfiesAny } from './sdk-range.ts';

test.each([
  ['^1.2', '1.2.0', true],
  ['^1.2', '1.9.3', true],
  ['^1.2', '1.1.9', false],
  ['^1.2', '2.0.0', false],
  ['^0.1', '0.1.7', true],
  ['^0.1', '0.2.0', false],
  ['^0.0.3', '0.0.3', true],
  ['^0.0.3', '0.0.4', false],
  ['~1.2.3', '1.2.9', true],
  ['~1.2.3', '1.3.0', false],
  ['>=1 <3', '2.5.0', true],
  ['>=1 <3', '3.0.0', false],
  ['1.x', '1.4.0', true],
  ['1.x', '2.0.0', false],
  ['1.2.3', '1.2.3', true],
  ['1.2.3', '1.2.4', false],
  ['^3 || ^1', '1.0.0', true],
  ['*', '9.0.0', true],
  ['newest', '1.0.0', false],
])('%s takes %s: %s', (range, version, expected) => expect(satisfiesAny(range, [version])).toBe(expected));

test('one of several versions is enough', () => expect(satisfiesAny('^1', ['2.3.0', '1.9.0'])).toBe(true));
