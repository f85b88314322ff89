import type { Log } from '../telemetry/index.ts';
import { claimDue } from './dead-letters.ts';
import { redeliver, type DeliveryHost } from './deliver.ts';
import type { Pool } from './pool.ts';
import type { Subscriber } from './subscriber.ts';
import type { SystemQuery } from './system-query.ts';

/** Letters that are taken at once. */
const BATCH = 32;
/** Of one subscriber, beside what it gets for the first time. */
const AT_ONCE = 2;

/** Tries parked events again when their time has come. */
export interface Redelivery {
  /** Look again at this time, unless an earlier look is planned. */
  schedule(at: number): void;
  /** Redelivers what is due now, and says how many that were. */
  run(): Promise<number>;
  stop(): Promise<void>;
}

export interface RedeliveryOptions {
  readonly host: DeliveryHost;
  readonly query: SystemQuery;
  readonly pool: Pool;
  readonly log: Log;
  readonly find: (subscriber: string) => Subscriber | undefined;
  readonly subscribers: () => readonly string[];
  readonly leaseMs: number;
}

export function createRedelivery(options: RedeliveryOptions): Redelivery {
  const { host, query, pool, log, find, subscribers, leaseMs } = options;
  let timer: NodeJS.Timeout | undefined;
  let planned = Number.POSITIVE_INFINITY;
  let current: Promise<number> | undefined;
  let stopped = false;

  const round = async (): Promise<number> => {
    let total = 0;
    for (;;) {
      const letters = await claimDue(query, subscribers(), host.now(), leaseMs, BATCH);
      total += letters.length;
      await Promise.all(
        letters.map((letter) =>
          pool.run({ subscriber: `${letter.subscriber} again`, tenant: letter.tenant, most: AT_ONCE }, async () => {
            const subscriber = find(letter.subscriber);
            const next = subscriber && (await redeliver(host, subscriber, letter));
            if (next !== undefined) schedule(next);
          }),
        ),
      );
      if (letters.length === 0 || stopped) return total;
    }
  };

  const run = (): Promise<number> => {
    current ??= round().finally(() => (current = undefined));
    return current;
  };

  const schedule = (at: number): void => {
    if (stopped || at >= planned) return;
    planned = at;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        planned = Number.POSITIVE_INFINITY;
        run().catch((error: unknown) =>
          log.debug({ err: error }, 'Redelivering failed; trying again with the next poll'),
        );
      },
      Math.max(0, at - host.now()),
    );
  };

  return {
    schedule,
    run,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current?.catch(() => undefined);
    },
  };
}
