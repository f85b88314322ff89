/**
 * @module Converts whole columns. A hot path: amounts are read and written as two halves of 32 bits, multiplied in floating point, and only where
 * that cannot be certain of the nearest whole number is a row computed with big integers. Every row is exact.
 */
import type { Column } from '@podlift/sdk';
import { convertMicros, type Fraction } from './decimal.ts';

/** Stands in the column of rates where a row has none. */
export const NO_RATE = 0xffffffff;
/** Of a product: how far it may be from the exact one. Four roundings, each of at most 2^-53, with room. */
const RELATIVE = 2 ** -50;
const HALF = 2 ** 32;
/** Added to a number below 2^51, it leaves the number's bits, rounded to a whole one, in the lower half of its own. */
const MAGIC = 1.5 * 2 ** 52;
const MAGIC_HIGH = 0x43380000;
const SAFE = 2 ** 51;
/** The upper half of a whole number below 2^51 is within this of zero. */
const SAFE_HIGH = 2 ** 19;
const LITTLE = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const [LOW, HIGH] = LITTLE ? [0, 1] : [1, 0];

/** A rate that rows use, and what they are rounded to in micros. */
export interface ColumnRate extends Fraction {
  readonly unit: bigint;
}

/**
 * Converts micros row by row: `slots[i]` names the row's rate, `NO_RATE` makes it 0. Returns the row that does not fit 64 bits, or -1.
 */
export function convertColumn(
  amounts: BigInt64Array,
  slots: Column<Uint32Array>,
  rates: readonly ColumnRate[],
  out: BigInt64Array,
): number {
  const factors = Float64Array.from(rates, factorOf);
  const units = Float64Array.from(rates, ({ unit }) => Number(unit));
  const high = new Int32Array(amounts.buffer, amounts.byteOffset, amounts.length * 2);
  const low = new Uint32Array(amounts.buffer, amounts.byteOffset, amounts.length * 2);
  const written = new Float64Array(out.buffer, out.byteOffset, out.length);
  const halves = new Int32Array(out.buffer, out.byteOffset, out.length * 2);
  const { length } = amounts;
  for (let i = 0; i < length; i++) {
    const slot = slots[i] ?? NO_RATE;
    if (slot === NO_RATE) {
      out[i] = 0n;
      continue;
    }
    const upper = high[2 * i + HIGH] ?? 0;
    if (upper < SAFE_HIGH && upper >= -SAFE_HIGH) {
      const product = (upper * HALF + (low[2 * i + LOW] ?? 0)) * (factors[slot] ?? 0);
      const nearest = product + MAGIC - MAGIC;
      const result = nearest * (units[slot] ?? 1);
      const certain = 0.5 - Math.abs(product - nearest) > Math.abs(product) * RELATIVE;
      if (certain && Math.abs(result) < SAFE) {
        written[i] = result + MAGIC;
        const at = 2 * i + HIGH;
        halves[at] = (halves[at] ?? 0) - MAGIC_HIGH;
        continue;
      }
    }
    const rate = rates[slot];
    const exact = rate && convertMicros(amounts[i] ?? 0n, rate, rate.unit);
    if (exact === undefined) return i;
    out[i] = exact;
  }
  return -1;
}

/** Converts floating point amounts: as exact as a double is, and not rounded to any unit. A row without a rate is NaN. */
export function convertFloats(
  amounts: Column<Float64Array>,
  slots: Column<Uint32Array>,
  rates: readonly Fraction[],
): Float64Array {
  const factors = Float64Array.from(rates, (rate) => factorOf({ ...rate, unit: 1n }));
  const out = new Float64Array(amounts.length);
  for (let i = 0; i < out.length; i++)
    out[i] = (amounts[i] ?? Number.NaN) * (factors[slots[i] ?? NO_RATE] ?? Number.NaN);
  return out;
}

const factorOf = ({ numerator, denominator, unit }: ColumnRate): number =>
  Number(numerator) / Number(denominator * unit);
