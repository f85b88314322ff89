import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditVia } from './entry.ts';

/** What an act has in common with all others of one request or command. */
export interface ActContext {
  readonly via: AuditVia;
  readonly ip?: string;
  readonly requestId?: string;
}

/** The context of an act that is under way, and whether it left a row yet. */
export interface Acting extends ActContext {
  recorded: number;
}

const acting = new AsyncLocalStorage<Acting>();

/**
 * Runs `work` as something that came in one way: each row written meanwhile says which, without anybody passing it on.
 *
 * @example
 * ```ts
 * await runActing({ via: 'rest', ip, requestId }, (act) => handle().then(() => act.recorded));
 * ```
 */
export function runActing<T>(context: ActContext, work: (act: Acting) => T): T {
  const act: Acting = { ...context, recorded: 0 };
  return acting.run(act, () => work(act));
}

/** The act under way; undefined when the host acts by itself. */
export const currentAct = (): Acting | undefined => acting.getStore();
