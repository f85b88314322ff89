import { DataError } from '../errors.ts';
import { MIGRATING_POLICY, POLICY_NAMES, TENANT_POLICY } from '../policy.ts';
import type { Queryable } from '../transaction.ts';
import { readCatalog, type CatalogFunction, type Relation } from './catalog.ts';
import type { DeclaredTable } from './declared.ts';
import { writerRole } from './render.ts';

/** What a schema is held against. */
export interface Expectation {
  readonly schema: string;
  /** Who works with its tables. */
  readonly role: string;
  readonly access: 'tenants' | 'closed';
  readonly declared: ReadonlyMap<string, DeclaredTable>;
}

/** Looks through the catalog after migrations, in their transaction. @throws DataError `migration_refused` with everything it found. */
export async function inspectSchema(tx: Queryable, expected: Expectation): Promise<void> {
  const { relations, functions } = await readCatalog(tx, expected.schema);
  const tenantTables = new Set(
    relations.filter(isTenantTable(expected)).map(({ name }) => `${expected.schema}.${name}`),
  );
  const found = [
    ...relations.flatMap((relation) => inspectRelation(relation, expected, tenantTables)),
    ...functions.flatMap((fn) => inspectFunction(fn, expected)),
    ...missingTables(relations, expected),
  ];
  if (found.length > 0) {
    throw new DataError(
      'migration_refused',
      `The schema ${expected.schema} is refused and its migrations are rolled back:\n${found.map((one) => `  - ${one}`).join('\n')}`,
    );
  }
}

const isTenantTable =
  ({ declared }: Expectation) =>
  ({ name, parent }: Relation): boolean =>
    declared.get(parent ?? name)?.scope === 'tenant';

function inspectRelation(relation: Relation, expected: Expectation, tenantTables: ReadonlySet<string>): string[] {
  const say = (what: string): string => `${relation.name} ${what}`;
  const found =
    relation.owner === 'podlift_owner' ? [] : [say(`belongs to ${relation.owner}; it has to belong to podlift_owner`)];
  if (relation.kind === 'm')
    return [...found, say('is a materialized view, which knows no row-level security; use a table')];
  if (relation.kind === 'f') return [...found, say('is a foreign table, which knows no row-level security')];
  if (relation.kind === 'v')
    return [...found, ...inspectView(relation, expected).map(say), ...inspectGrants(relation, expected).map(say)];
  found.push(...inspectGrants(relation, expected).map(say));
  const declared = expected.declared.get(relation.parent ?? relation.name);
  if (!declared)
    return [
      ...found,
      say(
        'is declared nowhere: give it with tenantTable or directoryTable, or list it among the tables of the manifest',
      ),
    ];
  if (relation.parent === null) found.push(...inspectPrivacy(relation, declared).map(say));
  if (expected.access === 'closed') return found;
  const isTenants = declared.scope === 'tenant';
  return [
    ...found,
    ...(isTenants ? inspectTenantTable(relation, tenantTables) : inspectDirectoryTable(relation, tenantTables)).map(
      say,
    ),
  ];
}

/** A table of tenants' rows: the wall stands, and the tenant comes first everywhere. */
function inspectTenantTable(relation: Relation, tenantTables: ReadonlySet<string>): string[] {
  const { columns, policies, keys, indexes, triggers } = relation;
  const tenant = columns.find(({ name }) => name === 'tenant_id');
  const found = [
    ...(relation.rls ? [] : ['has no row-level security']),
    ...(relation.forced ? [] : ['does not force row-level security on its owner']),
    ...(tenant?.type === 'uuid' && tenant.required ? [] : ['has no column "tenant_id uuid not null"']),
    ...inspectPolicies(policies),
    ...triggers.map((trigger) => `has the trigger ${trigger}; tenant tables have none`),
    ...(keys.some(({ type }) => type === 'p') ? [] : ['has no primary key']),
    ...indexes
      .filter(({ first }) => first !== 'tenant_id')
      .map(({ name }) => `has the index ${name}, which does not start with tenant_id`),
  ];
  for (const { name, type, columns, target, targetColumns, onDelete } of keys) {
    const toTenants = type !== 'f' || (target !== null && tenantTables.has(target));
    if (toTenants && columns[0] !== 'tenant_id') found.push(`has the key ${name}, which does not start with tenant_id`);
    if (type === 'f' && toTenants && targetColumns?.[0] !== 'tenant_id')
      found.push(`has the foreign key ${name}, which does not refer to tenant_id first`);
    if (type === 'f' && (onDelete === 'n' || onDelete === 'd'))
      found.push(`has the foreign key ${name} with ON DELETE SET; only RESTRICT and CASCADE are possible`);
  }
  return found;
}

function inspectDirectoryTable({ keys }: Relation, tenantTables: ReadonlySet<string>): string[] {
  return keys
    .filter(({ target }) => target !== null && tenantTables.has(target))
    .map(({ name, target }) => `is a directory table and refers to the tenant table ${target} (${name})`);
}

