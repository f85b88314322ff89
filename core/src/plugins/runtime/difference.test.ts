import { expect, test } from 'vitest';
import { describeDifferences, findDifferences } from './difference.ts';

const declared = {
  contributions: [{ point: 'models@1', id: 'linear', data: { label: 'Linear' }, methods: { credit: {} } }],
  jobs: [{ name: 'pull', cron: '7 * * * *' }],
  health: true,
};

test.each<[string, object, readonly string[]]>([
  ['nothing', {}, []],
  ['the order of lists', { jobs: [...declared.jobs] }, []],
  ['an empty list and an absent one', { events: [] }, []],
  ['a value', { health: false }, ['health is true but false in plugin.json']],
  [
    'a cron',
    { jobs: [{ name: 'pull', cron: '8 * * * *' }] },
    ['jobs.pull.cron is "7 * * * *" but "8 * * * *" in plugin.json'],
  ],
  ['less than frozen', { events: ['a@1'] }, ['events is in plugin.json but not declared']],
  ['more than frozen', { contributions: [] }, ['contributions.models@1/linear is declared but not in plugin.json']],
])('%s', (_, change, expected) => expect(findDifferences({ ...declared, ...change }, declared)).toEqual(expected));

test('a long list ends', () =>
  expect(describeDifferences(findDifferences({ a: 1, b: 2, c: 3, d: 4, e: 5 }, {}))).toBe(
    'a is in plugin.json but not declared; b is in plugin.json but not declared; c is in plugin.json but not declared; and 2 more',
  ));
