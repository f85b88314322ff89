import { describe, expect, test } from 'vitest';
import { lowestUuidv7, timeOfUuidv7, uuidv7 } from '@podlift/sdk';
import { extractJourneys, idAfter, type PackedPage } from './extract.ts';
import { MAIN_CURRENCY, MOST_TOUCHES, PAGE_OF } from './select-journeys.ts';

const selection = {
  tenant: '00000000-0000-4000-8000-000000000000',
  from: new Date('2026-01-01'),
  to: new Date('2026-02-01'),
  dimension: 'campaign',
  windowDays: 30,
} as const;

type Way = readonly (readonly [key: number, age: number])[];

/** Packs journeys as the server does: the count that it found (one beyond the cap at most), then each touch. */
function pack(lastId: string, keys: readonly string[], ways: readonly Way[], firstValue = 1): PackedPage {
  const counts = Buffer.alloc(ways.length * 4);
  const amounts = Buffer.alloc(ways.length * 8);
  const rows = ways.flat();
  const touches = Buffer.alloc(rows.length * 12);
  ways.forEach((way, j) => {
    counts.writeInt32BE(way.length, j * 4);
    amounts.writeDoubleBE((firstValue + j) * 1e6, j * 8);
  });
  rows.forEach(([key, age], row) => {
    touches.writeInt32BE(key, row * 12);
    touches.writeDoubleBE(age, row * 12 + 4);
  });
  return { last_id: lastId, other_currency: 1, by_code: 2, keys, counts, amounts, touches };
}

const nothing: PackedPage = {
  last_id: null,
  other_currency: 0,
  by_code: 0,
  keys: [],
  counts: null,
  amounts: null,
  touches: null,
};

/** A database whose orders are in USD and come in these pages, then in none; it remembers what it was asked. */
function answering(pages: readonly PackedPage[], asked: (readonly unknown[])[] = []) {
  let next = 0;
  return {
    query<T extends object>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
      if (sql === PAGE_OF.campaign) asked.push(values);
      const rows = sql === MAIN_CURRENCY ? [{ currency: 'USD' }] : [pages[next++] ?? nothing];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a driver does not know what its rows are either
      return Promise.resolve(rows as unknown as T[]);
    },
  };
}

describe('extractJourneys', () => {
  test('unpacks what the server packed', async () => {
    const page = pack(
      uuidv7(),
      ['a', 'b'],
      [
        [
          [1, 50.5],
          [0, 2],
        ],
        [],
        [[1, 0]],
      ],
    );
    const { journeys, ...about } = await extractJourneys(answering([page]), selection);
    expect(Array.from(journeys.offsets)).toEqual([0, 2, 2, 3]);
    expect(Array.from(journeys.channels)).toEqual([1, 0, 1]);
    expect(Array.from(journeys.ages)).toEqual([50.5, 2, 0]);
    expect(Array.from(journeys.values)).toEqual([1, 2, 3]);
    expect(Array.from(journeys.direct)).toEqual([0, 0, 0]);
    expect(about).toEqual({ keys: ['a', 'b'], currency: 'USD', otherCurrency: 1, byCode: 2, capped: 0 });
  });

  test('a direct touch comes as the complement of its key’s number, the first number too', async () => {
    const way = [
      [~0, 3],
      [1, 2],
      [~1, 1],
    ] as const;
    const { journeys } = await extractJourneys(answering([pack(uuidv7(), ['a', 'b'], [way])]), selection);
    expect(Array.from(journeys.channels)).toEqual([0, 1, 1]);
    expect(Array.from(journeys.direct)).toEqual([1, 0, 1]);
  });

  test('joins pages that number their keys differently, and asks for each after the one before', async () => {
    const asked: (readonly unknown[])[] = [];
    const lastId = uuidv7(Date.UTC(2026, 0, 15));
    const pages = [
      pack(
        lastId,
        ['b', 'c'],
        [
          [
            [0, 5],
            [1, 4],
          ],
        ],
      ),
      pack(uuidv7(), ['a', 'b'], [[[1, 3]], [[0, 2]]], 2),
    ];
    const { journeys, keys, byCode } = await extractJourneys(answering(pages, asked), selection, 1);
    expect(keys).toEqual(['a', 'b', 'c']);
    expect(Array.from(journeys.offsets)).toEqual([0, 2, 3, 4]);
    expect(Array.from(journeys.channels)).toEqual([1, 2, 1, 0]);
    expect(Array.from(journeys.values)).toEqual([1, 2, 3]);
    expect(byCode).toBe(4);
    expect(asked.map((values) => values[1])[1]).toBe(idAfter(lastId));
    expect(asked[0]?.slice(1)).toEqual([
      lowestUuidv7(Date.UTC(2026, 0, 1)),
      lowestUuidv7(Date.UTC(2026, 1, 1)),
      30 * 86_400,
      'USD',
      1,
    ]);
  });

  test('a journey beyond the cap keeps its latest touches and is counted', async () => {
    const long = Array.from({ length: MOST_TOUCHES + 1 }, (_, touch) => [0, MOST_TOUCHES - touch] as const);
    const page = pack(uuidv7(), ['a', 'b'], [[[1, 9]], long, [[1, 7]]]);
    const { journeys, capped } = await extractJourneys(answering([page]), selection);
    expect(capped).toBe(1);
    expect(Array.from(journeys.offsets)).toEqual([0, 1, MOST_TOUCHES + 1, MOST_TOUCHES + 2]);
    expect([journeys.ages[0], journeys.ages[1], journeys.ages.at(-1)]).toEqual([9, MOST_TOUCHES - 1, 7]);
  });

  test('no orders give no journeys', async () => {
    const { journeys } = await extractJourneys(answering([]), selection);
    expect(Array.from(journeys.offsets)).toEqual([0]);
    expect([journeys.channels.length, journeys.values.length]).toEqual([0, 0]);
  });
});

test.each([
  ['00000000-0000-7000-8000-000000000000', '00000000-0000-7000-8000-000000000001'],
  ['019b76da-a800-7fff-bfff-ffffffffffff', '019b76da-a800-7fff-c000-000000000000'],
  ['00ffffff-ffff-ffff-ffff-ffffffffffff', '01000000-0000-0000-0000-000000000000'],
])('after %s comes %s', (id, next) => {
  expect(idAfter(id)).toBe(next);
});

test('the lowest id of an instant stands before every other of it and after those of the instant before', () => {
  const instant = Date.UTC(2026, 0, 1, 12);
  for (let i = 0; i < 200; i++) {
    expect(lowestUuidv7(instant) <= uuidv7(instant)).toBe(true);
    expect(lowestUuidv7(instant) > uuidv7(instant - 1)).toBe(true);
  }
  expect(timeOfUuidv7(lowestUuidv7(instant))).toBe(instant);
});
