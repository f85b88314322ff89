/** How far a model's credit is from the truth, over the same keys in the same order. */
export interface Comparison {
  /** Sum over keys of |share of credit − share of truth|: 0 is perfect, 2 the worst there is. */
  readonly shareError: number;
  /** Spearman's rank correlation: 1 when the model ranks the keys as the truth does. */
  readonly rankCorrelation: number;
  /** Credit handed out beyond the truth, per unit of truth: 0.9 means that 90 % too much was credited. */
  readonly overCredit: number;
}

/** Compares credits with true incremental conversions. */
export function compareWithTruth(credits: readonly number[], truth: readonly number[]): Comparison {
  const credited = total(credits);
  const incremental = total(truth);
  const shareError =
    credited === 0 || incremental === 0
      ? 1
      : truth.reduce((sum, value, key) => sum + Math.abs((credits[key] ?? 0) / credited - value / incremental), 0);
  return {
    shareError,
    rankCorrelation: rankCorrelation(credits, truth),
    overCredit: incremental === 0 ? 0 : credited / incremental - 1,
  };
}

/** Spearman's rho with average ranks for ties; 0 when one side does not vary. */
export function rankCorrelation(left: readonly number[], right: readonly number[]): number {
  const [x, y] = [ranks(left), ranks(right)];
  const mean = (x.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] ?? 0) - mean;
    const dy = (y[i] ?? 0) - mean;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranked = Array.from(values, () => 0);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++;
    for (let place = start; place < end; place++) ranked[order[place] ?? 0] = (start + end + 1) / 2;
    start = end;
  }
  return ranked;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
