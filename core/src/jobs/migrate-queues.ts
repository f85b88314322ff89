import type { Database } from '../data/index.ts';
import { QUEUE_SCHEMA, QUEUE_SCHEMA_VERSION } from './limits.ts';

/**
 * Brings BullMQ's own tables up to date, in their schema; queues only check. One query when nothing is to do; otherwise one transaction
 * under a lock, so any number of nodes may call it. @returns the version of the schema.
 */
export async function migrateJobQueues(database: Database): Promise<number> {
  const client = await database.pool('jobs').connect();
  try {
    const { rows: tables } = await client.query<{ there: boolean }>(
      `select to_regclass('${QUEUE_SCHEMA}.migration') is not null as there`,
    );
    if (tables[0]?.there) {
      const { rows } = await client.query<{ version: number }>(
        `select max(version) as version from ${QUEUE_SCHEMA}.migration`,
      );
      if (rows[0] && rows[0].version >= QUEUE_SCHEMA_VERSION) return rows[0].version;
    }
    const { runMigrations } = await import('bullmq');
    return await runMigrations(client, QUEUE_SCHEMA);
  } finally {
    client.release();
  }
}
