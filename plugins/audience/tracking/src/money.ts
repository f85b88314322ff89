/** @module Amounts as shops write them, exact in millionths. */

const DECIMAL = /^([+-]?)(\d{1,15})(?:[.,](\d{1,30}))?$/;
/** Beyond this an amount is a mistake, and sums would leave 64 bits. */
const MAX_MICROS = 1_000_000_000_000_000_000n;

/**
 * Millionths of an amount, without floating point: `59.9` and `"59,90"` are both 59900000n. What is finer than a millionth is rounded half away from zero,
 * because shops send sums like 30.000000000000004.
 */
export function tryMicros(amount: unknown): bigint | undefined {
  const text = typeof amount === 'number' ? plain(amount) : typeof amount === 'string' ? amount.trim() : '';
  const found = DECIMAL.exec(text);
  if (!found) return undefined;
  const [, sign, whole = '0', fraction = ''] = found;
  const kept = BigInt(whole + fraction.slice(0, 6).padEnd(6, '0'));
  const micros = (fraction.charCodeAt(6) || 0) >= FIVE ? kept + 1n : kept;
  if (micros > MAX_MICROS) return undefined;
  return sign === '-' ? -micros : micros;
}
const FIVE = '5'.charCodeAt(0);

/** The shortest text of a number that means the same; numbers below a millionth are written out. */
const plain = (amount: number): string =>
  Number.isFinite(amount) && Math.abs(amount) < 1e-6 ? amount.toFixed(7) : String(amount);

/** Micros as a decimal text with at least two digits: 59900000n is `59.90`. */
export function toDecimal(micros: bigint): string {
  const sign = micros < 0n ? '-' : '';
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${sign}${digits.slice(0, -6)}.${fraction}`;
}
