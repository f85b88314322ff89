import { migrations as audit } from '../audit/index.ts';
import { migrate, migrations as data, type CoreMigration, type Database, type MigrationOwner } from '../data/index.ts';
import { migrations as events } from '../events/index.ts';
import { migrations as files } from '../files/index.ts';
import { migrations as http, VERSION } from '../http/index.ts';
import { authMigrations, migrations as identity } from '../identity/index.ts';
import { migrateJobQueues, migrations as jobs } from '../jobs/index.ts';
import { migrations as notify } from '../notify/index.ts';
import { migrations as plugins } from '../plugins/index.ts';
import { migrations as portability } from '../portability/index.ts';
import {
  assertKnown,
  listReleases,
  migrations as recovery,
  recordRelease,
  type KnownOwner,
} from '../recovery/index.ts';
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

/** Names of the host's migrations, for whoever compares them with a ledger. */
export const hostMigrations = (): KnownOwner[] =>
  OWNERS.map(({ owner, migrations }) => ({ owner, migrations: migrations.map(({ name }) => name) }));

/** Refuses data that a newer version made, before anything touches it. @throws PodliftError */
async function assertNotNewer(database: Database): Promise<void> {
  const ledger = await database.owner((tx) =>
    tx.query<{ owner: string; name: string }>(`select owner, name from core.migration where owner in ('core', 'auth')`),
  );
  const told = ledger.some(({ name }) => name === TOLD);
  const releases = told ? await listReleases(database) : [];
  assertKnown(ledger, hostMigrations(), { from: undefined, version: VERSION, releases });
}

/** From then on versions say which older ones can work on their data. */
const TOLD = 'recovery/0002_works_with';

/** Brings the schemas of the host itself up to date; plugins follow when the plugin host starts. Returns what was applied. */
export async function migrateCore(database: Database): Promise<string[]> {
  await assertNotNewer(database);
  const results = await migrate(database, OWNERS);
  for (const { error } of results) if (error) throw error;
  // At once, so that a node of the version before that restarts now is not refused.
  await recordRelease(database, VERSION, Date.now());
  const applied = results.flatMap(({ owner, applied: names }) => names.map((name) => `${owner}: ${name}`));
  await migrateJobQueues(database);
  return applied;
}
