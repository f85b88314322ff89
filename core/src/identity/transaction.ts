import type { Pool, PoolClient } from 'pg';
import type { Witness } from '../audit/index.ts';

/** One transaction as `podlift_auth`. Commits when `fn` returns, rolls back when it throws. */
export async function inTransaction<T>(pool: Pool, fn: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await fn(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failed: Error) => {
      broken = failed;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Has the row of an act written in the transaction of the act. A tenant's row is let in by the tenant's policy. */
export async function bearWitness<T>(
  client: PoolClient,
  tenant: string | undefined,
  witness: Witness<T> | undefined,
  done: T,
): Promise<void> {
  if (!witness) return;
  if (tenant !== undefined) await client.query('select core.use_tenant($1)', [tenant]);
  const run = (sql: string, values: readonly unknown[] = []) => client.query(sql, [...values]);
  await witness(
    {
      // The caller names the shape of what it selects.
      query: async <R extends object>(sql: string, values?: readonly unknown[]) => (await run(sql, values)).rows as R[],
      execute: async (sql, values) => (await run(sql, values)).rowCount ?? 0,
    },
    done,
  );
}
