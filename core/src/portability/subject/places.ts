import type { Personal, PrivacyCatalog } from '../catalog/privacy.ts';
import { nameOf, quote, type Table } from '../catalog/tables.ts';
import { byKind, comparable } from './identifiers.ts';
import type { Identifier } from '@podlift/sdk';

/** Something in a table that can tell about a person: a column, or a field of a collection. */
export interface PersonalPlace extends Personal {
  readonly name: string;
  /** How SQL reads it. */
  readonly sql: string;
  /** A field within the column `value`. */
  readonly field?: string;
  readonly type: string;
  readonly required: boolean;
}

/** What one person is in a table: most tables are about one, some name a second. */
export interface Party {
  readonly table: Table;
  readonly party: string | undefined;
  readonly places: readonly PersonalPlace[];
  /** Places that name the person. */
  readonly names: readonly PersonalPlace[];
  /** Texts and documents in which names can stand anywhere. */
  readonly searched: readonly PersonalPlace[];
  /** What becomes of a row: gone, or what it tells is cleared, or it stays. */
  readonly erasure: 'delete' | 'clear' | 'keep';
}

const SEARCHED = new Set(['json', 'jsonb', 'text', 'bytea', 'character varying']);

/** All parties of all tables that are declared. */
export function partiesOf(tables: readonly Table[], catalog: PrivacyCatalog): Party[] {
  return tables.flatMap((table) => {
    const declared = catalog.get(nameOf(table));
    if (!declared) return [];
    const columns = new Map(table.columns.map((column) => [column.name, column]));
    const places: PersonalPlace[] = [];
    for (const [name, personal] of declared.personal) {
      const column = columns.get(name);
      // What a collection's fields tell stands in them; the columns made of them follow.
      if (!column || (declared.fields && (name === 'value' || column.generated))) continue;
      places.push({ ...personal, name, sql: quote(name), type: column.type, required: column.required });
    }
    for (const [field, personal] of declared.fields ?? []) {
      const sql = `(value ->> '${field.replaceAll("'", "''")}')`;
      places.push({ ...personal, name: `value.${field}`, sql, field, type: 'text', required: false });
    }
    const parties = Map.groupBy(places, ({ party }) => party);
    return [...parties].map(([party, own]) => {
      const names = own.filter(({ identifies }) => identifies !== undefined);
      // Where no column names the person, every text may.
      const searched = own.filter(
        ({ identifies, mentions, type }) =>
          identifies === undefined && SEARCHED.has(type) && (mentions ?? names.length === 0),
      );
      return { table, party, places: own, names, searched, erasure: erasureOf(own) };
    });
  });
}

function erasureOf(places: readonly PersonalPlace[]): Party['erasure'] {
  if (places.some(({ erasure }) => erasure === 'delete')) return 'delete';
  return places.some(({ erasure }) => erasure === 'clear') ? 'clear' : 'keep';
}

/** A condition, and the values that it takes. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The kind of columns that say `<kind>:<value>`. */
export const QUALIFIED = 'qualified';
/** The kind of columns that hold the id of some thing of some plugin, such as a person's own row. */
export const ANY = '*';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Shorter names stand in texts by chance. */
const LEAST_SEARCHED = 6;
/** The names that were given come first; a text holds those, and not each of thousands of keys. */
const MOST_SEARCHED = 100;

/**
 * The rows of a party that are about the person: those that bear one of their names, and those in whose searched texts or documents
 * one stands. Undefined when there can be none. `first` is the number of the first parameter.
 */
export function aboutPerson(party: Party, identifiers: readonly Identifier[], first: number): Condition | undefined {
  const kinds = byKind(identifiers);
  // Some columns hold the kind too: `user:17`.
  kinds.set(QUALIFIED, [...(kinds.get(QUALIFIED) ?? []), ...identifiers.map(({ kind, value }) => `${kind}:${value}`)]);
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${first + values.push(value) - 1}`;
  const every = identifiers.map(({ value }) => value).filter((value) => value.length >= LEAST_SEARCHED);
  kinds.set(ANY, every);
  const terms = party.names.flatMap(({ sql, type, identifies = '' }) => {
    const own = kinds.get(identifies) ?? [];
    // By the column's own type, which an index knows.
    const fitting = type === 'uuid' ? own.filter((value) => UUID.test(value)) : own;
    if (fitting.length === 0) return [];
    const [left, as] = type === 'uuid' ? [sql, 'uuid'] : [comparable(identifies, sql), 'text'];
    return [`${left} = any(${parameter(fitting)}::${as}[])`];
  });
  if (every.length > 0 && party.searched.length > 0) {
    const list = parameter(every.slice(0, MOST_SEARCHED));
    for (const { sql, type } of party.searched) terms.push(holds(sql, type, list));
  }
  return terms.length === 0
    ? undefined
    : { sql: terms.length === 1 ? terms.join() : `(${terms.join(' or ')})`, values };
}

/** Whether one of the words stands anywhere in a text, a document or bytes. */
const holds = (sql: string, type: string, list: string): string =>
  type === 'bytea'
    ? `exists (select from unnest(${list}::text[]) w where position(convert_to(w, 'UTF8') in ${sql}) > 0)`
    : `exists (select from unnest(${list}::text[]) w where strpos(lower(${sql}::text), lower(w)) > 0)`;
