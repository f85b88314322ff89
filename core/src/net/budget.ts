import { NetErrors } from './errors.ts';

/** How many requests to one host run at once, so that one slow host cannot take all connections, nor one tenant a host. */
export interface Budget {
  /**
   * Waits for a place, and returns what gives it back; more than a few who wait are refused. A place that becomes free goes to the
   * tenants in turn, whoever has many requests waiting.
   */
  enter(host: string, tenant: string | undefined, signal: AbortSignal): Promise<() => void>;
}

export interface BudgetLimits {
  /** Requests to one host that run at once. */
  readonly running: number;
  /** Requests of one tenant to one host that run at once. */
  readonly perTenant: number;
  /** Requests of one tenant to one host that wait. */
  readonly waiting: number;
}

interface Share {
  running: number;
  readonly waiting: (() => void)[];
}

interface Host {
  running: number;
  /** In the order in which their turn comes. */
  readonly tenants: Map<string, Share>;
}

export function createBudget({ running, perTenant, waiting }: BudgetLimits): Budget {
  const hosts = new Map<string, Host>();
  const mostOf = (tenant: string): number => (tenant === '' ? running : Math.min(running, perTenant));

  function begin(host: Host, share: Share): void {
    host.running += 1;
    share.running += 1;
  }

  /** Gives free places to those who wait, one tenant after the other. */
  function admit(host: Host): void {
    const inTurn = [...host.tenants];
    for (const [tenant, share] of inTurn) {
      if (host.running >= running) return;
      if (share.running >= mostOf(tenant)) continue;
      const next = share.waiting.shift();
      if (!next) continue;
      host.tenants.delete(tenant);
      host.tenants.set(tenant, share);
      next();
    }
  }

  function leave(name: string, tenant: string, host: Host, share: Share): void {
    host.running -= 1;
    share.running -= 1;
    admit(host);
    if (share.running === 0 && share.waiting.length === 0) host.tenants.delete(tenant);
    if (host.running === 0 && host.tenants.size === 0) hosts.delete(name);
  }

  return {
    async enter(name, of, signal) {
      const tenant = of ?? '';
      const host = hosts.get(name) ?? { running: 0, tenants: new Map<string, Share>() };
      hosts.set(name, host);
      const share = host.tenants.get(tenant) ?? { running: 0, waiting: [] };
      host.tenants.set(tenant, share);
      if (host.running < running && share.running < mostOf(tenant)) begin(host, share);
      else if (share.waiting.length >= waiting) throw NetErrors.busy(name, host.running);
      else await wait(share, () => begin(host, share), signal);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        leave(name, tenant, host, share);
      };
    },
  };
}

/** Waits for the turn; whoever gives up leaves the row. */
function wait(share: Share, begin: () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      signal.removeEventListener('abort', stop);
      begin();
      resolve();
    };
    const stop = (): void => {
      const at = share.waiting.indexOf(turn);
      if (at !== -1) share.waiting.splice(at, 1);
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    share.waiting.push(turn);
  });
}
