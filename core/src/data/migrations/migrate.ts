import { createHash } from 'node:crypto';
import type { Database } from '../database.ts';
import { DataError } from '../errors.ts';
import { ident } from '../names.ts';
import { BEGIN_MIGRATING } from '../policy.ts';
import { ensurePartitionsOf } from '../partitions.ts';
import type { Queryable } from '../transaction.ts';
import { declaredBy, type DeclaredTable } from './declared.ts';
import { grantReads } from './reads.ts';
import { inspectSchema } from './inspect.ts';
import { operationsOf, type AnyMigration } from './operations.ts';
import { ensureRole, renderOperation } from './render.ts';

/** Somebody with a schema of their own: core, better-auth, a plugin. */
export interface MigrationOwner {
  /** `core`, `auth`, or the plugin's id. */
  readonly owner: string;
  readonly schema: string;
  /** The plugin's role, made when missing; left out for core and auth. */
  readonly role?: string;
  readonly migrations: readonly AnyMigration[];
  /** Tables as the manifest declares them, on top of what the migrations say. */
  readonly tables?: readonly DeclaredTable[];
  /** Published views of others that the role may read: `p_podlift_tracking.touchpoints_v1`. */
  readonly reads?: readonly string[];
  /** `closed`: not under row-level security, because only one role ever enters (better-auth's). */
  readonly access?: 'tenants' | 'closed';
}

/** What came of one owner. */
export interface MigrationResult {
  readonly owner: string;
  readonly applied: readonly string[];
  readonly error?: DataError;
}

interface LedgerRow {
  readonly owner: string;
  readonly name: string;
  readonly checksum: string;
}

const LOCK = 0x706f_646d;
const READ_LEDGER = 'select owner, name, checksum from core.migration';
const WRITE_LEDGER = `insert into core.migration (owner, name, checksum) select $1, n.name, n.checksum from unnest($2::text[], $3::text[]) as n(name, checksum)
  on conflict (owner, name) do update set checksum = excluded.checksum`;

/**
 * Brings every owner's schema up to date, in the given order. One query decides whose migrations run. Each owner's run in one transaction:
 * what fails is rolled back as a whole and reported, and the next owner goes on.
 */
export async function migrate(database: Database, owners: readonly MigrationOwner[]): Promise<MigrationResult[]> {
  const ledger = await database.owner((tx) => tx.query<LedgerRow>(READ_LEDGER));
  const results: MigrationResult[] = [];
  const changed = new Set<string>();
  for (const owner of owners) {
    const rows = ledger.filter((row) => row.owner === owner.owner);
    const readsDue = (owner.reads ?? []).some(
      (view) => changed.has(view.split('.')[0] ?? '') || !rows.some((row) => row.name === readsName(view)),
    );
    try {
      const applied = isDue(owner, rows) || readsDue ? await migrateOwner(database, owner) : [];
      if (applied.length > 0) changed.add(owner.schema);
      results.push({ owner: owner.owner, applied });
    } catch (error) {
      results.push({ owner: owner.owner, applied: [], error: asDataError(owner.owner, error) });
    }
  }
  return results;
}

/** Runs the migrations of one owner that the ledger does not hold, in one transaction. Returns their names. */
export async function migrateOwner(database: Database, owner: MigrationOwner): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.owner((tx) => applyPending(tx, owner));
    } catch (error) {
      // Two databases of one server that make or grant the same role at the same time.
      if (attempt === 5 || !/tuple concurrently updated/.test((error as Error).message))
        throw asDataError(owner.owner, error);
    }
  }
}

async function applyPending(tx: Queryable, owner: MigrationOwner): Promise<string[]> {
  await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
  const rows = await tx.query<LedgerRow>(`${READ_LEDGER} where owner = $1`, [owner.owner]);
  const pending = pendingOf(owner, rows);
  const due = pending.length > 0;
  if (due) {
    await tx.query(BEGIN_MIGRATING);
    await enterSchema(tx, owner);
    for (const migration of pending) await applyOne(tx, owner, migration);
    await tx.query('set local search_path to core');
    await ensurePartitionsOf(tx, owner.schema);
    await inspectSchema(tx, {
      schema: owner.schema,
      access: owner.access ?? 'tenants',
      role: owner.role ?? 'podlift_runtime',
      declared: declaredBy(owner.migrations, owner.tables),
    });
  }
  const reads = owner.role === undefined ? [] : await grantReads(tx, owner.role, owner.reads ?? []);
  const names = [...pending.map(({ name }) => name), ...reads.map(readsName)];
  await tx.execute(WRITE_LEDGER, [owner.owner, names, [...pending.map(checksumOf), ...reads.map(() => '')]]);
  return pending.map(({ name }) => name);
}

/** The schema, its role, and who may enter. */
async function enterSchema(tx: Queryable, { schema, role }: MigrationOwner): Promise<void> {
  const name = ident(schema);
  await tx.query(`create schema if not exists ${name}`);
  if (role !== undefined) {
    await tx.query(ensureRole(role));
    await tx.query(`grant ${ident(role)} to podlift_runtime with inherit false, set true`);
    await tx.query(`grant usage on schema ${name} to ${ident(role)}, podlift_system`);
  }
}

async function applyOne(tx: Queryable, owner: MigrationOwner, migration: AnyMigration): Promise<void> {
  const scope = { schema: owner.schema, role: owner.role ?? 'podlift_runtime' };
  for (const operation of operationsOf(migration)) {
    for (const sql of renderOperation(operation, scope)) {
      try {
        await tx.query(`set local search_path to ${ident(owner.schema)}`);
        await tx.query(sql);
      } catch (cause) {
        throw new DataError(
          'migration_failed',
          `Migration ${migration.name} of ${owner.owner} failed and was rolled back: ${(cause as Error).message}`,
          { cause },
        );
      }
    }
  }
}

const readsName = (view: string): string => `reads:${view}`;
const checksums = new WeakMap<AnyMigration, string>();

/** Of what a migration does, not of how its source is written. */
function checksumOf(migration: AnyMigration): string {
  let checksum = checksums.get(migration);
  if (checksum === undefined) {
    checksum = createHash('sha256')
      .update(JSON.stringify(operationsOf(migration)))
      .digest('hex')
      .slice(0, 32);
    checksums.set(migration, checksum);
  }
  return checksum;
}

const isDue = (owner: MigrationOwner, rows: readonly LedgerRow[]): boolean => pendingOf(owner, rows).length > 0;

/** Migrations the ledger does not hold. One that it holds and that reads differently now is an error. */
function pendingOf({ owner, migrations }: MigrationOwner, rows: readonly LedgerRow[]): AnyMigration[] {
  const ledger = new Map(rows.map((row) => [row.name, row.checksum]));
  return migrations.filter((migration) => {
    const applied = ledger.get(migration.name);
    if (applied !== undefined && applied !== checksumOf(migration)) {
      throw new DataError(
        'migration_changed',
        `Migration ${migration.name} of ${owner} was changed after it had run here. Put it back as it was, and make the change in a new migration.`,
      );
    }
    return applied === undefined;
  });
}

function asDataError(owner: string, error: unknown): DataError {
  if (error instanceof DataError) return error;
  return new DataError(
    'migration_failed',
    `The migrations of ${owner} failed and were rolled back: ${(error as Error).message}`,
    { cause: error },
  );
}
