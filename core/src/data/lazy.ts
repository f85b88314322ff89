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

/** See {@link LazyTransaction}; `begin` opens the transaction of `tenant`. */
export function createLazyTransaction(tenant: string, begin: () => Promise<OpenTransaction>): LazyTransaction {
  let opening: Promise<OpenTransaction> | undefined;
  let current: OpenTransaction | undefined;
  let done = false;

  const opened = async (): Promise<OpenTransaction> => {
    if (done) throw DataError.done('begin');
    opening ??= begin().then(
      (tx) => (current = tx),
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  const forget = (): void => {
    opening = undefined;
    current = undefined;
  };

  return {
    tenant,
    get open() {
      return opening !== undefined;
    },
    get wrote() {
      return current?.wrote ?? false;
    },
    run: async (fn) => fn(await opened()),
    async endIfOnlyRead() {
      if (!opening) return true;
      const tx = await opening;
      if (await tx.hasWritten()) return false;
      forget();
      await tx.commit();
      return true;
    },
    async commit(beforeCommit) {
      const tx = beforeCommit || opening ? await opened() : undefined;
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
      } finally {
        forget();
      }
    },
    async rollback() {
      done = true;
      const tx = await opening?.catch(() => undefined);
      forget();
      await tx?.rollback();
    },
  };
}
