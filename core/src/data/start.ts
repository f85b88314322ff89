import type { Client } from 'pg';
import { bootstrap, SETUP } from './bootstrap.ts';
import { connectClient, connectPatiently, databaseName, reasonOf, shownUrl, withUser } from './connection.ts';
import type { DatabaseOptions } from './database.ts';
import { startEmbedded, type EmbeddedServer } from './embedded/index.ts';
import { DataError } from './errors.ts';
import { masterKeyId } from '../config/index.ts';
import { isWrongPassword, type RoleKeys } from './passwords.ts';
import { excessError, findExcess } from './roles.ts';
import { join } from 'node:path';

/** Where the database is, and that it is ready for us. */
export interface Reached {
  readonly server?: EmbeddedServer;
  readonly url: string;
  readonly directUrl: string;
  readonly version: string;
}

const START_TIMEOUT_MS = 30_000;
const EMBEDDED_DATABASE = 'podlift';

/** Reaches the database and prepares it. A start that finds everything in place costs one connection and two queries. */
export async function connectToDatabase(options: DatabaseOptions, roleKeys: RoleKeys): Promise<Reached> {
  const server =
    options.url === undefined
      ? await startEmbedded({ dir: join(options.dataDir, 'postgres'), log: options.log })
      : undefined;
  try {
    const url = options.url ?? server?.url(EMBEDDED_DATABASE) ?? '';
    const directUrl = options.directUrl ?? url;
    const version = await prepare(options, roleKeys, directUrl, server);
    return { url, directUrl, version, ...(server ? { server } : {}) };
  } catch (error) {
    await server?.close();
    throw error;
  }
}

async function prepare(
  options: DatabaseOptions,
  roleKeys: RoleKeys,
  directUrl: string,
  server?: EmbeddedServer,
): Promise<string> {
  const owner = await connectAsOwner(options, roleKeys, directUrl, server);
  try {
    const excess = await findExcess(owner);
    if (excess.length > 0) {
      if (options.production) throw excessError(excess);
      options.log.warn(
        { excess },
        'Roles of the database have more rights than they should; production would not start',
      );
    }
    const { rows } = await owner.query<{ version: string }>(
      `select split_part(current_setting('server_version'), ' ', 1) as version`,
    );
    return rows[0]?.version ?? '';
  } finally {
    await owner.end();
  }
}

const OWNER = 'podlift_owner';

/** As owner at once when everything stands; else as administrator first, to make it. */
async function connectAsOwner(
  options: DatabaseOptions,
  roleKeys: RoleKeys,
  directUrl: string,
  server?: EmbeddedServer,
): Promise<Client> {
  const timeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
  const url = (): string => withUser(directUrl, OWNER, roleKeys.password(OWNER));
  let owner: Client | undefined;
  for (let left = roleKeys.count; left > 0 && !owner; left--)
    owner = await connectPatiently(url(), timeoutMs, options.log).catch((error: unknown) => {
      if (!needsSetUp(error)) throw error;
      if (isWrongPassword(error)) roleKeys.refused(OWNER, roleKeys.password(OWNER));
      return undefined;
    });
  // Passwords are exchanged one role after the other, the owner's first or last: the others are believed to go with it.
  roleKeys.follow(OWNER);
  if (owner && (await isSetUp(owner))) return owner;
  const isKnown = owner !== undefined;
  await owner?.end();
  if (server) await createDatabase(server);
  await setUp(options, roleKeys.key(OWNER), isKnown, directUrl, timeoutMs);
  return connectClient(url());
}

/** Wrong password or no such role, no such database: the state before the first set-up, or after a change of the master key. */
const needsSetUp = (error: unknown): boolean =>
  ['28P01', '28000', '3D000', '42501'].includes((error as { code?: string }).code ?? '');

/** A database copied from a template has our tables, but not its own rights. */
const IS_SET_UP = `select setup, has_database_privilege(current_database(), 'create') as may from core.installation`;

async function isSetUp(owner: Client): Promise<boolean> {
  try {
    const { rows } = await owner.query<{ setup: string; may: boolean }>(IS_SET_UP);
    return rows[0]?.setup === SETUP && rows[0].may;
  } catch (error) {
    if (['42P01', '3F000', '42501'].includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}

async function createDatabase(server: EmbeddedServer): Promise<void> {
  const admin = await connectClient(server.url('postgres'));
  try {
    await admin.query(`create database ${EMBEDDED_DATABASE}`);
  } catch (error) {
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await admin.end();
  }
}

async function setUp(
  { masterKey, oldMasterKeys = [], log }: DatabaseOptions,
  key: Uint8Array,
  isKnown: boolean,
  directUrl: string,
  timeoutMs: number,
): Promise<void> {
  const admin = await connectPatiently(directUrl, timeoutMs, log).catch((error: unknown) => {
    if (error instanceof DataError) throw error;
    throw setUpError(directUrl, error);
  });
  try {
    if (!isKnown) await assertOurs(admin, [masterKey, ...oldMasterKeys].map(masterKeyId));
    await bootstrap(admin, databaseName(directUrl), key);
  } catch (error) {
    throw error instanceof DataError ? error : setUpError(directUrl, error);
  } finally {
    await admin.end();
  }
}

/**
 * New passwords shut out every node that goes by the old ones: only a node that holds the key of this installation may set them.
 * @throws DataError when the database knows another key.
 */
async function assertOurs(admin: Client, known: readonly string[]): Promise<void> {
  let active: string | undefined;
  try {
    await admin.query('begin; set local role podlift_owner');
    active = (await admin.query<{ active: string }>('select active from core.keyring')).rows[0]?.active;
  } catch (error) {
    // No role, no schema, no table, no right to look: the state before the first set-up.
    if (!NOT_YET.has((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await admin.query('rollback');
  }
  if (active !== undefined && !known.includes(active)) throw DataError.masterKeyUnknown(active, known);
}

const NOT_YET = new Set(['22023', '42704', '3F000', '42P01', '42501']);

/** Says what the user of `DATABASE_URL` has to be able to do. */
const setUpError = (url: string, cause: unknown): DataError =>
  new DataError(
    'database_setup',
    `Podlift could not set up the database ${shownUrl(url)}: ${reasonOf(cause)}. For the first start the user of DATABASE_URL (or DATABASE_DIRECT_URL) must exist, own the database and be allowed to make roles (alter role … createrole).`,
    { cause },
  );
