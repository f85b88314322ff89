import type { Database } from './database.ts';
import { DataError } from './errors.ts';

/** What statements can be sorted by: all their time, the time of one, how often they ran, what they read from disk. */
export const STATEMENT_ORDERS = ['total', 'mean', 'calls', 'read'] as const;
export type StatementOrder = (typeof STATEMENT_ORDERS)[number];

/** What one statement cost since the figures were forgotten. Its text has no values. */
export interface StatementCost {
  readonly id: string;
  readonly statement: string;
  /** Whose: `podlift_runtime`, `p_acme_shop`, … */
  readonly role: string;
  readonly calls: number;
  /** Milliseconds. */
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly rows: number;
  /** Of the blocks it looked at, the part that was in memory, 0 to 1; null when it looked at none. */
  readonly hitRatio: number | null;
  /** Of the time of all statements, 0 to 1. */
  readonly share: number;
}

const ORDER: Readonly<Record<StatementOrder, string>> = {
  total: 'total_exec_time',
  mean: 'mean_exec_time',
  calls: 'calls',
  read: 'shared_blks_read',
};

const statementsSql = (order: StatementOrder): string => `
  select s.queryid::text as id, left(s.query, 5000) as statement, r.rolname as role, s.calls::float8 as calls,
    s.total_exec_time as "totalMs", s.mean_exec_time as "meanMs", s.max_exec_time as "maxMs", s.rows::float8 as rows,
    s.shared_blks_hit::float8 / nullif(s.shared_blks_hit + s.shared_blks_read, 0) as "hitRatio",
    s.total_exec_time / nullif(sum(s.total_exec_time) over (), 0) as share
  from monitor.pg_stat_statements s join pg_roles r on r.oid = s.userid
  where s.dbid = (select oid from pg_database where datname = current_database())
  order by s.${ORDER[order]} desc limit $1`;

/**
 * What statements of this database cost, the dearest first.
 * @throws DataError when the server does not measure them, with what to do.
 */
export const readStatements = async (
  database: Pick<Database, 'system'>,
  order: StatementOrder,
  limit: number,
): Promise<readonly StatementCost[]> =>
  measured(() =>
    database.system('read what statements cost', (tx) => tx.query<StatementCost>(statementsSql(order), [limit])),
  );

/** Begins to measure anew, for all databases of the server. */
export const forgetStatements = async (database: Pick<Database, 'system'>): Promise<void> => {
  await measured(() =>
    database.system('forget what statements cost', (tx) => tx.query('select monitor.pg_stat_statements_reset()')),
  );
};

/** No extension, no library, or no right to look. */
const NOT_MEASURED = new Set(['3F000', '42P01', '42883', '55000', '42501']);

async function measured<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (NOT_MEASURED.has(String(Object(error).code))) throw DataError.notMeasured();
    throw error;
  }
}
