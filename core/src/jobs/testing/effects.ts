import type { CoreMigration, Database } from '../../data/index.ts';
import type { JobContext } from '../index.ts';

/** Where test jobs leave their effects: a row per run. */
export const effects: CoreMigration = {
  name: 'test/0001_effects',
  up(schema) {
    schema.tenantTable({
      name: 'test_run',
      columns: { id: 'uuid not null', attempt: 'integer not null' },
      primaryKey: ['id', 'attempt'],
      privacy: { id: 'none', attempt: 'none' },
    });
  },
};

/** Writes a row and completes the job, in one transaction. */
export async function writeEffect(
  database: Database,
  { id, tenant, attempt, complete }: JobContext,
  before?: () => Promise<unknown>,
): Promise<void> {
  await database.withTenant({ tenant }, async (tx) => {
    await tx.execute('insert into core.test_run (tenant_id, id, attempt) values ($1, $2, $3)', [tenant, id, attempt]);
    await before?.();
    await complete(tx, 'done');
  });
}

/** The jobs that left effects, one id per effect. */
export const effectsOf = async (database: Database, tenant: string): Promise<string[]> =>
  (
    await database.withTenant({ tenant }, (tx) =>
      tx.query<{ id: string }>('select id from core.test_run where tenant_id = $1 order by id', [tenant]),
    )
  ).map(({ id }) => id);
