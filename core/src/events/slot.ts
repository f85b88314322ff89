/** A tenant's events in a slot that wait for a subscriber: those between two positions. */
export interface TenantWork {
  readonly tenant: string;
  /** Everything before it is done. */
  from: number;
  to: number;
  /** About how many. */
  count: number;
  /** Somebody looks after it: it runs, waits for its turn, or pauses. */
  busy: boolean;
  failures: number;
}

/** What a node knows of a slot that it has leased for a subscriber. */
export interface HeldSlot {
  readonly slot: number;
  /** Everything up to here was looked at. */
  readTo: number;
  readonly tenants: Map<string, TenantWork>;
  /** Which progress of tenants must be in the database before the cursor may pass it. */
  readonly due: Map<string, number>;
}

/** Events of a tenant that were found behind what had been read before. */
export interface Found {
  readonly tenant: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

export const holdSlot = (slot: number): HeldSlot => ({ slot, readTo: 0, tenants: new Map(), due: new Map() });

/** Notes what was found; returns the tenants for which something has to begin. */
export function noteFound(held: HeldSlot, readTo: number, found: readonly Found[]): TenantWork[] {
  const begin: TenantWork[] = [];
  held.readTo = Math.max(held.readTo, readTo);
  for (const { tenant, first, last, count } of found) {
    const known = held.tenants.get(tenant);
    if (known) {
      known.to = Math.max(known.to, last);
      known.count += count;
      continue;
    }
    const work = { tenant, from: first, to: last, count, busy: false, failures: 0 };
    held.tenants.set(tenant, work);
    begin.push(work);
  }
  return begin;
}

/** Up to here nothing waits: as far as the cursor may move. A slow tenant holds it, but nobody else. */
export function lowestOf({ tenants, readTo }: HeldSlot): number {
  let lowest = readTo;
  for (const { from } of tenants.values()) if (from - 1 < lowest) lowest = from - 1;
  return lowest;
}
