import type { ClientBase } from 'pg';
import { DataError } from './errors.ts';
import { ident, literal } from './names.ts';
import { rolePassword, scramVerifier } from './passwords.ts';

/** Login roles of the host, one pool each, opened at first use. */
export type PoolName = 'owner' | 'runtime' | 'auth' | 'ingest' | 'jobs' | 'system';

/** The role behind a pool. */
export const roleOf = (name: PoolName): string => `podlift_${name}`;

/** What each login role is made with, beyond LOGIN. Settings stand here and not in sessions, because a transaction pooler keeps no session. */
const LOGIN_ROLES: Readonly<
  Record<PoolName, { readonly attributes?: string; readonly settings: Readonly<Record<string, string>> }>
> = {
  owner: { attributes: 'createrole', settings: { search_path: 'core' } },
  runtime: {
    settings: {
      search_path: 'core',
      jit: 'off',
      statement_timeout: '30s',
      lock_timeout: '10s',
      idle_in_transaction_session_timeout: '60s',
    },
  },
  auth: { settings: { search_path: 'auth', statement_timeout: '30s', idle_in_transaction_session_timeout: '60s' } },
  ingest: { settings: { search_path: 'core', jit: 'off', statement_timeout: '30s', lock_timeout: '10s' } },
  // Jobs come from the durable outbox, so losing the last milliseconds of the queue's own book-keeping loses no job.
  jobs: { settings: { search_path: 'jobs', synchronous_commit: 'off' } },
  system: { settings: { search_path: 'core', idle_in_transaction_session_timeout: '60s' } },
};

export const POOL_NAMES = Object.keys(LOGIN_ROLES) as PoolName[];

/** Everything that needs the rights of an administrator, once per database. Idempotent; run it in a transaction. */
export async function setUpRoles(admin: ClientBase, database: string, masterKey: Uint8Array): Promise<void> {
  const { rows } = await admin.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname like 'podlift\\_%'`,
  );
  const existing = new Set(rows.map(({ rolname }) => rolname));
  await admin.query(
    setUpStatements(existing, database, (role) => scramVerifier(rolePassword(masterKey, role))).join(';\n'),
  );
}

/** What statements cost, for operators. A server without the extension, or an administrator who may not install it, has none. */
const STATISTICS = `do $$ begin
  if exists (select from pg_available_extensions where name = 'pg_stat_statements') then
    create schema if not exists monitor;
    create extension if not exists pg_stat_statements with schema monitor;
    revoke all on all tables in schema monitor from public;
    revoke all on all functions in schema monitor from public;
    grant usage on schema monitor to podlift_system;
    grant select on all tables in schema monitor to podlift_system;
    grant execute on all functions in schema monitor to podlift_system;
    grant pg_read_all_stats to podlift_system with inherit true;
  end if;
exception when insufficient_privilege or undefined_file or feature_not_supported then
  raise notice 'statements are not measured: %', sqlerrm;
end $$`;

/** The statements of the set-up, so that a change of them can be noticed. */
export function setUpStatements(
  existing: ReadonlySet<string>,
  database: string,
  verifierOf: (role: string) => string,
): string[] {
  const db = `"${database.replaceAll('"', '""')}"`;
  const all = POOL_NAMES.map((name) => ident(roleOf(name))).join(', ');
  return [
    ...POOL_NAMES.flatMap((name) => {
      const role = ident(roleOf(name));
      const { attributes = '', settings } = LOGIN_ROLES[name];
      const password = literal(verifierOf(roleOf(name)));
      return [
        existing.has(roleOf(name))
          ? `alter role ${role} login password ${password}`
          : `create role ${role} login noinherit ${attributes} password ${password}`,
        ...Object.entries(settings).map(([key, value]) => `alter role ${role} set ${ident(key)} = ${literal(value)}`),
      ];
    }),
    // Whoever makes a role may administer it, but acts as it only when told so (PostgreSQL 16 and later).
    `grant podlift_owner, podlift_jobs to current_user with set true`,
    `revoke all on database ${db} from public`,
    `revoke all on schema public from public`,
    `grant connect on database ${db} to ${all}`,
    `grant create on database ${db} to podlift_owner, podlift_jobs`,
    // BullMQ adds many jobs at once through a temporary table.
    `grant temporary on database ${db} to podlift_jobs`,
    `create schema if not exists core authorization podlift_owner`,
    `create schema if not exists auth authorization podlift_owner`,
    `create schema if not exists jobs authorization podlift_jobs`,
    STATISTICS,
  ];
}

interface RoleRow {
  readonly role: string;
  readonly wrong: string;
}

/** A superuser among them, or an owner, would make row-level security a decoration. */
const EXCESS = `
  with login as (select * from pg_roles where rolname in ('podlift_runtime', 'podlift_auth', 'podlift_ingest', 'podlift_jobs', 'podlift_system')),
  plugin as (select * from pg_roles where rolname like 'p\\_%' and oid in (select roleid from pg_auth_members where member = 'podlift_runtime'::regrole)),
  every as (select * from login union all select * from plugin)
  select rolname as role, 'is a superuser' as wrong from every where rolsuper
  union all select rolname, 'may bypass row-level security' from every where rolbypassrls and rolname <> 'podlift_system'
  union all select rolname, 'may make roles' from every where rolcreaterole
  union all select rolname, 'may make databases' from every where rolcreatedb
  union all select rolname, 'may replicate' from every where rolreplication
  union all select rolname, 'may log in' from plugin where rolcanlogin
  union all select r.rolname, 'owns ' || n.nspname || '.' || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join every r on r.oid = c.relowner
    where n.nspname <> 'pg_toast' and not (r.rolname = 'podlift_jobs' and n.nspname = 'jobs')
  union all select r.rolname, 'owns schema ' || n.nspname
    from pg_namespace n join every r on r.oid = n.nspowner where n.nspname <> 'pg_toast' and not (r.rolname = 'podlift_jobs' and n.nspname = 'jobs')
  union all select r.rolname, 'is a member of ' || m.roleid::regrole
    from pg_auth_members m join login r on r.oid = m.member
    where not (r.rolname = 'podlift_runtime' and m.roleid::regrole::text like 'p\\_%' and not m.inherit_option)
      and not (r.rolname = 'podlift_system' and m.roleid::regrole::text = 'pg_read_all_stats')`;

/** Names every right that a role of the running host has and should not. */
export async function findExcess(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<RoleRow>(EXCESS);
  return rows.map(({ role, wrong }) => `${role} ${wrong}`);
}

export const excessError = (excess: readonly string[]): DataError =>
  new DataError(
    'database_roles',
    `Podlift does not start in production while a role of the database has more rights than it should: ${excess.join('; ')}. Take them away (alter role …, alter … owner to podlift_owner).`,
  );
