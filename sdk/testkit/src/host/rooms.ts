import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccess } from '@podlift/core/access';
import { createAudit, migrations as audit } from '@podlift/core/audit';
import { loadConfig } from '@podlift/core/config';
import { appendEvents, createEventBus, migrations as events } from '@podlift/core/events';
import { createFiles, migrations as files } from '@podlift/core/files';
import { migrations as http } from '@podlift/core/http';
import { createJobs, migrateJobQueues, migrations as jobs } from '@podlift/core/jobs';
import { migrations as plugins } from '@podlift/core/plugins';
import { createSealer, createSecrets, createSettings, migrations as settings } from '@podlift/core/settings';
import { createHealth, createMetrics, type Log } from '@podlift/core/telemetry';
import { createTenancy, migrations as tenancy } from '@podlift/core/tenancy';
import { createTestDatabase, type TestDatabase } from '../postgres.ts';
import type { TestServer } from '../server.ts';
import type { TestClock } from './clock.ts';

/** What the rooms of a test stand on. */
export interface TestGround {
  readonly server: TestServer;
  /** The database of another host, for tests with two nodes. */
  readonly database?: TestDatabase;
  readonly clock: TestClock;
  readonly log: Log;
  readonly enabledTenants: (plugin: string) => AsyncIterable<string>;
}

const MIGRATIONS = [...settings, ...tenancy, ...audit, ...events, ...jobs, ...files, ...http, ...plugins];

/** The real rooms of the host on a database of their own; only identity is left out, whose part the test plays. */
export async function createTestRooms({ server, database: given, clock, log, enabledTenants }: TestGround) {
  const database = given ?? (await createTestDatabase(server, { migrations: MIGRATIONS }));
  if (!given) await migrateJobQueues(database);
  const config = loadConfig(
    { PODLIFT_MASTER_KEY: server.masterKey },
    { mode: 'test', dataDir: join(tmpdir(), `podlift-host-${randomUUID()}`), publicUrl: 'http://podlift.test' },
  );
  const doors = { database, clock };
  const settingsRoom = createSettings(doors);
  const bus = createEventBus({ ...doors, log });
  return {
    config,
    log,
    clock,
    database,
    metrics: createMetrics({ process: false }),
    health: createHealth(),
    settings: settingsRoom,
    secrets: createSecrets({ ...doors, sealer: createSealer([config.masterKey]) }),
    audit: createAudit(database, clock),
    access: createAccess(),
    files: createFiles({ ...doors, root: join(config.dataDir, 'files'), quota: config.fileQuota }),
    events: bus,
    jobs: createJobs({ ...doors, bus, log, enabledTenants }),
    tenancy: createTenancy({
      ...doors,
      config,
      log,
      settings: settingsRoom,
      append: async (tx, list) => void (await appendEvents(tx, list, clock.now())),
    }),
  };
}

export type TestRooms = Awaited<ReturnType<typeof createTestRooms>>;
