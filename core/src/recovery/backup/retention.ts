/** How many backups stay: the newest of each of so many days, weeks and months. */
export interface Retention {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

const DAY_MS = 86_400_000;

/** Monday-based weeks since the epoch, which was a Thursday. */
const weekOf = (at: Date): string => String(Math.floor((at.getTime() / DAY_MS + 3) / 7));
const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
const monthOf = (at: Date): string => at.toISOString().slice(0, 7);

/** Which of these stay, and which of them count as daily. The newest always stays. Computed, nothing is removed. */
export function computeKept<T extends { readonly at: Date }>(
  backups: readonly T[],
  { daily, weekly, monthly }: Retention,
): { kept: Set<T>; daily: Set<T> } {
  const newestFirst = backups.toSorted((a, b) => b.at.getTime() - a.at.getTime());
  const newestOf = (periodOf: (at: Date) => string, count: number): T[] => {
    const periods = new Map<string, T>();
    for (const one of newestFirst) {
      const period = periodOf(one.at);
      if (!periods.has(period) && periods.size < count) periods.set(period, one);
    }
    return [...periods.values()];
  };
  const days = new Set([...newestFirst.slice(0, 1), ...newestOf(dayOf, daily)]);
  return { kept: new Set([...days, ...newestOf(weekOf, weekly), ...newestOf(monthOf, monthly)]), daily: days };
}
