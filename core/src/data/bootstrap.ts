import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { literal } from './names.ts';
import { TENANT_SETTING } from './policy.ts';
import { setUpRoles, setUpStatements } from './roles.ts';

/** The floor below all migrations: the ledger, the tenant switch, the record of this installation. Idempotent. */
const FLOOR = `
  grant usage on schema core to podlift_runtime, podlift_auth, podlift_ingest, podlift_jobs, podlift_system;
  grant usage on schema auth to podlift_auth;
  alter default privileges in schema auth grant select, insert, update, delete on tables to podlift_auth;
  alter default privileges in schema auth grant usage on sequences to podlift_auth;

  create table if not exists core.installation (
    one boolean primary key default true check (one),
    setup text not null,
    made_at timestamptz not null default now()
  );
  grant select on core.installation to podlift_runtime, podlift_system;

  create table if not exists core.migration (
    owner text not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (owner, name)
  );
  grant select on core.migration to podlift_runtime, podlift_system;

  create table if not exists core.partitioned_table (
    schema_name text not null,
    table_name text not null,
    retention_days integer,
    primary key (schema_name, table_name)
  );

  -- The only place that sets a transaction's tenant. On Citus its body becomes SET LOCAL.
  create or replace function core.use_tenant(tenant uuid) returns text language sql volatile
    return set_config('${TENANT_SETTING}', tenant::text, true);
  grant execute on function core.use_tenant(uuid) to podlift_runtime, podlift_system, podlift_owner;`;

/** Changes when what is made here changes, so that a start knows in one query that nothing is to do. */
export const SETUP = createHash('sha256')
  .update(FLOOR)
  .update(setUpStatements(new Set(), '', () => '').join())
  .digest('hex')
  .slice(0, 16);

/** Roles and schemas as administrator, then the floor as owner, in one transaction under a lock. */
export async function bootstrap(admin: ClientBase, database: string, masterKey: Uint8Array): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await admin.query(`begin; select pg_advisory_xact_lock(${BOOTSTRAP_LOCK})`);
      await setUpRoles(admin, database, masterKey);
      await admin.query(`set local role podlift_owner; ${FLOOR};
        insert into core.installation (setup) values (${literal(SETUP)}) on conflict (one) do update set setup = excluded.setup`);
      await admin.query('commit');
      return;
    } catch (error) {
      await admin.query('rollback').catch(() => undefined);
      // Roles are shared by all databases of a server: another database's set-up may touch them at the same time.
      if (attempt === 10 || !/concurrently updated|already exists|duplicate key/.test((error as Error).message))
        throw error;
      await sleep(20 * attempt);
    }
  }
}

const BOOTSTRAP_LOCK = 0x706f_646c;
