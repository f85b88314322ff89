/** A real database for each test file, copied from a template in a few milliseconds. @module */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import {
  migrateOwner,
  migrations,
  openDatabase,
  type CoreMigration,
  type Database,
  type DatabaseOptions,
  type MigrationOwner,
} from '@podlift/core/data';
import { silentLog } from '@podlift/core/telemetry';
import { uuidv7 } from '@podlift/sdk';
import pg from 'pg';
import type { TestServer } from './server.ts';

export { startTestServer, type RunningTestServer, type TestServer } from './server.ts';

/** The database of a test, with what a test needs besides. */
export interface TestDatabase extends Database {
  readonly name: string;
  /** Connection string of the superuser. */
  readonly adminUrl: string;
  /** What `openDatabase` was called with, to open it once more. */
  readonly options: DatabaseOptions;
  /** A new tenant's id, registered; each test takes its own. */
  newTenant(slug?: string): Promise<string>;
  /** Runs SQL as superuser, past every policy: for looking behind the scenes. */
  admin<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<T[]>;
}

export interface TestDatabaseOptions {
  /** Migrations of rooms of core, after those of the data room. */
  readonly migrations?: readonly CoreMigration[];
  /** Further owners: better-auth's schema, plugins. */
  readonly owners?: readonly MigrationOwner[];
  readonly poolSize?: number;
}

/**
 * Makes a database for a test file; close it when the file is done.
 *
 * @example
 * ```ts
 * const database = await createTestDatabase(inject('postgres'), { migrations });
 * afterAll(() => database.close());
 * ```
 */
export async function createTestDatabase(server: TestServer, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(server.url, async (client) => {
    await client.query(`create database ${name} template ${server.template} strategy wal_log`);
    // Rights on the database itself are not copied.
    await client.query(`revoke all on database ${name} from public; grant create on database ${name} to podlift_owner, podlift_jobs; grant temporary on database ${name} to podlift_jobs;
      grant connect on database ${name} to podlift_owner, podlift_runtime, podlift_auth, podlift_ingest, podlift_jobs, podlift_system`);
  });
  const adminUrl = withDatabase(server.url, name);
  const opening: DatabaseOptions = {
    url: adminUrl,
    dataDir: tmpdir(),
    masterKey: Buffer.from(server.masterKey, 'base64'),
    log: silentLog,
    poolSize: options.poolSize ?? 10,
  };
  const database = await openDatabase(opening);
  const core: MigrationOwner = {
    owner: 'core',
    schema: 'core',
    migrations: [...migrations, ...(options.migrations ?? [])],
  };
  for (const owner of [core, ...(options.owners ?? [])]) await migrateOwner(database, owner);
  return {
    ...database,
    name,
    adminUrl,
    options: opening,
    async newTenant(slug) {
      const id = uuidv7();
      await database.system('test tenant', (tx) =>
        tx.execute('insert into core.tenants (id, slug, name) values ($1, $2, $2)', [id, slug ?? `t-${id}`]),
      );
      return id;
    },
    admin: (sql, values = []) => asAdmin(adminUrl, async (client) => (await client.query(sql, [...values])).rows),
    async close() {
      await database.close();
      await asAdmin(server.url, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

async function asAdmin<T>(connectionString: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
