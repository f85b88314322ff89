import type { Queryable } from '../../data/index.ts';
import { PortabilityError } from '../errors.ts';

/** A column as the database has it. */
export interface Column {
  readonly name: string;
  /** As in SQL: `timestamp with time zone`. */
  readonly type: string;
  readonly required: boolean;
  /** Computed by the database from the others. */
  readonly generated: boolean;
}

/** A table that holds rows of tenants. */
export interface Table {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  /** `core.event`, quoted where SQL needs it. */
  readonly from: string;
  /** The column that says whose a row is. */
  readonly tenantColumn: string;
  /** Monthly, by the time in its id. */
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  /** A row may refer to another row of the table. */
  readonly refersToItself: boolean;
}

/** `core.event`, as people and declarations write it. */
export const nameOf = ({ schema, name }: Pick<Table, 'schema' | 'name'>): string => `${schema}.${name}`;

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const KEY = (type: string): string => `(select coalesce(json_agg(a.attname order by u.n), '[]') from pg_constraint k
  cross join lateral unnest(k.conkey) with ordinality u(num, n) join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num
  where k.conrelid = c.oid and k.contype = '${type}')`;

const SELECT = `select c.oid::int8 as id, n.nspname::text as schema, c.relname::text as name, format('%I.%I', n.nspname, c.relname) as "from",
  c.relkind = 'p' as partitioned,
  exists (select from pg_constraint k where k.conrelid = c.oid and k.confrelid = c.oid and k.contype = 'f') as "refersToItself",
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull,
     'generated', a.attgenerated <> '') order by a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  ${KEY('p')} as "primaryKey"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and (n.nspname in ('core', 'auth') or n.nspname like 'p\\_%')`;

const REFERENCES = `select distinct conrelid::int8 as child, confrelid::int8 as parent from pg_constraint
  where contype = 'f' and conparentid = 0 and conrelid <> confrelid`;

/** Every table of the host, of better-auth and of plugins, such that whoever refers to another one comes after it. */
export async function readTables(tx: Queryable): Promise<Table[]> {
  const tables = await tx.query<Omit<Table, 'tenantColumn'>>(
    `${SELECT} order by n.nspname = 'core' desc, c.relrowsecurity, 3, 2`,
  );
  const references = await tx.query<{ child: number; parent: number }>(REFERENCES);
  return inOrder(tables, references).map((table) => ({ ...table, tenantColumn: tenantColumnOf(table) }));
}

/** Tables whose rows belong to one tenant each. */
export const ofTenants = (tables: readonly Table[]): Table[] =>
  tables.filter(({ tenantColumn }) => tenantColumn !== '');

/** better-auth knows a tenant as an organisation of the same id, as text. */
function tenantColumnOf({ schema, name, columns }: Omit<Table, 'tenantColumn'>): string {
  if (columns.some((column) => column.name === 'tenant_id' && column.type === 'uuid')) return 'tenant_id';
  return schema === 'auth' && name === 'apikey' ? 'referenceId' : '';
}

function inOrder<T extends { readonly id: number; readonly from: string }>(
  tables: readonly T[],
  references: readonly { readonly child: number; readonly parent: number }[],
): T[] {
  const left = new Map(tables.map((table) => [table.id, table]));
  const ordered: T[] = [];
  while (left.size > 0) {
    const waiting = new Set(references.filter(({ parent }) => left.has(parent)).map(({ child }) => child));
    const free = [...left.values()].filter(({ id }) => !waiting.has(id));
    if (free.length === 0) throw PortabilityError.tablesInACircle([...left.values()].map(({ from }) => from));
    for (const table of free) {
      ordered.push(table);
      left.delete(table.id);
    }
  }
  return ordered;
}
