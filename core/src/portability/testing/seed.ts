import { uuidv7 } from '@podlift/sdk';
import { nameOf, quote, type Column, type Table } from '../catalog/tables.ts';
import type { PrivacyCatalog } from '../catalog/privacy.ts';
import type { Party, PersonalPlace } from '../subject/places.ts';

/** A person who is nowhere else: by their names, and by a word that stands in everything that is said of them. */
export interface Canary {
  /** By kind. */
  readonly names: Readonly<Record<string, string>>;
  readonly word: string;
}

type Sql = <T extends object>(sql: string, values?: readonly unknown[]) => Promise<T[]>;

interface ForeignKey {
  readonly columns: readonly string[];
  readonly parent: string;
  readonly keys: readonly string[];
}

const KEYS = `select conrelid::int8 as id, confrelid::regclass::text as parent,
  (select array_agg(a.attname::text order by u.n) from unnest(conkey) with ordinality u(num, n) join pg_attribute a on a.attrelid = conrelid and a.attnum = u.num) as columns,
  (select array_agg(a.attname::text order by u.n) from unnest(confkey) with ordinality u(num, n) join pg_attribute a on a.attrelid = confrelid and a.attnum = u.num) as keys
  from pg_constraint where contype = 'f' and conparentid = 0`;
const CHECKS = `select conrelid::int8 as id, pg_get_constraintdef(oid) as text from pg_constraint where contype = 'c'`;

/**
 * Writes one row into every table of tenants, made from the catalog and the declarations alone: new tables join by being there.
 * @returns the columns that got something of the person, as `schema.table.column`.
 */
export async function seedEverywhere(
  sql: Sql,
  tables: readonly Table[],
  parties: readonly Party[],
  catalog: PrivacyCatalog,
  tenant: string,
  canary: Canary,
): Promise<Set<string>> {
  const keys = await sql<ForeignKey & { id: string }>(KEYS);
  const checks = await sql<{ id: string; text: string }>(CHECKS);
  const rows = new Map<string, Record<string, unknown>>();
  const told = new Set<string>();
  const insert = (table: string, text: string, values: readonly unknown[]) =>
    sql(text, values).catch((cause: unknown) => {
      // Nobody looks for a person in a table without personal columns; it may be picky.
      if (!parties.some((party) => nameOf(party.table) === table)) return;
      throw new Error(`${table} cannot be seeded: ${(cause as Error).message}`, { cause });
    });
  for (const table of tables) {
    const own = parties.filter((party) => party.table.id === table.id);
    const row: Record<string, unknown> = {};
    const places = new Map(
      own.flatMap((party) => party.places.map((place) => [place.name, { place, party }] as const)),
    );
    const words = checks.filter(({ id }) => Number(id) === table.id).map(({ text }) => text);
    for (const column of table.columns) {
      if (column.generated) continue;
      const personal = places.get(column.name);
      row[column.name] =
        column.name === table.tenantColumn
          ? tenant
          : personal
            ? personalValue(column, personal.place, personal.party, canary)
            : plainValue(column, words);
      if (personal) told.add(`${nameOf(table)}.${column.name}`);
    }
    const declared = catalog.get(nameOf(table));
    if (declared?.fields && Object.hasOwn(row, 'value')) {
      const value: Record<string, unknown> = {};
      for (const { place, party } of places.values())
        if (place.field !== undefined) {
          value[place.field] = personalValue({ ...TEXT, name: place.field }, place, party, canary);
          told.add(`${nameOf(table)}.${place.name}`);
        }
      row['value'] = JSON.stringify(value);
    }
    for (const { id, parent, columns, keys: there } of keys) {
      if (Number(id) !== table.id) continue;
      const above = rows.get(parent.includes('.') ? parent : `core.${parent}`);
      for (const [at, column] of columns.entries())
        if (column !== table.tenantColumn)
          row[column] = above?.[there[at] ?? ''] ?? (parent === table.from ? null : row[column]);
    }
    const names = Object.keys(row);
    await insert(
      nameOf(table),
      `insert into ${table.from} (${names.map(quote).join(', ')}) overriding system value values (${names.map((_, at) => `$${at + 1}`).join(', ')}) on conflict do nothing`,
      names.map((name) => row[name]),
    );
    rows.set(nameOf(table), row);
  }
  return told;
}

let ticks = 0;
const TEXT: Column = { name: '', type: 'text', required: true, generated: false };

/** Something of the person that fits the column. */
function personalValue({ type }: Column, place: PersonalPlace, party: Party, { names, word }: Canary): unknown {
  const { identifies } = place;
  const uuid = type === 'uuid';
  if (identifies === '*') return names['test.crm.customer'];
  if (identifies === 'qualified') return `user:${names['user']}`;
  if (identifies !== undefined) return names[identifies] ?? (uuid ? uuidv7() : `${identifies}-${word}`);
  const text = `Canary ${word}`;
  // Where no column names the person, the text does.
  const said = party.searched.length > 0 ? `${text} <${names['email']}>` : text;
  if (type === 'jsonb' || type === 'json') return JSON.stringify({ deep: [{ who: said }] });
  if (type === 'bytea') return Buffer.from(said);
  if (type === 'text') return said;
  return plainValue({ name: '', type, required: true, generated: false }, []);
}

function plainValue({ name, type, required }: Column, checks: readonly string[]): unknown {
  const allowed = checks.map((text) => oneOf(text, name)).find((word) => word !== undefined);
  if (allowed !== undefined) return allowed;
  if (type === 'text' && (name === 'digest' || name === 'sha256')) return 'a'.repeat(64);
  if (!required && type !== 'uuid') return null;
  if (type === 'uuid') return uuidv7();
  // Ends lie behind beginnings, in the order of their names.
  if (type.startsWith('timestamp')) return new Date(Date.now() + ticks++);
  if (type === 'date') return '2026-01-01';
  if (type === 'boolean') return false;
  if (type === 'jsonb' || type === 'json') return '{}';
  if (type === 'bytea') return Buffer.from('x');
  if (type.endsWith('[]')) return [];
  if (type === 'text' || type.startsWith('character')) return `${name}-${uuidv7().slice(-12)}`;
  return 1;
}

/** A word that a check such as `state in ('open', 'closed')` lets through. */
function oneOf(check: string, column: string): string | undefined {
  const at = new RegExp(`\\(?\\(?"?${column}"?(?:\\)?::text)?\\)? = ANY \\(?\\(?ARRAY\\[(.*?)\\]`).exec(check)?.[1];
  return at && /'((?:[^']|'')*)'/.exec(at)?.[1];
}
