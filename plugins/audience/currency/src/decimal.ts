/** @module Exact decimals: amounts in micros and rates as fractions of whole numbers. */

/** A fraction of two whole numbers; the lower one is above zero. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A rate as it is written: up to 12 digits before the point and 12 behind it, above zero. */
const RATE = /^(\d{1,12})(?:\.(\d{1,12}))?$/;
const AMOUNT = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;
const I64_MAX = 2n ** 63n - 1n;

/** A rate as a fraction, exactly as it is written; undefined for what is no rate: zero, below zero, too long, `1e3`, `1,5`. */
export function tryRate(text: string): Fraction | undefined {
  const parts = RATE.exec(text);
  if (!parts) return undefined;
  const decimals = (parts[2] ?? '').replace(/0+$/, '');
  const numerator = BigInt(`${parts[1]}${decimals}`);
  return numerator === 0n ? undefined : { numerator, denominator: 10n ** BigInt(decimals.length) };
}

/** An amount like `-12.5` in micros; undefined for what is no amount or has more than six decimals. */
export function tryMicros(text: string): bigint | undefined {
  const parts = AMOUNT.exec(text);
  if (!parts) return undefined;
  const micros = BigInt(`${parts[2]}${(parts[3] ?? '').padEnd(6, '0')}`);
  return parts[1] ? -micros : micros;
}

/** Divides and rounds to the nearest whole number; a half goes to the even neighbour. The denominator is above zero. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice < denominator || (twice === denominator && quotient % 2n === 0n)) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}

/** Micros of the smallest amount of a currency with so many decimals: 10,000 for two. */
export const microsOfUnit = (decimals: number): bigint => 10n ** BigInt(6 - decimals);

/**
 * Converts micros by an exact rate and rounds once, half to even: to a whole micro, or to a multiple of `unit` micros.
 * Undefined when the result does not fit 64 bits.
 */
export function convertMicros(micros: bigint, rate: Fraction, unit = 1n): bigint | undefined {
  const result = divideHalfEven(micros * rate.numerator, rate.denominator * unit) * unit;
  return result > I64_MAX || result < -I64_MAX ? undefined : result;
}

const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
};

/** The product of fractions in lowest terms. */
export function multiply(...fractions: readonly Fraction[]): Fraction {
  let numerator = 1n;
  let denominator = 1n;
  for (const one of fractions) {
    numerator *= one.numerator;
    denominator *= one.denominator;
  }
  const shared = gcd(numerator, denominator);
  return { numerator: numerator / shared, denominator: denominator / shared };
}

export const invert = ({ numerator, denominator }: Fraction): Fraction => ({
  numerator: denominator,
  denominator: numerator,
});

/** Digits of a rate that are shown when it does not end. */
const DIGITS = 15;

/** A fraction as a decimal: exactly when it ends within 15 digits that count, else rounded there, half to even. */
export function toDecimal({ numerator, denominator }: Fraction): string {
  const whole = numerator / denominator;
  const lead = whole === 0n ? leadingZeros(numerator, denominator) : 0;
  const places = Math.max(0, whole === 0n ? DIGITS + lead : DIGITS - String(whole).length);
  const scaled = divideHalfEven(numerator * 10n ** BigInt(places), denominator);
  return point(scaled, places);
}

function leadingZeros(numerator: bigint, denominator: bigint): number {
  let zeros = 0;
  for (let value = numerator * 10n; value < denominator && zeros < 40; value *= 10n) zeros++;
  return zeros;
}

/** Micros as a decimal without trailing zeros, but at least so many decimals: `1.50`. */
export function formatMicros(micros: bigint, decimals = 0): string {
  const text = point(micros < 0n ? -micros : micros, 6);
  const [whole = '0', fraction = ''] = text.split('.');
  const shown = fraction.padEnd(decimals, '0');
  return `${micros < 0n ? '-' : ''}${whole}${shown && `.${shown}`}`;
}

function point(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  const at = digits.length - places;
  const fraction = digits.slice(at).replace(/0+$/, '');
  return fraction ? `${digits.slice(0, at)}.${fraction}` : digits.slice(0, at);
}
