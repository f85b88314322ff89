import { PodliftError } from '@podlift/sdk';
import type { Database, LazyTransaction, Tx } from '../../data/index.ts';
import { applyWrites, type CollectionLayout, type PendingWrite } from '../collections/index.ts';

/** An event that waits for its call to commit. */
export interface PendingEvent {
  readonly type: string;
  readonly source: string;
  /** Plain JSON. */
  readonly payload: unknown;
  readonly key?: string;
}

/** A job that waits for its call to commit. */
export interface PendingJob {
  readonly name: string;
  /** Plain JSON. */
  readonly data: unknown;
  readonly key?: string;
  readonly delayMs?: number;
  readonly priority?: number;
}

/** Where events and jobs go when a call commits: the outbox of the same transaction. */
export interface Outbox {
  appendEvents(tx: Tx, events: readonly PendingEvent[]): Promise<unknown>;
  requestJob(tx: Tx, job: PendingJob): Promise<unknown>;
  /** Called after a commit that appended something. */
  wake(): void;
}

/** What a unit of work needs to know of its plugin and tenant. */
export interface UnitOptions {
  readonly database: Pick<Database, 'lazyTransaction'>;
  readonly outbox: Outbox;
  readonly plugin: string;
  readonly tenant: string;
  /** The plugin's own database role; absent when it keeps no data. */
  readonly role?: string;
  readonly layouts: ReadonlyMap<string, CollectionLayout>;
  readonly now: () => number;
}

/**
 * Everything a call changes, kept together: one transaction that opens at the first use, and what the handler emitted,
 * enqueued and wrote into collections, which joins it at the end. Costs nothing until something happens.
 */
export interface UnitOfWork {
  readonly tenant: string;
  /** Runs SQL in the call's transaction, as the plugin's role. */
  run<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  emit(event: PendingEvent): void;
  enqueue(job: PendingJob): void;
  write(...writes: readonly PendingWrite[]): void;
  /**
   * Gives the connection back before the call waits for something else: another plugin, the network, a secret.
   * @throws PodliftError `transaction_open` when SQL was written already.
   */
  pause(what: string): Promise<void>;
  /** Commits everything, with `last` inside the same transaction at its end. */
  commit(last?: (tx: Tx) => Promise<void>): Promise<void>;
  rollback(): Promise<void>;
}

/** Starts the unit of work of one call. */
export function startUnit(options: UnitOptions): UnitOfWork {
  const { database, outbox, plugin, tenant, role, layouts, now } = options;
  const events: PendingEvent[] = [];
  const jobs: PendingJob[] = [];
  const writes: PendingWrite[] = [];
  let opened: LazyTransaction | undefined;
  let ended = false;
  const transaction = (): LazyTransaction => {
    // A handler that went on after its call had ended must not open a transaction that nobody ends.
    if (ended) throw PodliftError.callEnded(`the transaction of ${plugin}`);
    return (opened ??= database.lazyTransaction({ tenant, ...(role !== undefined && { role }) }));
  };

  return {
    tenant,
    run: (fn) => transaction().run(fn),
    emit: (event) => void events.push(event),
    enqueue: (job) => void jobs.push(job),
    write: (...more) => void writes.push(...more),
    async pause(what) {
      if (!opened || (!opened.open && !opened.wrote)) return;
      if (opened.wrote || !(await opened.endIfOnlyRead()))
        throw new PodliftError(
          'transaction_open',
          `${plugin} has written to the database and then asked for ${what}; ask first and write last, or let an event or a job do it after the commit`,
        );
    },
    async commit(last) {
      const silent = events.length === 0 && jobs.length === 0 && writes.length === 0 && !last;
      if (silent && !opened) {
        ended = true;
        return;
      }
      const work = transaction();
      try {
        if (writes.length > 0) await work.run((tx) => applyWrites(tx, layouts, writes, new Date(now())));
        ended = true;
        await work.commit(async (tx) => {
          if (events.length > 0) await outbox.appendEvents(tx, events);
          for (const job of jobs) await outbox.requestJob(tx, job);
          await last?.(tx);
        });
      } catch (thrown) {
        ended = true;
        await work.rollback();
        throw thrown;
      }
      if (events.length > 0 || jobs.length > 0) outbox.wake();
    },
    async rollback() {
      ended = true;
      await opened?.rollback();
    },
  };
}
