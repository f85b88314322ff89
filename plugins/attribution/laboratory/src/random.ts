/**
 * The laboratory's own random numbers: sfc32 (Small Fast Counter, Chris Doty-Humphrey, PractRand), 128 bits of state, period at
 * least 2^32 per stream. A stream is chosen by (seed, a, b), mixed by splitmix32, so that household 7 draws the same numbers
 * whatever was drawn for households 0 to 6: a market of any size starts with the same households, and a market with one
 * campaign's effect taken away differs from the full one in that campaign's responses alone.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #count = 1;

  /** Moves to the start of stream (seed, a, b). */
  seek(seed: number, a: number, b = 0): void {
    let state = (seed ^ Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.start(next() ^ a, next() ^ b, next(), 1);
    for (let round = 0; round < 12; round++) this.int32();
  }

  /** Sets the four words of sfc32's state as they are. */
  start(a: number, b: number, c: number, count: number): void {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#count = count;
  }

  /** 32 random bits as a signed integer. Hot path: bench/generate.bench.ts. */
  int32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** In [0, 1), with 32 bits. */
  uniform(): number {
    return (this.int32() >>> 0) / 4294967296;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Standard normal (Box and Muller, one of the pair). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** The index whose share of the running totals `cumulative` (last one = 1) holds a uniform draw. */
  pick(cumulative: ArrayLike<number>): number {
    const drawn = this.uniform();
    let index = 0;
    while (index < cumulative.length - 1 && drawn >= (cumulative[index] ?? 1)) index++;
    return index;
  }
}

/** Running shares of `weights`, ending in 1: what `Random.pick` reads. */
export function cumulate(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let running = 0;
  return Float64Array.from(weights, (weight) => (running += weight / total));
}