function inspectPolicies(policies: Relation['policies']): string[] {
  const text = `(${TENANT_POLICY})`;
  const found = policies.flatMap((policy) => {
    const { name, permissive, command, roles, using, check } = policy;
    const toAll = roles.length === 1 && roles[0] === 'public';
    if (name === POLICY_NAMES.tenant) {
      return permissive && command === '*' && toAll && using === text && check === text
        ? []
        : [`has a policy ${name} with another text than the one of the data room`];
    }
    if (name === POLICY_NAMES.system)
      return roles.join() === 'podlift_system' ? [] : [`has a policy ${name} for ${roles.join(', ')}`];
    if (name === POLICY_NAMES.owner)
      return roles.join() === 'podlift_owner' && using === MIGRATING_POLICY
        ? []
        : [`has a policy ${name} with another text than the one of the data room`];
    if (name === POLICY_NAMES.definerReads)
      return roles.join() === 'podlift_owner' && command === 'r'
        ? []
        : [`has a policy ${name} for ${roles.join(', ')}`];
    // A restrictive policy only takes away.
    if (!permissive) return [];
    const forWriter =
      roles.length === 1 &&
      roles[0]?.endsWith('_ingest') &&
      (name.startsWith(POLICY_NAMES.ingestWrite) ? command === 'a' : command === 'r');
    return forWriter && roles[0] !== 'podlift_ingest' ? [] : [`has the policy ${name}, which opens it further`];
  });
  const has = (wanted: string): boolean => policies.some(({ name }) => name === wanted);
  return [
    ...found,
    ...(has(POLICY_NAMES.tenant) ? [] : ['has no tenant policy']),
    ...(has(POLICY_NAMES.system) ? [] : ['has no policy for podlift_system']),
    ...(has(POLICY_NAMES.owner) ? [] : ['has no policy for migrations']),
  ];
}

function inspectPrivacy({ columns }: Relation, { privacy, scope }: DeclaredTable): string[] {
  return columns
    .filter(({ name }) => !(name === 'tenant_id' && scope === 'tenant') && !Object.hasOwn(privacy, name))
    .map(({ name }) => `does not say what its column ${name} tells about people (privacy)`);
}

function inspectView({ options, reads }: Relation, { schema }: Expectation): string[] {
  return [
    ...(options?.includes('security_invoker=true')
      ? []
      : ['is a view without security_invoker, which would show rows of every tenant its owner sees']),
    ...reads
      .filter((other) => other !== schema && other !== 'pg_catalog')
      .map((other) => `is a view that reads the schema ${other}; a view reads its own schema only`),
  ];
}

const HARMLESS = new Set(['select', 'insert', 'update', 'delete']);

function inspectGrants(relation: Relation, { schema, role, access }: Expectation): string[] {
  const core = schema === 'core' || access === 'closed';
  const writers = (grantee: string): boolean => grantee.endsWith('_ingest') && grantee.startsWith('p_');
  return relation.grants.flatMap(({ grantee, privilege, column }) => {
    const on = column === null ? privilege : `${privilege} (${column})`;
    if (relation.parent !== null)
      return [`is a partition and grants ${on} to ${grantee}; partitions are reached through their table only`];
    if (!HARMLESS.has(privilege)) return [`grants ${on} to ${grantee}`];
    if (grantee === role || grantee === 'podlift_system') return [];
    if (
      core &&
      grantee.startsWith('podlift_') &&
      grantee !== 'podlift_ingest' &&
      !(access === 'closed' && grantee === 'podlift_runtime')
    )
      return [];
    if (grantee === writerRole(schema) || (core && writers(grantee)))
      return privilege === 'insert' || privilege === 'select' ? [] : [`grants ${on} to ${grantee}`];
    // Readers of published views: columns of tables, whole views.
    if (grantee.startsWith('p_') && !core && privilege === 'select' && (column !== null || relation.kind === 'v'))
      return [];
    return [`grants ${on} to ${grantee}`];
  });
}

function inspectFunction(
  { name, owner, definer, searchPath, grantees }: CatalogFunction,
  { schema }: Expectation,
): string[] {
  if (!definer) return [];
  return [
    ...(searchPath ? [] : [`the function ${name} runs with its owner's rights and sets no search_path`]),
    ...(grantees.includes('public')
      ? [`the function ${name} runs with its owner's rights and everybody may call it (revoke execute … from public)`]
      : []),
    ...(owner === 'podlift_owner' || owner === writerRole(schema) ? [] : [`the function ${name} belongs to ${owner}`]),
  ];
}

/** Tables and columns that only the manifest knows. */
function missingTables(relations: readonly Relation[], { declared }: Expectation): string[] {
  const there = new Map(relations.map((relation) => [relation.name, relation]));
  return [...declared.values()].flatMap(({ name, manifest }) =>
    manifest && !there.has(name) ? [`${name} is listed in the manifest and no migration makes it`] : [],
  );
}
