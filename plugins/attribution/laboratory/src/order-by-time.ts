const BITS = 11;
const CELLS = 1 << BITS;
const LOW = 2 ** (2 * BITS);

/**
 * The order in which whole-millisecond times stand, ties as they came: least-significant-digit radix sort, two passes for the
 * first 70 minutes of range and one more for each further factor of 2048. Hot path: bench/generate.bench.ts.
 */
export function orderByTime(times: Float64Array): Uint32Array {
  const count = times.length;
  let first = Infinity;
  let last = -Infinity;
  for (let i = 0; i < count; i++) {
    const time = times[i] ?? 0;
    if (time < first) first = time;
    if (time > last) last = time;
  }
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const offset = (times[i] ?? 0) - first;
    const upper = Math.floor(offset / LOW);
    high[i] = upper;
    low[i] = offset - upper * LOW;
  }
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let spare = new Uint32Array(count);
  const pass = (digits: Uint32Array, shift: number): void => {
    const starts = new Uint32Array(CELLS + 1);
    for (let i = 0; i < count; i++) {
      const cell = (((digits[i] ?? 0) >>> shift) & (CELLS - 1)) + 1;
      starts[cell] = (starts[cell] ?? 0) + 1;
    }
    for (let cell = 0; cell < CELLS; cell++) starts[cell + 1] = (starts[cell + 1] ?? 0) + (starts[cell] ?? 0);
    for (let i = 0; i < count; i++) {
      const index = order[i] ?? 0;
      const cell = ((digits[index] ?? 0) >>> shift) & (CELLS - 1);
      const place = starts[cell] ?? 0;
      starts[cell] = place + 1;
      spare[place] = index;
    }
    [order, spare] = [spare, order];
  };
  pass(low, 0);
  pass(low, BITS);
  const highest = count > 0 ? Math.floor((last - first) / LOW) : 0;
  for (let shift = 0; shift < 32 && highest >>> shift > 0; shift += BITS) pass(high, shift);
  return order;
}

/** Writes `column` in the given order into `into`, which has the same length, and returns it. */
export function reorder<A extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  column: Float64Array,
  order: Uint32Array,
  into: A,
): A {
  for (let i = 0; i < order.length; i++) into[i] = column[order[i] ?? 0] ?? 0;
  return into;
}
