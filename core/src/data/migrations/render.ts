import type { MigrationOperation as RecordedOperation } from '@podlift/sdk';
import { ident, literal, qualified } from '../names.ts';
import { ingestPolicies, tenantPolicies } from '../policy.ts';
import type { ForeignKey, Index, IngestFunction, MigrationOperation, Table } from './operations.ts';

/** Whose schema is being changed. */
export interface RenderScope {
  readonly schema: string;
  /** Who works with the tables: the plugin's role, or `podlift_runtime` for core. */
  readonly role: string;
}

type Operation = MigrationOperation | RecordedOperation;
const ALL = ['select', 'insert', 'update', 'delete'] as const;
/** Tables of core that a plugin's ingest function may insert into: its event. */
const SHARED_TABLES = new Set(['core.event', 'core.event_pending']);

/** The SQL of one step, as `podlift_owner` runs it. */
export function renderOperation(operation: Operation, scope: RenderScope): string[] {
  if (operation.kind === 'tenantTable') return renderTable(operation.table, scope, true);
  if (operation.kind === 'directoryTable') return renderTable(operation.table, scope, false);
  if (operation.kind === 'sql') return [operation.sql];
  if (operation.kind === 'view') return renderView(operation.view.name, operation.view.sql, scope);
  if (operation.kind === 'ingestFunction') return renderIngest(operation.function, scope);
  return [];
}

function renderTable(table: Table, { schema, role }: RenderScope, tenant: boolean): string[] {
  const name = qualified(table.name, schema);
  const keyed = (columns: readonly string[]): string =>
    (tenant ? ['tenant_id', ...columns] : columns).map(ident).join(', ');
  const columns = Object.entries(table.columns).map(([column, type]) => `${ident(column)} ${type}`);
  const parts = [
    ...(tenant ? ['"tenant_id" uuid not null'] : []),
    ...columns,
    `primary key (${keyed(table.primaryKey ?? ['id'])})`,
    ...(table.unique ?? []).map((unique) => `unique (${keyed(unique)})`),
    ...(table.foreignKeys ?? []).map((key) => renderForeignKey(key, schema, tenant)),
    ...Object.entries(table.checks ?? {}).map(
      ([check, condition]) => `constraint ${ident(check)} check (${condition})`,
    ),
  ];
  const grants = table.grants ?? (tenant ? ALL : (['select'] as const));
  const partitioned = table.partition === 'month';
  return [
    `create table ${name} (\n  ${parts.join(',\n  ')}\n)${partitioned ? ' partition by range (id)' : ''}`,
    ...(tenant ? tenantPolicies(name) : []),
    ...(table.indexes ?? []).map((index) => renderIndex(index, name, keyed)),
    ...(grants.length > 0 ? [`grant ${grants.join(', ')} on ${name} to ${ident(role)}`] : []),
    ...(tenant || table.grants === undefined ? [`grant ${ALL.join(', ')} on ${name} to podlift_system`] : []),
    ...(partitioned
      ? [
          `insert into core.partitioned_table (schema_name, table_name, retention_days) values (${literal(schema)}, ${literal(table.name)}, ${table.retentionDays ?? 'null'})`,
        ]
      : []),
  ];
}

function renderForeignKey(
  { columns, references, keys = ['id'], onDelete = 'restrict', directory }: ForeignKey,
  schema: string,
  tenant: boolean,
): string {
  const prefix = tenant && !directory ? ['tenant_id'] : [];
  const list = (names: readonly string[]): string => [...prefix, ...names].map(ident).join(', ');
  return `foreign key (${list(columns)}) references ${qualified(references, schema)} (${list(keys)}) on delete ${onDelete}`;
}

function renderIndex(
  index: readonly string[] | Index,
  table: string,
  keyed: (columns: readonly string[]) => string,
): string {
  if (!('columns' in index)) return `create index on ${table} (${keyed(index)})`;
  const include = index.include?.length ? ` include (${index.include.map(ident).join(', ')})` : '';
  return `create index on ${table} (${keyed(index.columns)})${include}${index.where ? ` where ${index.where}` : ''}`;
}

