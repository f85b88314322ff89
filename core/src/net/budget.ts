import { NetErrors } from './errors.ts';

/** How many requests to one host run at once, so that one slow host cannot take all connections. */
export interface Budget {
  /** Waits for a place, and returns what gives it back; more than a few who wait are refused. */
  enter(host: string, signal: AbortSignal): Promise<() => void>;
}

interface Host {
  running: number;
  readonly waiting: (() => void)[];
}

export function createBudget(perHost: number, waitingPerHost: number): Budget {
  const hosts = new Map<string, Host>();

  function leave(name: string, host: Host): void {
    const next = host.waiting.shift();
    if (next) return next();
    host.running -= 1;
    if (host.running === 0) hosts.delete(name);
  }

  return {
    async enter(name, signal) {
      const host = hosts.get(name) ?? { running: 0, waiting: [] };
      hosts.set(name, host);
      if (host.running < perHost) host.running += 1;
      else if (host.waiting.length >= waitingPerHost) throw NetErrors.busy(name, perHost);
      else await wait(host, signal);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        leave(name, host);
      };
    },
  };
}

/** Takes over the place of one who leaves; `running` stays as it is. */
function wait(host: Host, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      const at = host.waiting.indexOf(turn);
      if (at !== -1) host.waiting.splice(at, 1);
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    host.waiting.push(turn);
  });
}
