import { MikroORM, type EntityManager, type EventSubscriber, type Options } from '@mikro-orm/postgresql';
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
} from 'kysely';
import { DataError } from './errors.ts';
import type { RunStatement } from './transaction.ts';

/** Starts an ORM that never connects: each of its entity managers works in a transaction of ours. */
export async function startOrm(entities: readonly unknown[]): Promise<MikroORM> {
  const options: Options = {
    dbName: 'podlift',
    // What an entity is was checked by the sdk's types; here they come erased from plugins.
    entities: [...entities] as NonNullable<Options['entities']>,
    driverOptions: dialectOn(() => Promise.reject(DataError.noEntities())),
    discovery: { warnWhenNoEntities: false },
    subscribers: [tenantSetter],
    ignoreUndefinedInQuery: false,
  };
  const orm = await MikroORM.init(options);
  // Connected in name only; otherwise it would greet the server at the first statement.
  await orm.driver.getConnection().connect({ skipOnConnect: true });
  return orm;
}

/** Adds entities to a started ORM. */
export function discoverEntities(orm: MikroORM, entities: readonly unknown[]): void {
  orm.discoverEntity([...entities] as Parameters<MikroORM['discoverEntity']>[0]);
}

/** A fresh entity manager whose every statement goes through `run`, filtered to the tenant. */
export function bindEntityManager(orm: MikroORM, run: RunStatement, tenant: string): EntityManager {
  const em = orm.em.fork({ clear: true });
  em.setFilterParams('tenant', { tenant });
  // MikroORM asks of a transaction only what Kysely itself has; savepoints of `em.transactional` go over `savepoint()`.
  em.setTransactionContext(transactionOn(run));
  return em;
}

/** A new entity belongs to the tenant of its entity manager, whoever forgot to say so. */
const tenantSetter: EventSubscriber<{ tenantId?: string }> = {
  onInit({ entity, em, meta }) {
    const tenant = em.getFilterParams<{ tenant?: string }>('tenant')?.tenant;
    if (tenant !== undefined && 'tenantId' in meta.properties) entity.tenantId ??= tenant;
  },
};

function dialectOn(run: RunStatement): Dialect {
  const executeQuery: DatabaseConnection['executeQuery'] = async ({ sql, parameters }) => {
    const { rows, rowCount, command } = await run(sql, parameters);
    const counted = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
    // What a row holds is known to who wrote the statement, not here.
    return { rows: rows as never[], ...(counted ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  };
  const connection: DatabaseConnection = {
    executeQuery,
    // eslint-disable-next-line require-yield
    async *streamQuery() {
      throw new Error('Streaming is not possible in this transaction; read in pages instead.');
    },
  };
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => ({
      init: () => Promise.resolve(),
      acquireConnection: () => Promise.resolve(connection),
      releaseConnection: () => Promise.resolve(),
      beginTransaction: () => Promise.reject(DataError.noEntities()),
      commitTransaction: () => Promise.reject(DataError.noEntities()),
      rollbackTransaction: () => Promise.reject(DataError.noEntities()),
      destroy: () => Promise.resolve(),
    }),
  };
}

interface SavepointCommand {
  execute(): Promise<unknown>;
}

/** A Kysely on our transaction, with the savepoint calls of a controlled transaction that nested `em.transactional` makes. */
function transactionOn(run: RunStatement): Kysely<never> {
  const kysely = new Kysely<never>({ dialect: dialectOn(run) });
  const command =
    (sql: (name: string) => string, result: () => unknown) =>
    (name: string): SavepointCommand => ({
      execute: async () => {
        await run(sql(name), []);
        return result();
      },
    });
  const transaction: Kysely<never> = Object.assign(kysely, {
    savepoint: command(
      (name) => `savepoint "${name}"`,
      () => transactionOn(run),
    ),
    releaseSavepoint: command(
      (name) => `release savepoint "${name}"`,
      () => undefined,
    ),
    rollbackToSavepoint: command(
      (name) => `rollback to savepoint "${name}"`,
      () => undefined,
    ),
  });
  return transaction;
}