/** `security_invoker`: the reader's own rights and tenant hold, not the owner's. */
function renderView(name: string, sql: string, { schema, role }: RenderScope): string[] {
  const view = qualified(name, schema);
  return [
    `create or replace view ${view} with (security_invoker = true) as ${sql}`,
    `grant select on ${view} to ${ident(role)}, podlift_system`,
  ];
}

/** The role that owns a schema's ingest functions: it may insert rows of any tenant into their tables, and nobody can become it. */
export const writerRole = (schema: string): string => `${schema}_ingest`;

function renderIngest({ name, columns, into, body }: IngestFunction, { schema }: RenderScope): string[] {
  const writer = writerRole(schema);
  const fn = qualified(`ingest_${name}`, schema);
  const args = [
    'tenants uuid[]',
    ...Object.entries(columns).map(([column, type]) => `${ident(column)} ${type}[]`),
  ].join(', ');
  const types = ['uuid[]', ...Object.values(columns).map((type) => `${type}[]`)].join(', ');
  return [
    ensureRole(writer),
    `grant ${ident(writer)} to podlift_owner with set true`,
    `grant usage on schema ${ident(schema)} to ${ident(writer)}, podlift_ingest`,
    `grant usage on schema core to ${ident(writer)}`,
    ...into.flatMap((table) => renderInto(table, schema, writer)),
    `create or replace function ${fn}(${args}) returns table ("row" int, is_new boolean) language sql volatile security definer
      set search_path to ${ident(schema)}, pg_temp as ${dollar(body)}`,
    // Only a role that may create in the schema can be given a function there.
    `grant create on schema ${ident(schema)} to ${ident(writer)}`,
    `alter function ${fn}(${types}) owner to ${ident(writer)}`,
    `revoke create on schema ${ident(schema)} from ${ident(writer)}`,
    `set local role ${ident(writer)}`,
    `revoke all on function ${fn}(${types}) from public`,
    `grant execute on function ${fn}(${types}) to podlift_ingest`,
    `reset role`,
  ];
}

function renderInto(table: string, schema: string, writer: string): string[] {
  const name = qualified(table, schema);
  if (table.includes('.') && !table.startsWith(`${schema}.`) && !SHARED_TABLES.has(table)) {
    return [`do $$ begin raise exception 'an ingest function of ${schema} may not write to ${table}'; end $$`];
  }
  const [write = '', read = ''] = ingestPolicies(name, writer, true);
  // `returning` and a conflict target read the columns of keys; nothing else can be read back.
  return [
    `grant insert on ${name} to ${ident(writer)}`,
    `do $do$ declare keys text; begin
      if not (select relrowsecurity from pg_class where oid = '${name}'::regclass) then return; end if;
      if not exists (select from pg_policy where polrelid = '${name}'::regclass and polcmd = 'a' and polroles = array[${literal(writer)}::regrole::oid]) then
        ${write};
        ${read};
      end if;
      select string_agg(distinct format('%I', a.attname), ', ') into keys from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[])
        where i.indrelid = '${name}'::regclass and i.indisunique and a.attnum > 0;
      execute format('grant select (%s) on ${name} to ${ident(writer)}', keys);
    end $do$`,
  ];
}

/** Makes a role nobody can log in as. Roles belong to the whole server: another database may make the same one now. */
export function ensureRole(role: string): string {
  return `do $do$ begin
    if not exists (select from pg_roles where rolname = ${literal(role)}) then create role ${ident(role)} nologin noinherit; end if;
  exception when duplicate_object or unique_violation then null;
  end $do$`;
}

/** A body in dollar quotes that it cannot close. */
function dollar(body: string): string {
  let tag = '$body$';
  for (let i = 0; body.includes(tag); i++) tag = `$body${i}$`;
  return `${tag}${body}${tag}`;
}
