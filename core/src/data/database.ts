import type { Pool } from 'pg';
import type { Log } from '../telemetry/index.ts';
import { connectToDatabase } from './start.ts';
import type { EmbeddedServer } from './embedded/index.ts';
import { createLazyTransaction, type LazyTransaction } from './lazy.ts';
import { createOrms } from './orm.ts';
import { exchangePasswords, findPasswordKeys, type PasswordKeys } from './exchange.ts';
import { createRoleKeys } from './passwords.ts';
import { createPools } from './pools.ts';
import type { PoolName } from './roles.ts';
import {
  createTransaction,
  inTransaction,
  type Queryable,
  type Row,
  type TenantScope,
  type Tx,
} from './transaction.ts';

export interface DatabaseOptions {
  /** The database, or a transaction pooler before it. Without: embedded PostgreSQL. */
  readonly url?: string;
  /** The database itself, for migrations and LISTEN, when `url` is a pooler. */
  readonly directUrl?: string;
  /** Where embedded PostgreSQL keeps its files: `<dataDir>/postgres`. */
  readonly dataDir: string;
  /** The passwords of the roles are derived from it. */
  readonly masterKey: Uint8Array;
  /** Earlier keys, from which the passwords may still be derived. */
  readonly oldMasterKeys?: readonly Uint8Array[];
  readonly log: Log;
  /** In production a role with more rights than it should have refuses the start; elsewhere it warns. */
  readonly production?: boolean;
  /** Connections of the runtime pool; 20 when left out. */
  readonly poolSize?: number;
  /** How long to wait for a database that does not answer at start; 30 s when left out. */
  readonly startTimeoutMs?: number;
  /** How long to wait for the answer to a statement before its connection is given up; 75 s when left out. */
  readonly silentMs?: number;
}

/** The one way to the database. */
export interface Database {
  /** Version of the server, `18.4`. */
  readonly version: string;
  readonly embedded: boolean;
  /** The server that belongs to this installation: its folder, and the superuser's way in. */
  readonly server?: Pick<EmbeddedServer, 'dir' | 'url'>;
  /** Whether connections keep prepared statements: not behind a transaction pooler. */
  readonly prepares: boolean;
  /** A transaction of one tenant. Commits when `fn` returns, rolls back when it throws. */
  withTenant<T>(scope: TenantScope, fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same, opened at first use and ended by the caller. */
  lazyTransaction(scope: TenantScope): LazyTransaction;
  /** One statement as `podlift_runtime` without a tenant: for directory tables; tenant tables refuse it. */
  query<T extends object = Row>(sql: string, values?: readonly unknown[], name?: string): Promise<T[]>;
  /** Several of them in one transaction. */
  withoutTenant<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /** A transaction as `podlift_system`, which sees all tenants: few, named acts. The reason is logged. */
  system<T>(reason: string, fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /** A transaction as `podlift_owner`, on the server itself: migrations and partitions. */
  owner<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Adds entities that `tx.em()` knows in transactions of `role`, a plugin's (without a role: the host's). */
  registerEntities(role: string | undefined, entities: readonly unknown[]): void;
  pool(name: PoolName): Pool;
  /** Connection string of a role; `direct` goes past a pooler. */
  url(name: PoolName, direct?: boolean): string;
  /** Gives every role the password of the newest master key; returns the roles that had an older one. Nobody is disconnected. */
  exchangePasswords(): Promise<readonly string[]>;
  /** Which master key each role's password is derived from. */
  passwordKeys(): Promise<PasswordKeys>;
  /** Milliseconds that a round trip took; throws when the database does not answer. */
  ping(): Promise<number>;
  close(): Promise<void>;
}

/** Starts or reaches the database, makes roles and floor when they are missing, and checks that no role has too many rights. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const masterKeys = [options.masterKey, ...(options.oldMasterKeys ?? [])] as const;
  const roleKeys = createRoleKeys(masterKeys);
  const { server, url, directUrl, version } = await connectToDatabase(options, roleKeys);
  const pools = createPools({
    url,
    directUrl,
    roleKeys,
    log: options.log,
    ...(options.poolSize === undefined ? {} : { poolSize: options.poolSize }),
    ...(options.silentMs === undefined ? {} : { silentMs: options.silentMs }),
  });
  const orms = createOrms();
  const prepares = url === directUrl;
  const begin = (scope: TenantScope) =>
    createTransaction(pools.get('runtime'), { prepares, scope, makeEm: orms.makerFor(scope.role) });

  return {
    version,
    embedded: server !== undefined,
    ...(server && { server }),
    prepares,
    withTenant: async (scope, fn) => inTransaction(begin(scope), fn),
    lazyTransaction: (scope) => createLazyTransaction(scope.tenant, () => begin(scope)),
    async query<T extends object>(sql: string, values: readonly unknown[] = [], name?: string) {
      const config = { text: sql, values: values as unknown[], ...(name === undefined || !prepares ? {} : { name }) };
      return (await pools.get('runtime').query<T & Row>(config)).rows;
    },
    withoutTenant: (fn) => inTransaction(createTransaction(pools.get('runtime'), { prepares }), fn),
    system(reason, fn) {
      options.log.debug({ reason }, 'Acting across tenants');
      return inTransaction(createTransaction(pools.get('system'), { prepares }), fn);
    },
    owner: (fn) => inTransaction(createTransaction(pools.get('owner'), { prepares: false }), fn),
    registerEntities: (role, entities) => orms.register(role, entities),
    pool: (name) => pools.get(name),
    url: (name, direct) => pools.url(name, direct),
    exchangePasswords: () => exchangePasswords(directUrl, masterKeys),
    passwordKeys: () => findPasswordKeys(directUrl, masterKeys),
    async ping() {
      const start = performance.now();
      await pools.get('runtime').query('select 1');
      return performance.now() - start;
    },
    async close() {
      await orms.close();
      await pools.close();
      await server?.close();
    },
  };
}
