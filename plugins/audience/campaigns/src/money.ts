/** @module Amounts of money: bigint millionths inside, decimal text outside. */

const DECIMAL = /^(\d{1,12})(?:\.(\d{1,6}))?$/;

/** Micros as a decimal text with at least two digits: 59900000n is `59.90`. */
export function toDecimal(micros: bigint): string {
  const sign = micros < 0n ? '-' : '';
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6).replace(/0{1,4}$/, '')}`;
}

/** The micros of an amount as people write it, exactly; undefined for a text that is no amount. */
export function tryAmount(text: string): bigint | undefined {
  const found = DECIMAL.exec(text);
  return found ? BigInt((found[1] ?? '0') + (found[2] ?? '').padEnd(6, '0')) : undefined;
}
