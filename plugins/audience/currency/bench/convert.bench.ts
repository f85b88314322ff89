/**
 * A million amounts, each converted exactly and rounded half to even, against one loop that multiplies doubles; and the same through the service's own
 * steps (finding each row's rate by currency and day), without and with rounding to cents.
 */
import { createBook, type Sheet } from '../src/book.ts';
import { convertColumn, type ColumnRate } from '../src/columns.ts';
import { convertMicros, microsOfUnit } from '../src/decimal.ts';
import { createDice } from '../src/testing/eurofxref.ts';

const ROWS = 1_000_000;
const DAYS = 365;
const TIMES = 15;
const CODES = ['USD', 'GBP', 'JPY', 'CHF', 'SEK'];

const dice = createDice(1);
const sheets = Array.from({ length: DAYS }, (_, n): Sheet => {
  const rates = Object.fromEntries(CODES.map((code, at) => [code, (0.5 + at * 20 + dice()).toFixed(4)]));
  return { source: 'ecb', base: 'EUR', day: 20_000 + n, rates };
});
const book = createBook(sheets, { order: ['ecb'], maxAge: { own: 0, ecb: 7 }, pivots: [] });
const ratesOf = (unit: bigint): ColumnRate[] =>
  CODES.flatMap((code) =>
    Array.from({ length: DAYS }, (_, n) => {
      const found = book.find(code, 'USD', 20_000 + n);
      if (!found) throw new Error(`no rate of ${code}`);
      return { ...found, unit };
    }),
  );
const rates = ratesOf(1n);
const cents = ratesOf(microsOfUnit(2));

const amounts = BigInt64Array.from({ length: ROWS }, () => BigInt(Math.floor(dice() * 1e10)));
const doubles = Float64Array.from(amounts, Number);
const slots = Uint32Array.from({ length: ROWS }, () => Math.floor(dice() * rates.length));
const factors = Float64Array.from(rates, ({ numerator, denominator }) => Number(numerator) / Number(denominator));
const out = new BigInt64Array(ROWS);
const product = new Float64Array(ROWS);

function multiply(): void {
  for (let i = 0; i < ROWS; i++) product[i] = (doubles[i] ?? 0) * (factors[slots[i] ?? 0] ?? 0);
}
function bigintegers(): void {
  for (let i = 0; i < ROWS; i++) {
    const rate = rates[slots[i] ?? 0];
    if (rate) out[i] = convertMicros(amounts[i] ?? 0n, rate) ?? 0n;
  }
}

/** The median of several runs, in milliseconds of this thread's CPU. */
function measure(run: () => unknown, times = TIMES): number {
  run();
  const taken = Array.from({ length: times }, () => {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  }).toSorted((a, b) => a - b);
  return taken[Math.floor(times / 2)] ?? Number.NaN;
}

const plain = measure(multiply);
const exact = measure(() => convertColumn(amounts, slots, rates, out));
const rounded = measure(() => convertColumn(amounts, slots, cents, out));
const big = measure(bigintegers, 3);

console.log(`1M amounts, ${CODES.length} currencies on ${DAYS} days                   CPU ms   against one loop`);
row('one loop of doubles, inexact and not rounded', plain);
row('exact, to a micro', exact, 'goal ≤ 25 ms');
row('exact, to a cent', rounded, 'goal ≤ 25 ms');
row('exact with big integers alone', big);

function row(name: string, ms: number, goal = ''): void {
  console.log(`${name.padEnd(52)}${ms.toFixed(1).padStart(10)}${(ms / plain).toFixed(1).padStart(10)} ×   ${goal}`);
}
