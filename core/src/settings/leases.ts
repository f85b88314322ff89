import type { Database } from '../data/index.ts';
import type { Quotas } from './quotas.ts';

/** Takes from a limit for hot paths: a part at a time, so that most of what is asked for needs no transaction. */
export interface QuotaLeases {
  /** Takes `amount`, or throws as `quotas.take` does. At once when what was taken ahead is enough. */
  spend(tenant: string, name: string, amount: number): void | Promise<void>;
  /** What turned out not to be needed is there for the next. */
  refund(tenant: string, name: string, amount: number): void;
  /** Gives back what was taken ahead and not spent. */
  close(): Promise<void>;
}

/** How many shares a limit is taken in: what a process that is killed has taken ahead is lost to the tenant until counting starts anew. */
const SHARES = 500;
const MOST_AHEAD = 10_000;
/** That nothing is limited is believed for so long. */
const FREE_MS = 1000;

interface Lease {
  left: number;
  /** What was taken ahead in one day or month is not spent in the next. */
  readonly until: number;
}

/** Never more is spent than the limit allows, on all nodes together: a part is taken in a transaction before any of it is spent. */
export function createQuotaLeases({
  database,
  quotas,
  now = () => Date.now(),
}: {
  readonly database: Database;
  readonly quotas: Pick<Quotas, 'take' | 'release' | 'limitOf'>;
  readonly now?: () => number;
}): QuotaLeases {
  const leases = new Map<string, Lease>();
  const taking = new Map<string, Promise<unknown>>();

  const take = async (tenant: string, name: string, amount: number): Promise<void> => {
    const limit = await quotas.limitOf(tenant, name);
    if (!limit) {
      leases.set(`${tenant} ${name}`, { left: Infinity, until: now() + FREE_MS });
      return;
    }
    const ahead = Math.min(Math.floor(limit.limit / SHARES), MOST_AHEAD);
    const tryTake = (wanted: number): Promise<void> =>
      database.withTenant({ tenant }, (tx) => quotas.take(tx, tenant, name, wanted));
    if (ahead > amount)
      try {
        await tryTake(ahead);
        leases.set(`${tenant} ${name}`, { left: ahead - amount, until: limit.resetsAt?.getTime() ?? Infinity });
        return;
      } catch {
        // Near the end of the limit: exactly what is needed, or the refusal.
      }
    await tryTake(amount);
  };

  const spend = (tenant: string, name: string, amount: number): void | Promise<void> => {
    const key = `${tenant} ${name}`;
    const lease = leases.get(key);
    if (lease && lease.until > now() && lease.left >= amount) {
      lease.left -= amount;
      return undefined;
    }
    // One after the other for the same limit: the next one may find what this one has taken ahead.
    const before = taking.get(key) ?? Promise.resolve();
    const mine = before
      .catch(() => undefined)
      .then(async () => {
        const found = leases.get(key);
        if (found && found.until > now() && found.left >= amount) found.left -= amount;
        else {
          leases.delete(key);
          if (found && found.left < Infinity && found.left > 0 && found.until > now())
            await giveBack(tenant, name, found.left);
          await take(tenant, name, amount);
        }
        return undefined;
      });
    taking.set(key, mine);
    return mine.finally(() => {
      if (taking.get(key) === mine) taking.delete(key);
    });
  };

  const giveBack = (tenant: string, name: string, amount: number): Promise<void> =>
    database.withTenant({ tenant }, (tx) => quotas.release(tx, tenant, name, amount));

  return {
    spend,
    refund(tenant, name, amount) {
      const lease = leases.get(`${tenant} ${name}`);
      if (lease) lease.left += amount;
    },
    async close() {
      const open = [...leases];
      leases.clear();
      for (const [key, { left, until }] of open) {
        const [tenant = '', name = ''] = key.split(' ');
        if (left > 0 && left < Infinity && until > now()) await giveBack(tenant, name, left).catch(() => undefined);
      }
    },
  };
}
