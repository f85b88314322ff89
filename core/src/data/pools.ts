import pg from 'pg';
import type { Log } from '../telemetry/index.ts';
import { isWrongPassword, type RoleKeys } from './passwords.ts';
import { withUser } from './connection.ts';
import { POOL_NAMES, roleOf, type PoolName } from './roles.ts';

/** Numbers that PostgreSQL gives its types. */
const INT8 = 20;
const DATE = 1082;
const INT8_ARRAY = 1016;

/** `bigint` as a number while it is exact, else as a BigInt: micros and counts are safe up to nine thousand million million. */
export function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** The driver's own parsers; its type knows fewer numbers than there are types. */
const defaultParser = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => (text: string) => unknown;

/** Dates stay text: a day is not an instant. The rest is the driver's. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary') {
      if (oid === INT8) return parseInt8;
      if (oid === DATE) return String;
      if (oid === INT8_ARRAY)
        return (text: string) =>
          text === '{}'
            ? []
            : text
                .slice(1, -1)
                .split(',')
                .map((one) => (one === 'NULL' ? null : parseInt8(one)));
    }
    return defaultParser(oid, format);
  },
};

/** A network that swallows packets tells nobody: a silent connection is asked after so long whether its other end lives. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;
/** An answer that is not here by then will not come: the server ends statements and idle transactions long before. */
const SILENT_MS = 75_000;

/** Most connections per pool; better-auth and BullMQ get the driver's own types, which they expect. */
const POOLS: Readonly<Record<PoolName, { readonly max: number; readonly direct: boolean; readonly plain: boolean }>> = {
  owner: { max: 3, direct: true, plain: false },
  runtime: { max: 20, direct: false, plain: false },
  auth: { max: 5, direct: false, plain: true },
  ingest: { max: 4, direct: false, plain: false },
  jobs: { max: 20, direct: true, plain: true },
  system: { max: 5, direct: false, plain: false },
};

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** A pool whose role may get the password of another key at any moment: a connection that is refused is tried with the others. */
class KeyedPool extends pg.Pool {
  readonly #keys: number;
  readonly #other: (refused: string) => string;

  constructor(config: pg.PoolConfig, keys: number, other: (refused: string) => string) {
    super(config);
    this.#keys = keys;
    this.#other = other;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.PoolClient> | void {
    if (!callback)
      return new Promise((resolve, reject) =>
        this.connect((error, client) => (client ? resolve(client) : reject(error))),
      );
    const attempt = (left: number): void => {
      const { connectionString = '' } = this.options;
      super.connect((error, client, done) => {
        if (!error || left === 0 || !isWrongPassword(error)) return callback(error, client, done);
        this.options.connectionString = this.#other(connectionString);
        attempt(left - 1);
      });
    };
    attempt(this.#keys - 1);
  }
}

function passwordOf(connectionString: string): string {
  const { password, searchParams } = new URL(connectionString);
  return decodeURIComponent(password) || (searchParams.get('password') ?? '');
}

/** The pools of one database. */
export interface Pools {
  get(name: PoolName): pg.Pool;
  url(name: PoolName, direct?: boolean): string;
  close(): Promise<void>;
}

/** Pools by role, each opened at its first use. Connections that die are dropped and replaced. */
export function createPools(options: {
  url: string;
  directUrl: string;
  roleKeys: RoleKeys;
  log: Log;
  poolSize?: number;
  silentMs?: number;
}): Pools {
  const pools = new Map<PoolName, pg.Pool>();
  const url = (name: PoolName, direct = false): string =>
    withUser(direct ? options.directUrl : options.url, roleOf(name), options.roleKeys.password(roleOf(name)));
  const open = (name: PoolName): pg.Pool => {
    const { max, direct, plain } = POOLS[name];
    const role = roleOf(name);
    const config: pg.PoolConfig & { pipeline: boolean } = {
      connectionString: url(name, direct),
      max: name === 'runtime' ? (options.poolSize ?? max) : max,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      ...KEEP_ALIVE,
      application_name: 'podlift',
      // Statements are sent as they come; answers follow in order.
      pipeline: !plain,
      // In a pipeline a late answer ends the connection; the driver does not do so elsewhere. Migrations may take long.
      ...(!plain && name !== 'owner' && { query_timeout: options.silentMs ?? SILENT_MS }),
      allowExitOnIdle: true,
      ...(plain ? {} : { types: TYPES }),
    };
    // One key is the rule, and costs nothing.
    const pool =
      options.roleKeys.count === 1
        ? new pg.Pool(config)
        : new KeyedPool(config, options.roleKeys.count, (refused) => {
            options.roleKeys.refused(role, passwordOf(refused));
            return url(name, direct);
          });
    pool.on('error', (error) => options.log.debug({ err: error, pool: name }, 'An idle database connection ended'));
    // A connection that dies while a transaction thinks must fail that transaction, not the process.
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  };
  return {
    get(name) {
      let pool = pools.get(name);
      if (!pool) pools.set(name, (pool = open(name)));
      return pool;
    },
    url,
    async close() {
      const open = POOL_NAMES.flatMap((name) => pools.get(name) ?? []);
      pools.clear();
      await Promise.all(open.map((pool) => pool.end()));
    },
  };
}
