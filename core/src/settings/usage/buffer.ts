const HOUR_MS = 3_600_000;

/** One sum of one hour. */
export interface UsageRow {
  readonly tenant: string;
  readonly meter: string;
  /** What of it: a plugin, for meters that are told apart by plugin. */
  readonly of: string;
  /** When the hour began, in milliseconds since 1970. */
  readonly hour: number;
  readonly amount: number;
}

/** Sums in memory, until they are taken to be written down. */
export interface UsageBuffer {
  add(tenant: string, meter: string, amount: number, of: string, at: number): void;
  /** Whole amounts; what is left of a fraction waits for more. */
  take(): UsageRow[];
  readonly size: number;
}

/** Hot path: every request adds. */
export function createUsageBuffer(): UsageBuffer {
  let sums = new Map<string, { tenant: string; meter: string; of: string; hour: number; amount: number }>();
  return {
    get size() {
      return sums.size;
    },
    add(tenant, meter, amount, of, at) {
      const hour = at - (at % HOUR_MS);
      const key = `${tenant} ${meter} ${of} ${hour}`;
      const sum = sums.get(key);
      if (sum) sum.amount += amount;
      else sums.set(key, { tenant, meter, of, hour, amount });
    },
    take() {
      const taken = sums;
      sums = new Map();
      const rows: UsageRow[] = [];
      for (const [key, sum] of taken) {
        const whole = Math.floor(sum.amount);
        if (whole > 0) rows.push({ ...sum, amount: whole });
        if (sum.amount > whole) sums.set(key, { ...sum, amount: sum.amount - whole });
      }
      return rows;
    },
  };
}

export const hourOf = (at: number): number => at - (at % HOUR_MS);
