import { migrations as audit } from '../audit/index.ts';
import { migrate, migrations as data, type CoreMigration, type Database, type MigrationOwner } from '../data/index.ts';
import { migrations as events } from '../events/index.ts';
import { migrations as files } from '../files/index.ts';
import { migrations as http } from '../http/index.ts';
import { authMigrations, migrations as identity } from '../identity/index.ts';
import { migrateJobQueues, migrations as jobs } from '../jobs/index.ts';
import { migrations as plugins } from '../plugins/index.ts';
import { migrations as settings } from '../settings/index.ts';
import { migrations as tenancy } from '../tenancy/index.ts';

/** Core's own migrations, room after room, each after the rooms whose tables it names. */
export const coreMigrations: readonly CoreMigration[] = [
  ...data,
  ...settings,
  ...tenancy,
  ...audit,
  ...events,
  ...jobs,
  ...files,
  ...identity,
  ...http,
  ...plugins,
];

const OWNERS: readonly MigrationOwner[] = [
  { owner: 'core', schema: 'core', migrations: coreMigrations },
  { owner: 'auth', schema: 'auth', migrations: authMigrations, access: 'closed' },
];

/** Brings the schemas of the host itself up to date; plugins follow when the plugin host starts. Returns what was applied. */
export async function migrateCore(database: Database): Promise<string[]> {
  const results = await migrate(database, OWNERS);
  for (const { error } of results) if (error) throw error;
  const applied = results.flatMap(({ owner, applied: names }) => names.map((name) => `${owner}: ${name}`));
  // BullMQ keeps its own ledger; asking it costs a connection, so it is asked when ours changed or its schema is not there.
  if (applied.length > 0 || !(await hasJobQueues(database))) await migrateJobQueues(database);
  return applied;
}

const QUEUES = `select exists (select from pg_tables where schemaname = 'jobs') as there`;

async function hasJobQueues(database: Database): Promise<boolean> {
  const { rows } = await database.pool('jobs').query<{ there: boolean }>(QUEUES);
  return rows[0]?.there ?? false;
}
