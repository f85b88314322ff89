import type { Tx } from '../data/index.ts';
import type { StoredEvent } from './event.ts';

/** Events of one tenant on their way to one subscriber. */
export interface Delivery {
  readonly tenant: string;
  /** In order. One event in mode `each`; in mode `batch` up to the subscriber's `batchSize`. */
  readonly events: readonly StoredEvent[];
  /** 1 for the first delivery of these events. */
  readonly attempt: number;
  /** The replay that brings them once more; undefined when they are new. */
  readonly replay?: string;
  /** Fires when the delivery takes too long or the bus stops. */
  readonly signal: AbortSignal;
  /**
   * Marks the events as delivered. Run it inside the transaction that holds the effects, last, as `podlift_runtime`: then both commit or
   * neither does, and effects in the database happen exactly once. Throws when the events were delivered elsewhere meanwhile.
   * A subscriber that never runs it has its events marked after `deliver` returned; its effects happen at least once.
   */
  readonly advance: (tx: Tx) => Promise<void>;
}

export const DEFAULT_BATCH_SIZE = 200;

/** Who receives events, and which. */
export interface Subscriber {
  /** Stands in the database; never changes. `plugin/handler`. */
  readonly id: string;
  readonly types: readonly string[];
  readonly mode: 'each' | 'batch';
  /** Events of a batch; 200 when absent. */
  readonly batchSize?: number;
  /** Where a new subscriber begins: with what is appended from now on (the default), or with the oldest event kept. */
  readonly from?: 'now' | 'earliest';
  /** Attempts at one event before it is dead; 8 when absent. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; doubles up to five minutes. 1000 when absent. */
  readonly backoffMs?: number;
  /** How long one delivery may take, in milliseconds; 60,000 when absent. */
  readonly timeoutMs?: number;
  /** Deliveries to this subscriber at the same time, on this node; 8 when absent. */
  readonly concurrency?: number;
  /** Whether a tenant's events are wanted at all (the plugin is enabled there). Events that are not wanted count as delivered. */
  readonly wants?: (tenant: string) => boolean | Promise<boolean>;
  /** `refuse`: nobody may ask for its events once more. */
  readonly replay?: 'refuse';
  readonly deliver: (delivery: Delivery) => Promise<void>;
}

const MAX_BACKOFF_MS = 5 * 60_000;

/** How long to wait after the given number of failed attempts. */
export const backoff = ({ backoffMs = 1000 }: Pick<Subscriber, 'backoffMs'>, failures: number): number =>
  Math.min(MAX_BACKOFF_MS, backoffMs * 2 ** Math.min(failures - 1, 20));

export const attemptsOf = ({ attempts = 8 }: Pick<Subscriber, 'attempts'>): number => attempts;
