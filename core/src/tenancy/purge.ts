import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import type { TenantDirectory } from './directory.ts';
import { TenantError } from './errors.ts';
import { TENANT_COLUMNS, type Tenant } from './tenant.ts';

/** Deletes what a room keeps of a tenant outside of tables with a `tenant_id`: files, memberships, jobs. Runs again after a crash. */
export type PurgeHook = (tenant: Tenant) => Promise<void>;

export interface Purged {
  readonly tenant: Tenant;
  /** Rows that were deleted, by table; tables that had none are left out. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface Purge {
  /** Hooks run in the order in which they were registered, before the tables. */
  onPurge(name: string, hook: PurgeHook): void;
  /** Deletes a tenant for ever. Without `now` only when its grace period has passed. */
  purge(id: string, options?: { readonly now?: boolean }): Promise<Purged>;
  /** Purges every tenant whose grace period has passed, and goes on with what a crash interrupted. */
  purgeDue(): Promise<Purged[]>;
}

const CLOSE = `update core.tenants set status = 'purging', version = version + 1, updated_at = $2
  where id = $1 and (status = 'purging' or $3 or (status = 'deleted' and purge_after <= $2)) returning ${TENANT_COLUMNS}`;
const GET = `select ${TENANT_COLUMNS} from core.tenants where id = $1`;
const DUE = `select id from core.tenants where status = 'purging' or (status = 'deleted' and purge_after <= $1) order by id`;
const FORGET = 'delete from core.tenants where id = $1';

const PASSES = 5;

/** Every table that has a `tenant_id`, whichever plugin's it is; partitions go with their parent. */
const TABLES = `select c.oid::text as id, format('%I.%I', n.nspname, c.relname) as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype and not a.attisdropped
  where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  order by 2`;
const REFERENCES = `select conrelid::text as child, confrelid::text as parent from pg_constraint where contype = 'f' and conparentid = 0`;

export interface PurgeDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly directory: TenantDirectory;
  /** Told of each tenant that a sweep could not purge. */
  readonly failed: (id: string, error: unknown) => void;
}

export function createPurge({ database, clock, directory, failed }: PurgeDeps): Purge {
  const hooks = new Map<string, PurgeHook>();

  const deleteRows = async (id: string, rows: Record<string, number>): Promise<number> => {
    let total = 0;
    for (const table of await database.owner(tablesInOrder)) {
      const deleted = await database.owner(async (tx) => {
        await tx.query('select core.use_tenant($1)', [id]);
        return tx.execute(`delete from ${table} where tenant_id = $1`, [id]);
      });
      if (deleted > 0) rows[table] = (rows[table] ?? 0) + deleted;
      total += deleted;
    }
    return total;
  };

  const purge: Purge['purge'] = async (id, { now = false } = {}) => {
    const [tenant] = await database.query<Tenant>(CLOSE, [id, new Date(clock.now()), now]);
    directory.forget();
    if (!tenant) throw await whyNot(id);
    await whenSettled(database);
    for (const hook of hooks.values()) await hook(tenant);
    const rows: Record<string, number> = {};
    // What was under way when the tenant was closed may still write: go over the tables until nothing is found.
    for (let pass = 1, found = 1; found > 0 && pass <= PASSES; pass++) found = await deleteRows(id, rows);
    await database.owner((tx) => tx.execute(FORGET, [id]));
    directory.forget();
    return { tenant, rows };
  };

  const whyNot = async (id: string): Promise<Error> => {
    const [tenant] = await database.query<Tenant>(GET, [id]);
    if (!tenant) return TenantError.unknown(id);
    return tenant.purgeAfter
      ? TenantError.notDue(tenant.slug, tenant.purgeAfter)
      : TenantError.wrongStatus(tenant.slug, tenant.status, 'deleted');
  };

  return {
    onPurge: (name, hook) => void hooks.set(name, hook),
    purge,
    async purgeDue() {
      const due = await database.query<{ id: string }>(DUE, [new Date(clock.now())]);
      const done: Purged[] = [];
      // One that fails keeps nobody else; the next sweep tries it again.
      for (const { id } of due)
        try {
          done.push(await purge(id));
        } catch (error) {
          if (!isGone(error)) failed(id, error);
        }
      return done;
    },
  };
}

/** Transactions of this database that hold a table now; a vacuum writes nothing of a tenant. */
const UNDER_WAY = `select distinct virtualtransaction as id from pg_locks
  where locktype = 'relation' and granted and pid <> pg_backend_pid() and mode <> 'ShareUpdateExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())`;
/** A transaction that stays open for longer keeps nobody from leaving; what it writes is found by the passes, or by the next purge. */
const SETTLE_MS = 20_000;
const LOOK_MS = 50;

/** Waits for whatever was at work when the tenant was closed: a job, a delivery, a flight of ingest. */
async function whenSettled(database: Pick<Database, 'query'>): Promise<void> {
  const look = async (): Promise<Set<string>> =>
    new Set((await database.query<{ id: string }>(UNDER_WAY)).map(({ id }) => id));
  const until = performance.now() + SETTLE_MS;
  let left = await look();
  while (left.size > 0 && performance.now() < until) {
    await sleep(LOOK_MS);
    const now = await look();
    left = new Set([...left].filter((id) => now.has(id)));
  }
}

/** Another process was faster. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'tenants.unknown';

/** Tables such that whoever references another one comes before it. */
async function tablesInOrder(tx: Queryable): Promise<string[]> {
  const tables = await tx.query<{ id: string; name: string }>(TABLES);
  const references = await tx.query<{ child: string; parent: string }>(REFERENCES);
  const left = new Map(tables.map(({ id, name }) => [id, name]));
  const ordered: string[] = [];
  while (left.size > 0) {
    const held = new Set(
      references.filter(({ child, parent }) => child !== parent && left.has(child)).map(({ parent }) => parent),
    );
    const free = [...left].filter(([id]) => !held.has(id));
    if (free.length === 0) throw TenantError.tablesInACircle([...left.values()]);
    for (const [id, name] of free) {
      ordered.push(name);
      left.delete(id);
    }
  }
  return ordered;
}
