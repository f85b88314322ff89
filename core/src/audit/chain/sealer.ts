import { randomUUID } from 'node:crypto';
import type { Database } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';
import type { Anchors } from './anchors.ts';

/** Gives acts their place in their chain, soon after they have committed. */
export interface AuditSealer {
  start(): void;
  stop(): Promise<void>;
  /** Seals what has committed; returns how many acts, or undefined when another node has the lease. */
  seal(): Promise<number | undefined>;
}

export interface AuditSealerDeps {
  readonly database: Pick<Database, 'system'>;
  readonly log: Pick<Log, 'warn'>;
  readonly anchors?: Anchors;
  /** Runs before each round: takes in what was noted outside. */
  readonly before?: () => Promise<unknown>;
  readonly pollMs?: number;
}

const POLL_MS = 400;
/** Acts per transaction. */
const MOST = 2000;
const LEASE = '2 seconds';
const SEAL = `select leads, sealed from core.seal_audit($1, interval '${LEASE}', $2)`;
const RELEASE = 'select core.release_audit_sealer($1)';

interface Round {
  readonly leads: boolean;
  readonly sealed: number;
}

/**
 * Makes the sealer of this node. Every node may run one; the lease is with one of them, and another takes over within two seconds
 * when it is gone.
 */
export function createAuditSealer({ database, log, anchors, before, pollMs = POLL_MS }: AuditSealerDeps): AuditSealer {
  const node = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = true;

  const round = async (): Promise<Round> => {
    const [row] = await database.system('seal acts', (tx) => tx.query<Round>(SEAL, [node, MOST], 'audit.seal'));
    return row ?? { leads: false, sealed: 0 };
  };
  const seal: AuditSealer['seal'] = async () => {
    let total = 0;
    for (;;) {
      const { leads, sealed } = await round();
      if (!leads) return undefined;
      total += sealed;
      if (sealed < MOST) return total;
    }
  };
  const work = async (): Promise<void> => {
    try {
      await before?.();
      await seal();
      await anchors?.write();
    } catch (error) {
      log.warn({ err: error }, 'Acts could not be sealed; trying again');
    }
    if (!stopped) timer = setTimeout(next, pollMs).unref();
  };
  const next = (): void => void (running = work());

  return {
    seal,
    start() {
      if (!stopped) return;
      stopped = false;
      next();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      try {
        await seal();
        await anchors?.write(true);
        await database.system('leave the sealing to others', (tx) => tx.query(RELEASE, [node]));
      } catch (error) {
        log.warn({ err: error }, 'The last acts could not be sealed; the next start or another node does it');
      }
    },
  };
}
