import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool, PoolClient } from 'pg';
import { DataError } from './errors.ts';
import { ident, tenantId } from './names.ts';
import { mayWrite } from './statement.ts';

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

/** An open transaction and its end. Not for use outside this room. */
export interface OpenTransaction extends Tx {
  /** Asks the database whether anything was written, functions included. */
  hasWritten(): Promise<boolean>;
  /** Leaves the scope's role: from here on it is the host that acts. */
  actAsHost(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** The statement that begins a tenant's transaction: one message to the server. Hot path. */
function beginOf({ tenant, role, readOnly }: TenantScope): string {
  const use = `${readOnly ? 'begin read only' : 'begin'};select core.use_tenant('${tenantId(tenant)}')`;
  if (role === undefined) return use;
  return `${use};set local role ${ident(role)};set local search_path to ${ident(role)}`;
}

/** How a transaction begins. */
export interface Beginning {
  /** Without: no tenant (system, owner). */
  readonly scope?: TenantScope;
  /** Whether statements with a name are prepared. */
  readonly prepares: boolean;
  readonly makeEm?: EntityManagerMaker;
}

/** Takes a connection and begins. */
export async function beginTransaction(pool: Pool, beginning: Beginning): Promise<OpenTransaction> {
  const begin = beginning.scope ? beginOf(beginning.scope) : 'begin';
  const client = await pool.connect();
  try {
    await client.query(begin);
  } catch (error) {
    await abandon(client);
    throw error;
  }
  return openTransaction(client, beginning);
}

async function abandon(client: PoolClient): Promise<void> {
  const broken = await client.query('rollback').then(
    () => false,
    () => true,
  );
  client.release(broken);
}

function openTransaction(client: PoolClient, { scope, prepares, makeEm }: Beginning): OpenTransaction {
  const tenant = scope?.tenant ?? '';
  let wrote = false;
  let done = false;
  let depth = 0;
  let last: Promise<unknown> | undefined;
  let manager: Promise<EntityManager> | undefined;

  const send: RunStatement = async (sql, values, name) => {
    if (done) throw DataError.done('run a statement');
    if (!wrote && mayWrite(sql)) wrote = true;
    const before = last;
    // The driver refuses a second statement while one runs: calls made together wait for each other here.
    const result = (async () => {
      if (before) await before.catch(() => undefined);
      return client.query<Row>({
        text: sql,
        values: values as unknown[],
        ...(name === undefined || !prepares ? {} : { name }),
      });
    })();
    last = result;
    try {
      return await result;
    } finally {
      if (last === result) last = undefined;
    }
  };

  const end = async (command: 'commit' | 'rollback'): Promise<void> => {
    if (done) throw DataError.done(command);
    if (command === 'commit' && manager) await (await manager).flush();
    if (last) await last.catch(() => undefined);
    done = true;
    let said: string;
    try {
      said = (await client.query(command)).command;
    } catch (error) {
      client.release(true);
      throw error;
    }
    client.release();
    // After a failed statement that nobody re-threw, PostgreSQL answers COMMIT with ROLLBACK.
    if (command === 'commit' && said !== 'COMMIT') throw DataError.aborted();
  };

  return {
    tenant,
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
      if (wrote) return true;
      if (manager) await (await manager).flush();
      if (wrote) return true;
      const { rows } = await send('select pg_current_xact_id_if_assigned() is not null as wrote', []);
      return rows[0]?.['wrote'] === true;
    },
    async actAsHost() {
      if (manager) await (await manager).flush();
      await send('reset role', []);
      await send('set local search_path to core', []);
    },
    commit: () => end('commit'),
    async rollback() {
      if (!done) await end('rollback');
    },
  };
}

/** Runs `fn` in a transaction: commit when it returns, rollback when it throws. */
export async function inTransaction<T>(
  opening: Promise<OpenTransaction>,
  fn: (tx: OpenTransaction) => Promise<T>,
): Promise<T> {
  const tx = await opening;
  let result: T;
  try {
    result = await fn(tx);
    await tx.commit();
  } catch (error) {
    await tx.rollback().catch(() => undefined);
    throw error;
  }
  return result;
}
