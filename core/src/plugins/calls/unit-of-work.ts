import { PodliftError } from '@podlift/sdk';
import type { Database, LazyTransaction, Tx } from '../../data/index.ts';
import type { NotificationRequest } from '../../notify/index.ts';
import type { SearchChange } from '../../search/index.ts';
import type { Files, StagedFile } from '../../files/index.ts';
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
  readonly queue?: 'interactive' | 'default' | 'bulk';
  /** It bounds how many of it run for a tenant at a time. */
  readonly bounded?: boolean;
}

/** A message to people that waits for its call to commit. */
export type PendingNotification = NotificationRequest;

/** The full name of a plugin's meter. */
export type MeterName = `${string}/${string}`;

/** An amount that counts when its call has committed. */
export interface MeteredAmount {
  readonly meter: MeterName;
  readonly amount: number;
}

/** Where events and jobs go when a call commits: the outbox of the same transaction. */
export interface Outbox {
  appendEvents(tx: Tx, events: readonly PendingEvent[]): Promise<unknown>;
  requestJobs(tx: Tx, jobs: readonly PendingJob[]): Promise<unknown>;
  notify(tx: Tx, notification: PendingNotification): Promise<unknown>;
  changeSearch(tx: Tx, tenant: string, plugin: string, changes: readonly SearchChange[]): Promise<void>;
  /** Amounts of exact meters. */
  meter(tx: Tx, tenant: string, amounts: readonly MeteredAmount[]): Promise<void>;
  /** An amount of another meter, after the commit. */
  count(tenant: string, meter: MeterName, amount: number): void;
  /** Called after a commit that appended something. */
  wake(): void;
}

/** What a unit of work needs to know of its plugin and tenant. */
export interface UnitOptions {
  readonly database: Pick<Database, 'lazyTransaction'>;
  readonly outbox: Outbox;
  readonly files: Pick<Files, 'deleteIn'>;
  readonly plugin: string;
  readonly tenant: string;
  /** The plugin's own database role; absent when it keeps no data. */
  readonly role: string | undefined;
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
  notify(notification: PendingNotification): void;
  write(writes: readonly PendingWrite[]): void;
  /** Tells the search what can be found, or not any more. */
  index(change: SearchChange): void;
  /** Counts what the tenant uses; exactly, with the transaction of the call, or a moment later. */
  meter(meter: MeterName, amount: number, exact: boolean): void;
  /** Bytes that were stored already: the file exists when the call commits, and never when it does not. */
  keepFile(file: StagedFile): void;
  deleteFile(id: string): void;
  /**
   * Gives the connection back before the call waits for something else: another plugin, the network, a secret.
   * @throws PodliftError `transaction_open` when SQL was written already.
   */
  pause(what: string): Promise<void>;
  /** Nothing happened, so there is nothing to commit. */
  isEmpty(): boolean;
  /** Commits everything, with `last` inside the same transaction at its end. */
  commit(last?: (tx: Tx) => Promise<void>): Promise<void>;
  rollback(): Promise<void>;
}

/** Starts the unit of work of one call. */
export const startUnit = (options: UnitOptions): UnitOfWork => new Unit(options);

/** A class, because one is made for every call and its methods are not. */
class Unit implements UnitOfWork {
  readonly #options: UnitOptions;
  #events: PendingEvent[] | undefined;
  #jobs: PendingJob[] | undefined;
  #notifications: PendingNotification[] | undefined;
  #writes: PendingWrite[] | undefined;
  #found: SearchChange[] | undefined;
  #exact: Map<MeterName, number> | undefined;
  #counted: Map<MeterName, number> | undefined;
  #kept: StagedFile[] | undefined;
  #deleted: string[] | undefined;
  #opened: LazyTransaction | undefined;
  #ended = false;

  constructor(options: UnitOptions) {
    this.#options = options;
  }

  get tenant(): string {
    return this.#options.tenant;
  }

  #transaction(): LazyTransaction {
    const { database, plugin, tenant, role } = this.#options;
    // A handler that went on after its call had ended must not open a transaction that nobody ends.
    if (this.#ended) throw PodliftError.callEnded(`the transaction of ${plugin}`);
    return (this.#opened ??= database.lazyTransaction(role === undefined ? { tenant } : { tenant, role }));
  }

  async run<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#transaction().run(fn);
  }

