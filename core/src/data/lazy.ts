import { DataError } from './errors.ts';
import type { OpenTransaction, Tx } from './transaction.ts';

/** A transaction that opens at its first use: the unit of work of a plugin's call. */
export interface LazyTransaction {
  readonly tenant: string;
  /** Whether a connection is held now. */
  readonly open: boolean;
  readonly wrote: boolean;
  /** Runs `fn` inside the transaction, which it opens when needed. */
  run<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Gives the connection back when nothing was written (a later `run` opens anew) and says whether none is held now. */
  endIfOnlyRead(): Promise<boolean>;
  /** Commits. `beforeCommit` runs last, in the same transaction, as `podlift_runtime`: there the host appends events and jobs. */
  commit(beforeCommit?: (tx: Tx) => Promise<void>): Promise<void>;
  rollback(): Promise<void>;
}

/** See {@link LazyTransaction}; `create` makes the transaction of `tenant`. */
export function createLazyTransaction(tenant: string, create: () => OpenTransaction): LazyTransaction {
  let current: OpenTransaction | undefined;
  let done = false;

  const use = (): OpenTransaction => {
    if (done) throw DataError.done('begin');
    return (current ??= create());
  };

  return {
    tenant,
    get open() {
      return current?.held ?? false;
    },
    get wrote() {
      return current?.wrote ?? false;
    },
    run: async (fn) => fn(use()),
    async endIfOnlyRead() {
      const tx = current;
      if (!tx) return true;
      if (await tx.hasWritten()) return false;
      current = undefined;
      await tx.commit();
      return true;
    },
    async commit(beforeCommit) {
      const tx = beforeCommit ? use() : current;
      done = true;
      if (!tx) return;
      try {
        if (beforeCommit) {
          await tx.actAsHost();
          await beforeCommit(tx);
        }
        await tx.commit();
      } catch (error) {
        await tx.rollback().catch(() => undefined);
        throw error;
      }
    },
    async rollback() {
      done = true;
      await current?.rollback();
    },
  };
}
