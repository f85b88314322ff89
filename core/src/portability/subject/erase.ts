import type { Identifier } from '@podlift/sdk';
import type { Queryable } from '../../data/index.ts';
import { nameOf, quote } from '../catalog/tables.ts';
import { PortabilityError } from '../errors.ts';
import { useTenant } from '../transfer/insert.ts';
import type { SubjectDeps } from './deps.ts';
import { aboutPerson, type Condition, type Party, type PersonalPlace } from './places.ts';
import { whose } from './resolve.ts';

/** What became of a person's rows in one table. */
export interface Erased {
  readonly table: string;
  readonly party?: string;
  readonly deleted: number;
  readonly cleared: number;
  /** Rows that stay, with what stays in them and why. */
  readonly kept: number;
  readonly keeps?: readonly { readonly column: string; readonly purpose: string }[];
}

/** Rows of one transaction. */
const BATCH = 1000;

export interface EraseOptions {
  readonly tenant: string;
  readonly identifiers: readonly Identifier[];
  readonly parties: readonly Party[];
  readonly by: { readonly kind: string; readonly id: string };
  readonly request: string;
  /** Called after each table, and for drills after each batch. */
  readonly step?: (name: string, done: number, total: number) => Promise<void> | void;
}

/** Acts keep who acted; what they tell of a person is taken out by the room that chains them. */
const CHAINED = new Set(['core.audit', 'core.operator_audit']);
const LEAST_MENTION = 6;
/** A word that could be anybody's is no name: whoever gave it would empty the acts of all. */
const isTelling = (value: string): boolean => value.length >= LEAST_MENTION && /[\d@]/.test(value);

/**
 * Deletes, clears or keeps what is about a person, as each column declares it, table by table in short transactions. Doing it
 * again does no harm and finds nothing.
 */
export async function erasePerson(deps: SubjectDeps, options: EraseOptions): Promise<Erased[]> {
  const { parties, step = () => undefined } = options;
  // Who refers to others goes first.
  const order = parties.toReversed();
  const report: Erased[] = [];
  for (const [done, party] of order.entries()) {
    const name = nameOf(party.table);
    if (CHAINED.has(name)) continue;
    const about = aboutPerson(party, options.identifiers, 2);
    const erased = about && (await eraseParty(deps, options, party, about));
    if (erased && erased.deleted + erased.cleared + erased.kept > 0) report.push(erased);
    await step(name, done + 1, order.length);
  }
  report.push(...(await redactActs(deps, options)));
  return report;
}

async function eraseParty(deps: SubjectDeps, options: EraseOptions, party: Party, about: Condition): Promise<Erased> {
  const table = nameOf(party.table);
  const base = { table, ...(party.party !== undefined && { party: party.party }), deleted: 0, cleared: 0, kept: 0 };
  if (table === 'core.file') return { ...base, ...(await deleteFiles(deps, options, about)) };
  if (table === 'auth.apikey') return { ...base, cleared: await endKeys(deps, options, party, about) };
  if (party.erasure === 'delete')
    return { ...base, deleted: await inBatches(deps, options, party, about, deleteSql(party)) };
  const cleared =
    party.erasure === 'clear' ? await inBatches(deps, options, party, withLeft(party, about), clearSql(party)) : 0;
  const keeps = party.places.filter(({ erasure }) => erasure === 'keep');
  const kept = keeps.length === 0 ? 0 : await countRows(deps, options, party, about);
  return {
    ...base,
    cleared,
    kept,
    ...(kept > 0 && { keeps: keeps.map(({ name, purpose }) => ({ column: name, purpose })) }),
  };
}

/** The statement that takes one batch; `chosen` selects the keys of its rows. */
type Statement = (chosen: string) => string;

const keyOf = ({ table }: Party): string => table.primaryKey.map(quote).join(', ');

const deleteSql =
  (party: Party): Statement =>
  (chosen) =>
    `delete from ${party.table.from} where ${whose(party)} and (${keyOf(party)}) in (${chosen})`;

const clearSql =
  (party: Party): Statement =>
  (chosen) => {
    const places = party.places.filter(({ erasure }) => erasure === 'clear');
    return `update ${party.table.from} set ${clearingOf(places)} where ${whose(party)} and (${keyOf(party)}) in (${chosen})`;
  };

/**
 * A key of the person ends with them. One that they made for the workspace goes on, with the role that bounds it: cleared of
 * everything it would be a key of nobody that nobody's leaving ends.
 */
async function endKeys(deps: SubjectDeps, options: EraseOptions, party: Party, about: Condition): Promise<number> {
  const users = options.identifiers.flatMap(({ kind, value }) => (kind === 'user' ? [value] : []));
  const values = [...about.values, users, users.map((user) => `user:${user}`)];
  const [said, own, made] = [
    `(case when metadata is json object then metadata::jsonb else '{}' end)`,
    `$${values.length}::text[]`,
    `$${values.length + 1}::text[]`,
  ];
  const isOwn = `coalesce(${said} ->> 'user' = any(${own}), false)`;
  const isMade = `coalesce(${said} ->> 'by' = any(${made}), false)`;
  const taken = `array_remove(array[case when ${isOwn} then 'user' end, case when ${isMade} then 'by' end], null)`;
  const odd = { sql: `${about.sql} and metadata is not json object`, values: about.values };
  const cleared = await inBatches(deps, options, party, withLeft(party, odd), clearSql(party));
  const ended = await inBatches(
    deps,
    options,
    party,
    { sql: `${about.sql} and (${isOwn} or ${isMade})`, values },
    (chosen) =>
      `update ${party.table.from} set enabled = enabled and not ${isOwn}, metadata = (${said} - ${taken})::text where ${whose(party)} and (${keyOf(party)}) in (${chosen})`,
  );
  return cleared + ended;
}