  emit(event: PendingEvent): void {
    (this.#events ??= []).push(event);
  }

  enqueue(job: PendingJob): void {
    (this.#jobs ??= []).push(job);
  }

  notify(notification: PendingNotification): void {
    (this.#notifications ??= []).push(notification);
  }

  write(writes: readonly PendingWrite[]): void {
    const all = (this.#writes ??= []);
    for (const one of writes) all.push(one);
  }

  index(change: SearchChange): void {
    (this.#found ??= []).push(change);
  }

  meter(meter: MeterName, amount: number, exact: boolean): void {
    const sums = exact ? (this.#exact ??= new Map()) : (this.#counted ??= new Map());
    sums.set(meter, (sums.get(meter) ?? 0) + amount);
  }

  /** Adds up what needs no transaction. */
  #count(): void {
    const { outbox, tenant } = this.#options;
    for (const [meter, amount] of this.#counted ?? []) outbox.count(tenant, meter, amount);
  }

  keepFile(file: StagedFile): void {
    // Stored for a call that was given up meanwhile: nobody would commit it.
    if (this.#ended) void file.drop().catch(() => undefined);
    else (this.#kept ??= []).push(file);
  }

  deleteFile(id: string): void {
    (this.#deleted ??= []).push(id);
  }

  /** What was stored for files that will not exist. Should it fail, it is done when their reservation ends. */
  async #dropFiles(): Promise<void> {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    await Promise.all(kept.map((file) => file.drop().catch(() => undefined)));
  }

  async pause(what: string): Promise<void> {
    const opened = this.#opened;
    if (!opened || (!opened.open && !opened.wrote)) return;
    if (opened.wrote || !(await opened.endIfOnlyRead()))
      throw new PodliftError(
        'transaction_open',
        `${this.#options.plugin} has written to the database and then asked for ${what}; ask first and write last, or let an event or a job do it after the commit`,
      );
  }

  isEmpty(): boolean {
    return !this.#counted && this.#isIdle();
  }

  /** Nothing that the database would have to know. */
  #isIdle(): boolean {
    if (this.#kept || this.#deleted || this.#exact) return false;
    return !this.#opened && !this.#events && !this.#jobs && !this.#notifications && !this.#writes && !this.#found;
  }

  async commit(last?: (tx: Tx) => Promise<void>): Promise<void> {
    const { outbox, layouts, files, now, tenant, plugin } = this.#options;
    if (!last && this.#isIdle()) {
      this.#ended = true;
      this.#count();
      return;
    }
    const events = this.#events;
    const jobs = this.#jobs;
    const notifications = this.#notifications;
    const writes = this.#writes;
    const found = this.#found;
    const exact = this.#exact;
    const kept = this.#kept;
    const deleted = this.#deleted;
    const work = this.#transaction();
    try {
      if (writes) await work.run((tx) => applyWrites(tx, layouts, writes, new Date(now())));
      this.#ended = true;
      if (events || jobs || notifications || found || exact || kept || deleted || last)
        await work.commit(async (tx) => {
          if (events) await outbox.appendEvents(tx, events);
          if (jobs) await outbox.requestJobs(tx, jobs);
          for (const one of notifications ?? []) await outbox.notify(tx, one);
          if (found) await outbox.changeSearch(tx, tenant, plugin, found);
          if (exact) await outbox.meter(tx, tenant, toAmounts(exact));
          for (const file of kept ?? []) await file.place(tx);
          for (const id of deleted ?? []) await files.deleteIn(tx, plugin, id);
          await last?.(tx);
        });
      else await work.commit();
    } catch (thrown) {
      this.#ended = true;
      await work.rollback();
      await this.#dropFiles();
      throw thrown;
    }
    this.#count();
    if (events || jobs || notifications) outbox.wake();
  }

  async rollback(): Promise<void> {
    this.#ended = true;
    await this.#opened?.rollback();
    if (this.#kept) await this.#dropFiles();
  }
}

const toAmounts = (sums: ReadonlyMap<MeterName, number>): MeteredAmount[] =>
  [...sums].map(([meter, amount]) => ({ meter, amount }));
