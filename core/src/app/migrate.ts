import { migrations as audit } from '../audit/index.ts';
import { migrate, migrations as data, type CoreMigration, type Database, type MigrationOwner } from '../data/index.ts';
import { migrations as events } from '../events/index.ts';
import { migrations as files } from '../files/index.ts';
import { migrations as http } from '../http/index.ts';
import { authMigrations, migrations as identity } from '../identity/index.ts';
import { migrateJobQueues, migrations as jobs } from '../jobs/index.ts';
import { migrations as notify } from '../notify/index.ts';
import { migrations as plugins } from '../plugins/index.ts';
import { migrations as portability } from '../portability/index.ts';
import { migrations as recovery } from '../recovery/index.ts';
import { migrations as search } from '../search/index.ts';
import { migrations as sharing } from '../sharing/index.ts';
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
  ...notify,
  ...plugins,
  ...portability,
  ...recovery,
  ...search,
  ...sharing,
];

/** The host's own schemas. */
export const OWNERS: readonly MigrationOwner[] = [
  { owner: 'core', schema: 'core', migrations: coreMigrations },
  { owner: 'auth', schema: 'auth', migrations: authMigrations, access: 'closed' },
];

/** Brings the schemas of the host itself up to date; plugins follow when the plugin host starts. Returns what was applied. */
export async function migrateCore(database: Database): Promise<string[]> {
  const results = await migrate(database, OWNERS);
  for (const { error } of results) if (error) throw error;
  const applied = results.flatMap(({ owner, applied: names }) => names.map((name) => `${owner}: ${name}`));
  await migrateJobQueues(database);
  return applied;
}