/** Only rows in which something is left to clear, so that doing it again finds nothing. */
function withLeft(party: Party, about: Condition): Condition {
  const places = party.places.filter(({ erasure }) => erasure === 'clear');
  const left = places.map((place) => `(${place.sql} is not null and ${place.sql}::text <> ${textOf(emptyOf(place))})`);
  return { sql: `${about.sql} and (${left.join(' or ')})`, values: about.values };
}

const textOf = (empty: string): string => (empty === 'null' ? `''` : `(${empty})::text`);

/** Sets columns, and fields of collections, to what stands where nothing is. */
export function clearingOf(places: readonly PersonalPlace[]): string {
  const fields = places.flatMap(({ field }) => field ?? []);
  const columns = places.filter(({ field }) => field === undefined);
  const sets = columns.map((place) => `${place.sql} = ${emptyOf(place)}`);
  if (fields.length > 0) {
    const names = fields.map((field) => `'${field.replaceAll("'", "''")}'`).join(', ');
    sets.push(`value = value - array[${names}]::text[]`, 'version = version + 1');
  }
  return sets.join(', ');
}

/** What stands where something was; a column that must hold something gets the least that it can. */
export function emptyOf({ type, required }: PersonalPlace): string {
  if (!required) return 'null';
  if (type === 'jsonb' || type === 'json') return `'{}'::${type}`;
  if (type === 'uuid') return `'00000000-0000-0000-0000-000000000000'::uuid`;
  if (type === 'bytea') return `''::bytea`;
  if (type.endsWith('[]')) return `'{}'::${type}`;
  return type === 'text' || type.startsWith('character') ? `''` : `'0'::${type}`;
}

async function inBatches(
  { database }: SubjectDeps,
  { tenant, step = () => undefined }: EraseOptions,
  party: Party,
  about: Condition,
  statement: Statement,
): Promise<number> {
  const chosen = `select ${keyOf(party)} from ${party.table.from} where ${whose(party)} and ${about.sql} limit ${BATCH}`;
  const sql = statement(chosen);
  for (let total = 0; ;) {
    const touched = await database.owner(async (tx) => {
      await useTenant(tx, tenant);
      return runErasing(tx, party, sql, [tenant, ...about.values]);
    });
    total += touched;
    if (touched < BATCH) return total;
    await step(`${nameOf(party.table)} batch`, 0, 0);
  }
}

/** Another row refers to one that should go; PostgreSQL 18 has a code of its own for RESTRICT. */
export const isHeld = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '23503' || error.code === '23001');

async function runErasing(tx: Queryable, party: Party, sql: string, values: readonly unknown[]): Promise<number> {
  try {
    return await tx.execute(sql, values);
  } catch (error) {
    if (isHeld(error)) throw PortabilityError.onceMore(nameOf(party.table));
    throw error;
  }
}

async function countRows(
  { database }: SubjectDeps,
  { tenant }: EraseOptions,
  party: Party,
  about: Condition,
): Promise<number> {
  return database.owner(async (tx) => {
    await useTenant(tx, tenant);
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from ${party.table.from} where ${whose(party)} and ${about.sql}`,
      [tenant, ...about.values],
    );
    return row?.n ?? 0;
  });
}

/** Files go with their bytes, except for kinds that must be kept. */
async function deleteFiles(
  { database, files }: SubjectDeps,
  { tenant }: EraseOptions,
  about: Condition,
): Promise<{ readonly deleted: number; readonly kept: number }> {
  const rows = await database.owner(async (tx) => {
    await useTenant(tx, tenant);
    return tx.query<{ id: string; erasure: string }>(
      `select id, erasure from core.file where tenant_id = $1::uuid and ${about.sql}`,
      [tenant, ...about.values],
    );
  });
  const ids = rows.filter(({ erasure }) => erasure !== 'keep').map(({ id }) => id);
  await files.moving.erase(tenant, ids);
  return { deleted: ids.length, kept: rows.length - ids.length };
}

async function redactActs(
  { audit }: SubjectDeps,
  { tenant, identifiers, by, request }: EraseOptions,
): Promise<Erased[]> {
  const reason = `privacy request ${request}`;
  const mentions = identifiers.map(({ value }) => value).filter(isTelling);
  let cleared = await audit.redact(tenant, { mentions }, { actor: by, reason });
  for (const { kind, value } of identifiers)
    if (kind === 'user') cleared += await audit.redact(tenant, { actor: value }, { actor: by, reason });
  return cleared === 0 ? [] : [{ table: 'core.audit', deleted: 0, cleared, kept: 0 }];
}
