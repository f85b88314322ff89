import { describe, expect, test } from 'vitest';
import { timeOfUuidv7, uuidv7 } from '@podlift/sdk';
import { extractJourneys, lowestId, MOST_TOUCHES, type Packed } from './extract.ts';

const selection = {
  tenant: '00000000-0000-4000-8000-000000000000',
  from: new Date('2026-01-01'),
  to: new Date('2026-02-01'),
  dimension: 'campaign',
  windowDays: 30,
} as const;

/** Packs journeys as the server does: the count that it found (one beyond the cap at most), then each touch. */
function pack(
  journeys: readonly (readonly (readonly [channel: number, age: number])[])[],
): Pick<Packed, 'counts' | 'amounts' | 'touches'> {
  const counts = Buffer.alloc(journeys.length * 4);
  const amounts = Buffer.alloc(journeys.length * 8);
  const rows = journeys.flat();
  const touches = Buffer.alloc(rows.length * 12);
  journeys.forEach((journey, j) => {
    counts.writeInt32BE(journey.length, j * 4);
    amounts.writeDoubleBE((j + 1) * 1e6, j * 8);
  });
  rows.forEach(([channel, age], row) => {
    touches.writeInt32BE(channel, row * 12);
    touches.writeDoubleBE(age, row * 12 + 4);
  });
  return { counts, amounts, touches };
}

const empty: Packed = {
  currency: null,
  other_currency: 0,
  by_code: 0,
  keys: [],
  counts: null,
  amounts: null,
  touches: null,
};

/** A database that answers with one row. */
const answering = (row: Partial<Packed>, seen: (readonly unknown[])[] = []) => {
  return (_: string, values: readonly unknown[]) => {
    seen.push(values);
    return Promise.resolve([{ ...empty, ...row }]);
  };
};

describe('extractJourneys', () => {
  test('unpacks what the server packed', async () => {
    const packed = pack([
      [
        [1, 50.5],
        [0, 2],
      ],
      [],
      [[1, 0]],
    ]);
    const { journeys, capped, keys } = await extractJourneys(
      answering({ currency: 'USD', keys: ['a', 'b'], ...packed }),
      selection,
    );
    expect(Array.from(journeys.offsets)).toEqual([0, 2, 2, 3]);
    expect(Array.from(journeys.channels)).toEqual([1, 0, 1]);
    expect(Array.from(journeys.ages)).toEqual([50.5, 2, 0]);
    expect(Array.from(journeys.values)).toEqual([1, 2, 3]);
    expect([capped, keys]).toEqual([0, ['a', 'b']]);
  });

  test('a journey beyond the cap keeps its latest touches and is counted', async () => {
    const long = Array.from({ length: MOST_TOUCHES + 1 }, (_, touch) => [0, MOST_TOUCHES - touch] as const);
    const packed = pack([[[1, 9]], long, [[1, 7]]]);
    const { journeys, capped } = await extractJourneys(answering({ keys: ['a', 'b'], ...packed }), selection);
    expect(capped).toBe(1);
    expect(Array.from(journeys.offsets)).toEqual([0, 1, MOST_TOUCHES + 1, MOST_TOUCHES + 2]);
    expect([journeys.ages[0], journeys.ages[1], journeys.ages.at(-1)]).toEqual([9, MOST_TOUCHES - 1, 7]);
  });

  test('no orders give no journeys', async () => {
    const { journeys, currency } = await extractJourneys(answering({}), selection);
    expect(Array.from(journeys.offsets)).toEqual([0]);
    expect([journeys.channels.length, journeys.values.length, currency]).toEqual([0, 0, null]);
  });

  test('asks for a range of ids, the end not included', async () => {
    const seen: (readonly unknown[])[] = [];
    await extractJourneys(answering({}, seen), selection);
    expect(seen[0]?.slice(1)).toEqual([lowestId(Date.UTC(2026, 0, 1)), lowestId(Date.UTC(2026, 1, 1)), 30 * 86_400]);
  });
});

test('the lowest id of an instant stands before every other of it and after those of the instant before', () => {
  const instant = Date.UTC(2026, 0, 1, 12);
  for (let i = 0; i < 200; i++) {
    expect(lowestId(instant) <= uuidv7(instant)).toBe(true);
    expect(lowestId(instant) > uuidv7(instant - 1)).toBe(true);
  }
  expect(timeOfUuidv7(lowestId(instant))).toBe(instant);
});
