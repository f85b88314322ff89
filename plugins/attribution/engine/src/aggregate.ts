import type { Journeys } from './contract.ts';

/** What each channel got from one model. */
export interface Totals {
  readonly conversions: Float64Array;
  readonly value: Float64Array;
}

/**
 * Sums credit, and credit times value, per channel. Compensated sums (Neumaier): a million thirds are off by less than 1e-9, so
 * that what was credited can be held against the number of conversions. Hot path: bench/models.bench.ts.
 */
export function sumCredit(
  { offsets, channels, values }: Journeys,
  credit: ArrayLike<number>,
  channelCount: number,
): Totals {
  const conversions = new Float64Array(channelCount);
  const value = new Float64Array(channelCount);
  const lostConversions = new Float64Array(channelCount);
  const lostValue = new Float64Array(channelCount);
  for (let journey = 0; journey + 1 < offsets.length; journey++) {
    const end = offsets[journey + 1] ?? 0;
    const worth = values[journey] ?? 0;
    for (let touch = offsets[journey] ?? 0; touch < end; touch++) {
      const share = credit[touch] ?? 0;
      if (share === 0) continue;
      const channel = channels[touch] ?? 0;
      const before = conversions[channel] ?? 0;
      const after = before + share;
      lostConversions[channel] = (lostConversions[channel] ?? 0) + lost(before, share, after);
      conversions[channel] = after;
      const amount = share * worth;
      const valueBefore = value[channel] ?? 0;
      const valueAfter = valueBefore + amount;
      lostValue[channel] = (lostValue[channel] ?? 0) + lost(valueBefore, amount, valueAfter);
      value[channel] = valueAfter;
    }
  }
  for (let channel = 0; channel < channelCount; channel++) {
    conversions[channel] = (conversions[channel] ?? 0) + (lostConversions[channel] ?? 0);
    value[channel] = (value[channel] ?? 0) + (lostValue[channel] ?? 0);
  }
  return { conversions, value };
}

/** The part of `added` that `after = before + added` could not hold. */
const lost = (before: number, added: number, after: number): number =>
  Math.abs(before) >= Math.abs(added) ? before - after + added : added - after + before;

/** A sum that loses nothing on the way. */
export function sumExactly(numbers: Iterable<number>): number {
  let sum = 0;
  let compensation = 0;
  for (const added of numbers) {
    const after = sum + added;
    compensation += lost(sum, added, after);
    sum = after;
  }
  return sum + compensation;
}

/**
 * Whole numbers whose sum is the rounded sum of `amounts`: each is rounded down, and what is missing goes, one by one, to the
 * largest remainders. So the parts of an amount of money are that amount.
 */
export function roundToSum(amounts: ArrayLike<number>): bigint[] {
  const list = Array.from(amounts);
  const whole = list.map((amount) => BigInt(Math.floor(amount)));
  const wanted = BigInt(Math.round(sumExactly(list)));
  let missing = wanted - whole.reduce((sum, part) => sum + part, 0n);
  const byRemainder = list
    .map((amount, index) => ({ index, remainder: amount - Math.floor(amount) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (missing <= 0n) break;
    whole[index] = (whole[index] ?? 0n) + 1n;
    missing--;
  }
  return whole;
}
