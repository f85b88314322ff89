import type { Pool } from 'pg';
import type { LazyTransaction, Queryable, Row, TenantScope, Tx } from './transaction.ts';

/** The narrow log that the data room writes to; `telemetry`'s log fits. */
export interface DataLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Login roles of the host, one pool each, opened at first use. */
export type PoolName = 'owner' | 'runtime' | 'auth' | 'ingest' | 'jobs' | 'system';

export interface DatabaseOptions {
  /** The database, or a transaction pooler before it. Without: embedded PostgreSQL. */
  readonly url?: string;
  /** The database itself, for migrations and LISTEN, when `url` is a pooler. */
  readonly directUrl?: string;
  /** Where embedded PostgreSQL keeps its files: `<dataDir>/postgres`. */
  readonly dataDir: string;
  /** The passwords of the roles are derived from it. */
  readonly masterKey: Uint8Array;
  readonly log: DataLog;
  /** In production a role with more rights than it should have refuses the start; elsewhere it warns. */
  readonly production?: boolean;
  /** Connections of the runtime pool. */
  readonly poolSize?: number;
  /** How long to wait for a database that does not answer at start. */
  readonly startTimeoutMs?: number;
}

/** The one way to the database. */
export interface Database {
  /** Version of the server, `18.4`. */
  readonly version: string;
  readonly embedded: boolean;
  /** A transaction of one tenant. Commits when `fn` returns, rolls back when it throws. */
  withTenant<T>(scope: TenantScope, fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same, opened at first use and ended by the caller. */
  lazyTransaction(scope: TenantScope): LazyTransaction;
  /** One statement as `podlift_runtime` without a tenant: for directory tables; tenant tables refuse it. */
  query<T extends object = Row>(sql: string, values?: readonly unknown[], name?: string): Promise<T[]>;
  /** A transaction as `podlift_system`, which sees all tenants: few, named acts. The reason is logged. */
  system<T>(reason: string, fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /** A transaction as `podlift_owner`, on the server itself: migrations and partitions. */
  owner<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  pool(name: PoolName): Pool;
  /** Connection string of a role; `direct` goes past a pooler. */
  url(name: PoolName, direct?: boolean): string;
  /** Milliseconds that a round trip took; throws when the database does not answer. */
  ping(): Promise<number>;
  close(): Promise<void>;
}
