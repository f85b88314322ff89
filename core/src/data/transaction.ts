import type { EntityManager } from '@mikro-orm/postgresql';

/** A row as the driver returns it; give `query` the shape you select. */
export type Row = Record<string, unknown>;

/** Whose rows a transaction may see, and as which role. */
export interface TenantScope {
  /** The tenant's id, a UUID. */
  readonly tenant: string;
  /** Role for this transaction, normally a plugin's; without one it is `podlift_runtime`. */
  readonly role?: string;
  readonly readOnly?: boolean;
}

/** One open transaction. Statements run one after the other, in the order of the calls. */
export interface Queryable {
  /** Runs one statement and returns its rows. Give `name` to prepare it once per connection (hot paths; never build a name from input). */
  query<T extends object = Row>(sql: string, values?: readonly unknown[], name?: string): Promise<T[]>;
  /** Runs one statement and returns how many rows it touched. */
  execute(sql: string, values?: readonly unknown[], name?: string): Promise<number>;
}

/** A transaction of one tenant, under row-level security. */
export interface Tx extends Queryable {
  readonly tenant: string;
  /** Whether a statement that may have changed something ran; when in doubt, true. */
  readonly wrote: boolean;
  /** MikroORM on this very transaction, filtered to the tenant. Flushed by you or, at the latest, before commit. */
  em(): Promise<EntityManager>;
  /** Undoes what `fn` did when it throws, and throws on; the transaction stays usable. */
  savepoint<T>(fn: () => Promise<T>): Promise<T>;
}

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
  /** Commits. `beforeCommit` runs last, inside the same transaction, as `podlift_runtime`: there the host appends events and jobs. */
  commit(beforeCommit?: (tx: Tx) => Promise<void>): Promise<void>;
  rollback(): Promise<void>;
}
