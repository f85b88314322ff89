import { systemClock, type Config } from '../config/index.ts';
import { openDatabase, type Database } from '../data/index.ts';
import { createHealth, createLog, createMetrics, type Health, type Log } from '../telemetry/index.ts';
import { migrateCore } from './migrate.ts';
import { completeSwitch } from '../recovery/index.ts';
import { openKeyring } from '../settings/index.ts';
import { createRoot, type Root } from './rooms.ts';

/** The rooms, with everything below them in place. */
export interface Booted {
  readonly root: Root;
  /** Migrations of the host that this start applied. */
  readonly applied: readonly string[];
  /** Whether this is the first start of an embedded database. */
  readonly isNew: boolean;
  close(): Promise<void>;
}

export interface BootOptions {
  readonly log?: Log;
  /** Said once each step begins, for people who wait. */
  readonly step?: (what: string) => void;
}

/** Reaches the database, brings its schemas up to date and wires the rooms. What fails closes what was opened. */
export async function boot(
  config: Config,
  { log = createLog(config), step = () => undefined }: BootOptions = {},
): Promise<Booted> {
  // A restore that was interrupted while folders changed places is completed before anything looks for them.
  await completeSwitch(config.dataDir);
  step(config.databaseUrl ? 'reaching the database' : 'starting the embedded database');
  const database = await openDatabase({
    dataDir: config.dataDir,
    masterKey: config.masterKey,
    oldMasterKeys: config.oldMasterKeys,
    log,
    production: config.mode === 'production',
    ...(config.databaseUrl && { url: config.databaseUrl }),
    ...(config.databaseDirectUrl && { directUrl: config.databaseDirectUrl }),
  });
  try {
    step('bringing the schemas up to date');
    const applied = await migrateCore(database);
    const health = createHealth();
    addDatabaseCheck(health, database);
    const clock = systemClock;
    const keyring = await openKeyring({
      database,
      clock,
      log,
      masterKeys: [config.masterKey, ...config.oldMasterKeys],
      hasSessions: () => hasSessions(database),
    });
    const root = createRoot({ config, clock, log, metrics: createMetrics(), health, database, keyring });
    health.add('files', () => root.cradle.files.check(), { required: false, timeoutMs: 5000 });
    return {
      root,
      applied,
      isNew: database.embedded && applied.some((name) => name.startsWith('core: data/0001')),
      close: () => closeRooms(root),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function addDatabaseCheck(health: Health, database: { ping(): Promise<number> }): void {
  health.add('database', async () => {
    const ms = await database.ping();
    return { ok: true, note: `${ms.toFixed(1)} ms` };
  });
}

/** In the order of who uses whom; awilix would go in the order of making. */
async function closeRooms(root: Root): Promise<void> {
  const { net, redis, files, database } = root.cradle;
  await files.close();
  await net.close();
  await redis?.quit().catch(() => undefined);
  await database.close();
}

async function hasSessions(database: Pick<Database, 'pool'>): Promise<boolean> {
  const { rowCount } = await database.pool('auth').query('select from auth.session limit 1');
  return rowCount === 1;
}
