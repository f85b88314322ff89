import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { DataError } from './errors.ts';
import { ident, tenantId } from './names.ts';
import { mayWrite } from './statement.ts';
import { inSpan } from '../telemetry/index.ts';

/** A row as the driver returns it; give `query` the shape you select. */
export type Row = Record<string, unknown>;

/** Whose rows a transaction may see, and as which role. */
export interface TenantScope {
  /** The tenant's id, a UUID. */
  readonly tenant: string;
  /** Role for this transaction, a plugin's; its schema, of the same name, becomes the search path. Without one: `podlift_runtime` and `core`. */
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

/** Makes an entity manager on a transaction; the ORM is loaded at the first call. */
export type EntityManagerMaker = (run: RunStatement, tenant: string) => Promise<EntityManager>;

/** Runs a statement of a transaction and returns everything the driver says. */
export type RunStatement = (
  sql: string,
  values: readonly unknown[],
  name?: string,
) => Promise<{ rows: Row[]; rowCount: number | null; command: string }>;

/** A transaction and its end. Not for use outside this room. */
export interface OpenTransaction extends Tx {
  /** Whether it has a connection: from its first statement on. */
  readonly held: boolean;
  /** Asks the database whether anything was written, functions included. */
  hasWritten(): Promise<boolean>;
  /** Leaves the scope's role: from here on it is the host that acts. */
  actAsHost(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

const names = new Map<string, string>();
/** Longer names would be cut, and two of them could become one. */
const LONGEST_NAME = 63;

/** Statements of two plugins may bear the same name; each role has its own, planned once for its policies. */
function statementName(name: string, role = ''): string {
  const full = role === '' ? name : `${role}.${name}`;
  if (full.length <= LONGEST_NAME) return full;
  let short = names.get(full);
  if (short === undefined) names.set(full, (short = createHash('sha256').update(full).digest('hex').slice(0, 40)));
  return short;
}

/** How a transaction begins. */
export interface Beginning {
  /** Without: no tenant (system, owner). */
  readonly scope?: TenantScope;
  /** Whether connections keep prepared statements. */
  readonly prepares: boolean;
  readonly makeEm?: EntityManagerMaker;
}

const USE_TENANT = 'select core.use_tenant($1)';
const USE_TENANT_AS = `select core.use_tenant($1), set_config('role', $2, true), set_config('search_path', $2, true)`;

/**
 * Begins a tenant's transaction. What it sends goes out together with the first statement and nobody waits for it: should it fail,
 * everything behind it in the transaction fails too. Hot path, bench/transaction.bench.ts.
 */
async function begin(client: PoolClient, scope: TenantScope, prepares: boolean): Promise<void> {
  const { tenant, role, readOnly } = scope;
  const start = readOnly ? 'begin read only' : 'begin';
  if (!prepares) {
    // Behind a pooler: one message, and nothing that a connection would have to remember. Both names are checked.
    const as = role === undefined ? '' : `,set_config('role','${role}',true),set_config('search_path','${role}',true)`;
    await client.query(`${start};select core.use_tenant('${tenant}')${as}`);
    return;
  }
  const use =
    role === undefined
      ? { name: 'podlift.use', text: USE_TENANT, values: [tenant] }
      : { name: 'podlift.use_as', text: USE_TENANT_AS, values: [tenant, role] };
  await Promise.all([client.query(start), client.query(use)]);
}

/** Makes a transaction that takes a connection and begins with its first statement. */
export function createTransaction(pool: Pool, { scope, prepares, makeEm }: Beginning): OpenTransaction {
  const tenant = scope ? tenantId(scope.tenant) : '';
  if (scope?.role !== undefined) ident(scope.role);
  let connecting: Promise<PoolClient> | undefined;
  /** Settles when the beginning is known; with its error, if there was one. */
  let begun: Promise<unknown> = Promise.resolve();
  let wrote = false;
  let done = false;
  let depth = 0;
  let manager: Promise<EntityManager> | undefined;

  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    const beginning = scope ? begin(client, scope, prepares) : client.query('begin');
    begun = beginning.then(
      () => undefined,
      (error: unknown) => error,
    );
    return client;
  };

  const send: RunStatement = (sql, values, name) =>
    inSpan(
      name ?? 'query',
      { kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.query.text': sql } },
      () => sendNow(sql, values, name),
    );

  const sendNow: RunStatement = async (sql, values, name) => {
    if (done) throw DataError.done('run a statement');
    if (sql.includes('\0')) throw DataError.zeroByte();
    if (!wrote && mayWrite(sql)) wrote = true;
    connecting ??= connect();
    const client = await connecting;
    try {
      const config: QueryConfig & { queryMode?: string } = { text: sql, values: [...values] };
      if (prepares && name !== undefined) config.name = statementName(name, scope?.role);
      // One statement per call for tenants: text that smuggles in a second one is refused by the server.
      if (scope) config.queryMode = 'extended';
      return await client.query<Row>(config);
    } catch (error) {
      throw (await begun) ?? error;
    }
  };

  const flush = async (): Promise<void> => {
    if (manager) await (await manager).flush();
  };

  const end = async (command: 'commit' | 'rollback'): Promise<void> => {
    if (done) throw DataError.done(command);
    if (command === 'commit') await flush();
    done = true;
    if (!connecting) return;
    const client = await connecting;
    let said: string;
    try {
      said = (await client.query(command)).command;
    } catch (error) {
      client.release(true);
      throw (await begun) ?? error;
    }
    client.release();
    // After a failed statement that nobody re-threw, PostgreSQL answers COMMIT with ROLLBACK.
    if (command === 'commit' && said !== 'COMMIT') throw (await begun) ?? DataError.aborted();
  };

  return {
    tenant,
    get held() {
      return connecting !== undefined && !done;
    },
    get wrote() {
      return wrote;
    },
    async query<T extends object>(sql: string, values: readonly unknown[] = [], name?: string) {
      return (await send(sql, values, name)).rows as T[];
    },
    async execute(sql, values = [], name) {
      return (await send(sql, values, name)).rowCount ?? 0;
    },
    em() {
      if (!makeEm) throw DataError.noEntities();
      return (manager ??= makeEm(send, tenant));
    },
    async savepoint(fn) {
      const name = `s${++depth}`;
      await send(`savepoint ${name}`, []);
      try {
        const result = await fn();
        await send(`release savepoint ${name}`, []);
        return result;
      } catch (error) {
        await send(`rollback to savepoint ${name}`, []);
        throw error;
      } finally {
        depth--;
      }
    },
    async hasWritten() {
      await flush();
      if (wrote || !connecting) return wrote;
      const { rows } = await send('select pg_current_xact_id_if_assigned() is not null as wrote', []);
      return rows[0]?.['wrote'] === true;
    },
    async actAsHost() {
      await flush();
      if (scope?.role === undefined) return;
      await send(
        `select set_config('role', 'none', true), set_config('search_path', 'core', true)`,
        [],
        'podlift.host',
      );
    },
    commit: () => end('commit'),
    async rollback() {
      if (!done) await end('rollback');
    },
  };
}

/** Runs `fn` in a transaction: commit when it returns, rollback when it throws. */
export async function inTransaction<T>(tx: OpenTransaction, fn: (tx: OpenTransaction) => Promise<T>): Promise<T> {
  try {
    const result = await fn(tx);
    await tx.commit();
    return result;
  } catch (error) {
    await tx.rollback().catch(() => undefined);
    throw error;
  }
}
