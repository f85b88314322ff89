import { describe, expect, test } from 'vitest';
import { cumulate, Random } from './random.ts';

const draw = (seed: number, a: number, b = 0, count = 5) => {
  const random = new Random();
  random.seek(seed, a, b);
  return Array.from({ length: count }, () => random.int32());
};

/** sfc32 as its author publishes it, over arrays of 32-bit words: a second way to the same numbers. */
function reference([a, b, c, counter]: [number, number, number, number]): () => number {
  const state = Uint32Array.of(a, b, c, counter);
  return () => {
    const [first = 0, second = 0, third = 0, count = 0] = state;
    const sum = (first + second + count) >>> 0;
    state[3] = count + 1;
    state[0] = second ^ (second >>> 9);
    state[1] = third + ((third << 3) >>> 0);
    state[2] = (((third << 21) | (third >>> 11)) >>> 0) + sum;
    return sum | 0;
  };
}

describe('Random', () => {
  test('a stream is the same each time, and differs from its neighbours', () => {
    expect(draw(1, 2, 3)).toEqual(draw(1, 2, 3));
    const firsts = new Set<number>();
    for (let seed = 0; seed < 10; seed++)
      for (let a = 0; a < 100; a++) for (let b = 0; b < 10; b++) firsts.add(draw(seed, a, b, 1)[0] ?? 0);
    expect(firsts.size).toBeGreaterThan(9_995);
  });

  test('is sfc32: a thousand draws equal those of the published algorithm on 32-bit words', () => {
    const random = new Random();
    random.start(1, 2, 3, 1);
    const next = reference([1, 2, 3, 1]);
    for (let i = 0; i < 1000; i++) expect(random.int32()).toBe(next());
  });

  test('uniform draws fill [0, 1) evenly (chi-square over 100 cells)', () => {
    const random = new Random();
    random.seek(7, 7);
    const cells = new Float64Array(101);
    const draws = 200_000;
    for (let i = 0; i < draws; i++) {
      const value = random.uniform();
      cells[Math.floor(value * 100)] = (cells[Math.floor(value * 100)] ?? 0) + 1;
    }
    const expected = draws / 100;
    expect(cells[100]).toBe(0);
    const chi = cells.subarray(0, 100).reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(149); // 99.9 % of a chi-square with 99 degrees of freedom
  });

  test('first draws of neighbouring streams are uncorrelated', () => {
    const random = new Random();
    const first = (stream: number) => {
      random.seek(3, stream);
      return random.uniform() - 0.5;
    };
    let product = 0;
    for (let stream = 0; stream < 20_000; stream++) product += first(stream) * first(stream + 1);
    expect(Math.abs(product / 20_000) * 12).toBeLessThan(0.03);
  });

  test('means of the shaped draws', () => {
    const random = new Random();
    random.seek(1, 1);
    let exponential = 0;
    let normal = 0;
    let square = 0;
    for (let i = 0; i < 100_000; i++) {
      exponential += random.exponential(3);
      const value = random.normal();
      normal += value;
      square += value * value;
    }
    expect(exponential / 100_000).toBeCloseTo(3, 1);
    expect(normal / 100_000).toBeCloseTo(0, 1);
    expect(square / 100_000).toBeCloseTo(1, 1);
  });

  test('pick follows its weights', () => {
    const random = new Random();
    random.seek(9, 9);
    const cumulative = cumulate([1, 0, 3]);
    const seen = [0, 0, 0];
    for (let i = 0; i < 10_000; i++) {
      const index = random.pick(cumulative);
      seen[index] = (seen[index] ?? 0) + 1;
    }
    expect(seen[1]).toBe(0);
    expect((seen[2] ?? 0) / 10_000).toBeCloseTo(0.75, 1);
  });
});
