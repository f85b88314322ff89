import {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  type TestServer,
} from '@podlift/testkit/postgres';
import { createAccess, type Access } from '../../access/index.ts';
import type { Audit } from '../../audit/index.ts';
import { createLimits } from '../../limits/index.ts';
import {
  createQuotas,
  createSettings,
  migrations as settingsMigrations,
  type Quotas,
  type Settings,
} from '../../settings/index.ts';
import { appendEvents, migrations as eventMigrations } from '../../events/index.ts';
import { createTenancy, migrations as tenancyMigrations, type Tenancy, type TenantEvent } from '../../tenancy/index.ts';
import { keyringOf } from './keyring.ts';
import {
  authMigrations,
  createIdentity,
  migrations as identityMigrations,
  type Identity,
  type Post,
} from '../index.ts';

/** The rooms of this floor on a real database, wired as the composition root does. */
export interface Rooms {
  readonly database: TestDatabase;
  readonly access: Access;
  readonly settings: Settings;
  readonly quotas: Quotas;
  readonly tenancy: Tenancy;
  readonly identity: Identity;
  /** Events that were appended, in order. */
  readonly events: TenantEvent[];
  /** Errors that were logged. */
  readonly logged: object[];
  /** Goes on by so many milliseconds. */
  pass(ms: number): void;
  close(): Promise<void>;
}

export interface RoomsOptions extends Pick<TestDatabaseOptions, 'migrations' | 'owners'> {
  readonly publicUrl?: string;
  readonly baseDomain?: string;
  readonly signUp?: boolean;
  readonly mode?: 'production' | 'test';
  /** Takes the letters. */
  readonly post?: Post;
  readonly txt?: Readonly<Record<string, string>>;
  readonly audit?: (database: TestDatabase) => Pick<Audit, 'record'>;
}

export async function openRooms(server: TestServer, options: RoomsOptions = {}): Promise<Rooms> {
  const database = await createTestDatabase(server, {
    migrations: [
      ...eventMigrations,
      ...settingsMigrations,
      ...tenancyMigrations,
      ...identityMigrations,
      ...(options.migrations ?? []),
    ],
    owners: [
      { owner: 'auth', schema: 'auth', migrations: authMigrations, access: 'closed' },
      ...(options.owners ?? []),
    ],
  });
  const config = {
    publicUrl: options.publicUrl ?? 'http://podlift.test',
    baseDomain: options.baseDomain,
    masterKey: database.options.masterKey,
    mode: options.mode ?? 'test',
    signUp: options.signUp ?? false,
  } as const;
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const events: TenantEvent[] = [];
  const logged: object[] = [];
  const note = (fields: object): void => void logged.push(fields);
  const log = { error: note, warn: note, info: () => undefined };
  const settings = createSettings({ database, clock });
  const access = createAccess();
  const tenancy = createTenancy({
    config,
    database,
    clock,
    settings,
    log,
    append: async (tx, appended) => {
      events.push(...appended);
      return appendEvents(tx, appended);
    },
    lookUpTxt: async (name) => {
      const found = options.txt?.[name];
      return found ? [[found]] : [];
    },
  });
  const quotas = createQuotas({ database, clock, limitsOf: (tenant) => tenancy.limitsOf(tenant) });
  const identity = createIdentity({
    config,
    database,
    clock,
    limits: createLimits({}),
    tenancy,
    access,
    quotas,
    log,
    keyring: keyringOf(config.masterKey),
    ...(options.post && { post: options.post }),
    ...(options.audit && { audit: options.audit(database) }),
  });
  return {
    database,
    access,
    settings,
    quotas,
    tenancy,
    identity,
    events,
    logged,
    pass: (ms) => void (ahead += ms),
    close: () => database.close(),
  };
}

/** A password that is good enough, and no secret. */
export const PASSWORD = 'seven green bicycles';
