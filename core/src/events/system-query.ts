import type { QueryResult, QueryResultRow } from 'pg';
import type { Database } from '../data/index.ts';

/** One statement as `podlift_system`, which sees all tenants, in a transaction of its own. Hot: no `begin` and no `commit` are sent. */
export type SystemQuery = <T extends QueryResultRow>(
  sql: string,
  values?: readonly unknown[],
  name?: string,
) => Promise<QueryResult<T>>;

export const createSystemQuery =
  (database: Database): SystemQuery =>
  (text, values = [], name) =>
    database
      .pool('system')
      .query({ text, values: [...values], ...(name !== undefined && database.prepares && { name }) });
