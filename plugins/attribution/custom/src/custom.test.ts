import { describe, expect, test } from 'vitest';
import { findCreditFault } from '@podlift/attribution-engine/contract';
import { computeCustom } from './custom.ts';
import { manifest } from './manifest.ts';
import { RESPONSE_RULES, type Rule } from './rule.ts';

/** A touch by its age in days; `d` marks a direct one. */
type Touch = number | readonly [days: number, mark: 'd'];
const daysOf = (touch: Touch): number => (typeof touch === 'number' ? touch : touch[0]);

function journeys(...ways: (readonly Touch[])[]) {
  const offsets = new Uint32Array(ways.length + 1);
  ways.forEach(({ length }, j) => (offsets[j + 1] = (offsets[j] ?? 0) + length));
  const touches = ways.flat();
  const ages = Float64Array.from(touches, (touch) => daysOf(touch) * 86_400);
  const direct = Uint8Array.from(touches, (touch) => (typeof touch === 'number' ? 0 : 1));
  return { offsets, channels: new Uint32Array(ages.length), ages, direct };
}
const credit = (rules: readonly Rule[], ...ways: (readonly Touch[])[]) =>
  Array.from(computeCustom(journeys(...ways), rules));

const many = Array.from({ length: 2000 }, (_, j) =>
  Array.from({ length: (j * 7919) % 41 }, (__, t) => ((j * 31 + t * 17) % 900) / 10).toSorted((a, b) => b - a),
);
const mixed: Rule[] = [
  { place: 'first', newerThanDays: 60, weight: 3 },
  { olderThanDays: 30, weight: 0 },
  { direct: true, weight: 0.25 },
  { place: 'last', weight: 5 },
];

describe('custom rules', () => {
  test.each<[string, Rule[], (readonly Touch[])[], number[]]>([
    ['no rule: evenly', [], [[3, 2, 1, 0]], [0.25, 0.25, 0.25, 0.25]],
    ['the first weighs three times as much', [{ place: 'first', weight: 3 }], [[3, 2]], [0.75, 0.25]],
    [
      'first, last, and all else a quarter',
      [{ place: 'first', weight: 1 }, { place: 'last', weight: 2 }, { weight: 0.5 }],
      [[4, 3, 2, 1]],
      [0.25, 0.125, 0.125, 0.5],
    ],
    ['what is older than a week counts nothing', [{ olderThanDays: 7, weight: 0 }], [[9, 7, 6, 1]], [0, 0, 0.5, 0.5]],
    ['newer than a day, its end not', [{ newerThanDays: 1, weight: 3 }], [[1, 0.5]], [0.25, 0.75]],
    ['from one to seven days', [{ olderThanDays: 1, newerThanDays: 7, weight: 2 }], [[7, 1, 0]], [0.25, 0.5, 0.25]],
    ['direct touches count nothing', [{ direct: true, weight: 0 }], [[3, [2, 'd'], 1]], [0.5, 0, 0.5]],
    ['only direct touches count', [{ direct: false, weight: 0 }], [[3, [2, 'd'], 1]], [0, 1, 0]],
    [
      'all direct, and direct counts nothing: evenly',
      [{ direct: true, weight: 0 }],
      [
        [
          [3, 'd'],
          [2, 'd'],
        ],
      ],
      [0.5, 0.5],
    ],
    [
      'the first rule that fits decides',
      [
        { place: 'last', weight: 1 },
        { newerThanDays: 5, weight: 9 },
      ],
      [[9, 0]],
      [0.5, 0.5],
    ],
    ['every condition must apply', [{ place: 'first', newerThanDays: 5, weight: 9 }], [[9, 0]], [0.5, 0.5]],
    ['only the first counts', [{ place: 'first', weight: 1 }, { weight: 0 }], [[3, 2, 1]], [1, 0, 0]],
    ['nothing counts: evenly', [{ weight: 0 }], [[3, 2]], [0.5, 0.5]],
    ['one touch is the first and the last, and has all', [{ place: 'middle', weight: 0 }], [[4]], [1]],
    ['one touch without weight has all', [{ place: 'last', weight: 0 }], [[4]], [1]],
    [
      'equal instants of equal places share',
      [{ newerThanDays: 2, weight: 3 }],
      [[1, 1, 1, 1]],
      [0.25, 0.25, 0.25, 0.25],
    ],
    ['no touch', [{ weight: 2 }], [[]], []],
    ['no journeys', [{ weight: 2 }], [], []],
    ['an order without touch between two others', [], [[2, 1], [], [1]], [0.5, 0.5, 1]],
  ])('%s, by hand', (_, rules, ways, shares) => {
    expect(credit(rules, ...ways)).toEqual(shares);
  });

  test('sums to one for each of 2,000 journeys of 0 to 40 touches, and is never NaN', () => {
    for (const rules of [[], mixed, [{ olderThanDays: 0, weight: 0 }]]) {
      const all = journeys(...many);
      expect(findCreditFault(all, computeCustom(all, rules), true)).toBeUndefined();
    }
  });

  test('only the ratio of weights counts', () => {
    const rules = [...mixed, { weight: 1 }];
    const doubled = rules.map((rule) => ({ ...rule, weight: rule.weight * 2 }));
    expect(credit(doubled, ...many)).toEqual(credit(rules, ...many));
  });

  test('journeys in another order have the same credit each', () => {
    const alone = many.toReversed().flatMap((days) => credit(mixed, days));
    expect(credit(mixed, ...many.toReversed())).toEqual(alone);
  });
});

describe('its settings', () => {
  test('are the published response curve until the tenant writes rules', () => {
    expect(manifest.settings.parse({})).toEqual({ rules: RESPONSE_RULES });
    const [day = 0, week = 0, month = 0, rest = 0] = RESPONSE_RULES.map(({ weight }) => weight);
    const shares = [day, day + week * 6, day + week * 6 + month * 23, day + week * 6 + month * 23 + rest * 30];
    expect(shares.map(Math.round)).toEqual([33, 58, 87, 100]);
    expect(credit(RESPONSE_RULES, [40, 0.5])).toEqual([0.42 / 33.22, 32.8 / 33.22]);
  });

  test.each([
    [{ rules: [{ place: 'first' }] }, [['rules', 0, 'weight']]],
    [{ rules: [{ place: 'second', weight: 1 }] }, [['rules', 0, 'place']]],
    [{ rules: [{ weight: NaN }] }, [['rules', 0, 'weight']]],
    [{ rules: [{ weight: -1 }] }, [['rules', 0, 'weight']]],
    [{ rules: [{ weight: 1, olderThanDays: -1 }] }, [['rules', 0, 'olderThanDays']]],
    [{ rules: [{ weight: 1, when: 'process.exit()' }] }, [['rules', 0]]],
    [{ rules: 'credit = 1' }, [['rules']]],
    [{ rules: Array.from({ length: 21 }, () => ({ weight: 1 })) }, [['rules']]],
  ])('%j is refused at %j', (settings, paths) => {
    expect(manifest.settings.safeParse(settings).error?.issues.map(({ path }) => path)).toEqual(paths);
  });
});
