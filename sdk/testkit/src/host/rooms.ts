import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccess, type Access } from '@podlift/core/access';
import { createAudit, migrations as audit, type Audit } from '@podlift/core/audit';
import { loadConfig, type Config } from '@podlift/core/config';
import { appendEvents, createEventBus, migrations as events, type EventBus } from '@podlift/core/events';
import { createFiles, createStore, migrations as files, type Files } from '@podlift/core/files';
import { createIdempotencyStore, migrations as http, type IdempotencyStore } from '@podlift/core/http';
import { createJobs, migrateJobQueues, migrations as jobs, type Jobs } from '@podlift/core/jobs';
import { createLimits } from '@podlift/core/limits';
import { createNotify, migrations as notify, type Channels, type Notify, type People } from '@podlift/core/notify';
import { migrations as plugins } from '@podlift/core/plugins';
import { migrations as search } from '@podlift/core/search';
import { migrations as sharing } from '@podlift/core/sharing';
import {
  createFlags,
  createSealer,
  createSecrets,
  createSettings,
  createUsage,
  migrations as settings,
  type Flags,
  type Secrets,
  type Settings,
  type Usage,
} from '@podlift/core/settings';
import { createHealth, createMetrics, type Health, type Log, type Metrics } from '@podlift/core/telemetry';
import { createTenancy, migrations as tenancy, type Tenancy } from '@podlift/core/tenancy';
import { createTestDatabase, type TestDatabase } from '../postgres.ts';
import type { TestServer } from '../server.ts';
import type { TestClock } from './clock.ts';

/** What the rooms of a test stand on. */
export interface TestGround {
  /** Where to make a database, or the rooms of another host to share theirs with: a second node. */
  readonly place: { readonly server: TestServer } | { readonly besides: TestRooms };
  readonly clock: TestClock;
  readonly log: Log;
  readonly enabledTenants: (plugin: string) => AsyncIterable<string>;
  readonly people: People;
  readonly channels: Channels;
}

const MIGRATIONS = [
  ...settings,
  ...tenancy,
  ...audit,
  ...events,
  ...jobs,
  ...files,
  ...http,
  ...notify,
  ...plugins,
  ...search,
  ...sharing,
];

/** The real rooms of the host on a database of their own; only identity is left out, whose part the test plays. */
export async function createTestRooms({
  place,
  clock,
  log,
  enabledTenants,
  people,
  channels,
}: TestGround): Promise<TestRooms> {
  const { config, database } = 'besides' in place ? place.besides : await prepare(place.server);
  const doors = { database, clock };
  const settingsRoom = createSettings(doors);
  const bus = createEventBus({ ...doors, log });
  const rooms = {
    idempotency: createIdempotencyStore(database, clock),
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
    files: createFiles({
      ...doors,
      store: createStore({ kind: 'disk' }, join(config.dataDir, 'files')),
      masterKeys: [config.masterKey],
      publicUrl: config.publicUrl,
      quota: config.fileQuota,
    }),
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
  const flags = createFlags({
    ...doors,
    // What a test says of a flag holds at once, on every node.
    mostMs: 0,
    attributesOf: async (id) => {
      const { slug, plan } = await rooms.tenancy.get(id);
      return { 'tenant.slug': slug, 'tenant.plan': plan };
    },
  });
  return {
    ...rooms,
    flags,
    usage: createUsage(doors),
    notify: createNotify({ ...rooms, limits: createLimits({}), people, channels }),
  };
}

async function prepare(server: TestServer): Promise<{ config: Config; database: TestDatabase }> {
  const database = await createTestDatabase(server, { migrations: MIGRATIONS });
  await migrateJobQueues(database);
  const config = loadConfig(
    { PODLIFT_MASTER_KEY: server.masterKey },
    {
      mode: 'test',
      dataDir: join(tmpdir(), `podlift-host-${randomUUID()}`),
      publicUrl: 'http://podlift.test',
      ratePerMinute: 0,
    },
  );
  return { config, database };
}

/** The rooms of a test host. */
export interface TestRooms {
  readonly config: Config;
  readonly log: Log;
  readonly clock: TestClock;
  readonly database: TestDatabase;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly flags: Flags;
  readonly usage: Usage;
  readonly audit: Audit;
  readonly access: Access;
  readonly files: Files;
  readonly events: EventBus;
  readonly jobs: Jobs;
  readonly tenancy: Tenancy;
  readonly notify: Notify;
  /** What `Idempotency-Key` is remembered in. */
  readonly idempotency: IdempotencyStore;
}
