import type { Queryable } from '../transaction.ts';

/** A table, view or the like, as the catalog of PostgreSQL shows it. */
export interface Relation {
  readonly oid: number;
  readonly name: string;
  /** `r` table, `p` partitioned table, `v` view, `m` materialized view, `f` foreign table. */
  readonly kind: string;
  readonly owner: string;
  readonly rls: boolean;
  readonly forced: boolean;
  /** The table it is a partition of. */
  readonly parent: string | null;
  readonly options: readonly string[] | null;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly required: boolean }[];
  readonly policies: readonly Policy[];
  readonly grants: readonly Grant[];
  readonly keys: readonly Key[];
  readonly indexes: readonly { readonly name: string; readonly first: string | null }[];
  readonly triggers: readonly string[];
  /** Schemas of the tables a view reads. */
  readonly reads: readonly string[];
}

export interface Policy {
  readonly name: string;
  readonly permissive: boolean;
  readonly command: string;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

export interface Grant {
  readonly grantee: string;
  readonly privilege: string;
  readonly column: string | null;
}

export interface Key {
  readonly name: string;
  /** `p` primary, `u` unique, `x` exclusion, `f` foreign. */
  readonly type: string;
  readonly columns: readonly string[];
  readonly target: string | null;
  readonly targetColumns: readonly string[] | null;
  readonly onDelete: string;
}

export interface CatalogFunction {
  readonly name: string;
  readonly owner: string;
  readonly definer: boolean;
  readonly searchPath: boolean;
  readonly grantees: readonly string[];
}

/** Everything the inspection looks at, in two queries. */
export interface Catalog {
  readonly relations: readonly Relation[];
  readonly functions: readonly CatalogFunction[];
}

const NAMES = (columns: string, table: string): string =>
  `(select coalesce(json_agg(a.attname::text order by u.n), '[]') from unnest(${columns}) with ordinality u(num, n) join pg_attribute a on a.attrelid = ${table} and a.attnum = u.num)`;

const RELATIONS = `
select c.oid::int8 as oid, c.relname::text as name, c.relkind::text as kind, pg_get_userbyid(c.relowner)::text as owner,
  c.relrowsecurity as rls, c.relforcerowsecurity as forced, c.reloptions as options,
  (select p.relname::text from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid limit 1) as parent,
  (select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull) order by a.attnum), '[]')
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select coalesce(json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive, 'command', p.polcmd,
       'roles', (select coalesce(json_agg(case when r = 0 then 'public' else pg_get_userbyid(r)::text end), '[]') from unnest(p.polroles) r),
       'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))), '[]')
     from pg_policy p where p.polrelid = c.oid) as policies,
  (select coalesce(json_agg(g), '[]') from (
     select case when x.grantee = 0 then 'public' else pg_get_userbyid(x.grantee)::text end as grantee, lower(x.privilege_type) as privilege, null as "column"
       from aclexplode(c.relacl) x where x.grantee <> c.relowner
     union all
     select case when x.grantee = 0 then 'public' else pg_get_userbyid(x.grantee)::text end, lower(x.privilege_type), a.attname::text
       from pg_attribute a cross join lateral aclexplode(a.attacl) x where a.attrelid = c.oid and a.attnum > 0 and x.grantee <> c.relowner) g) as grants,
  (select coalesce(json_agg(json_build_object('name', k.conname, 'type', k.contype, 'columns', ${NAMES('k.conkey', 'k.conrelid')},
       'target', case when k.confrelid <> 0 then k.confrelid::regclass::text end,
       'targetColumns', case when k.confrelid <> 0 then ${NAMES('k.confkey', 'k.confrelid')} end, 'onDelete', k.confdeltype)), '[]')
     from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'x', 'f')) as keys,
  (select coalesce(json_agg(json_build_object('name', x.relname, 'first', (select a.attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]))), '[]')
     from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid) as indexes,
  (select coalesce(json_agg(t.tgname), '[]') from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers,
  (select coalesce(json_agg(distinct n.nspname), '[]') from pg_rewrite w join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
     join pg_class s on s.oid = d.refobjid join pg_namespace n on n.oid = s.relnamespace where w.ev_class = c.oid and s.oid <> c.oid) as reads
from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by c.relname`;

const FUNCTIONS = `
select p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner)::text as owner, p.prosecdef as definer,
  coalesce((select bool_or(s like 'search_path=%') from unnest(p.proconfig) s), false) as "searchPath",
  case when p.proacl is null then '["public"]'::json
       else (select coalesce(json_agg(case when x.grantee = 0 then 'public' else pg_get_userbyid(x.grantee)::text end), '[]') from aclexplode(p.proacl) x) end as grantees
from pg_proc p where p.pronamespace = $1::regnamespace`;

/** Reads what a schema holds. */
export async function readCatalog(tx: Queryable, schema: string): Promise<Catalog> {
  return {
    relations: await tx.query<Relation>(RELATIONS, [schema]),
    functions: await tx.query<CatalogFunction>(FUNCTIONS, [schema]),
  };
}
