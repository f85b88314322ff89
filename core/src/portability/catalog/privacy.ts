import type { PersonalData } from '@podlift/sdk';
import type { ColumnPrivacy, DeclaredTable } from '../../data/index.ts';

/** What a column tells about a person, with everything said. */
export interface Personal extends Omit<PersonalData, 'subject'> {
  readonly subject: string;
}

/** A table as its owner declares it. */
export interface DeclaredColumns {
  /** `core.event`. */
  readonly table: string;
  readonly personal: ReadonlyMap<string, Personal>;
  /** Columns that hold credentials. */
  readonly secret: ReadonlySet<string>;
  /** Of a collection: what its fields tell. They stand in the column `value`. */
  readonly fields?: ReadonlyMap<string, Personal>;
}

/** Somebody with a schema of their own, and what their tables hold. */
export interface DeclaredOwner {
  readonly schema: string;
  readonly tables: Iterable<DeclaredTable>;
  /** Collections by table name: what each field tells. */
  readonly fields?: Readonly<Record<string, Readonly<Record<string, ColumnPrivacy>>>>;
}

/** What is declared, by table name. */
export type PrivacyCatalog = ReadonlyMap<string, DeclaredColumns>;

/** Puts together what all owners declare. */
export function createPrivacyCatalog(owners: Iterable<DeclaredOwner>): PrivacyCatalog {
  const catalog = new Map<string, DeclaredColumns>();
  for (const { schema, tables, fields = {} } of owners)
    for (const { name, privacy } of tables) {
      const table = `${schema}.${name}`;
      const columns = Object.entries(privacy);
      catalog.set(table, {
        table,
        personal: personalOf(columns),
        secret: new Set(columns.filter(([, one]) => categoryOf(one) === 'secret').map(([column]) => column)),
        ...(fields[name] && { fields: personalOf(Object.entries(fields[name])) }),
      });
    }
  return catalog;
}

const categoryOf = (one: ColumnPrivacy): string => (typeof one === 'string' ? one : one.category);

function personalOf(columns: readonly (readonly [string, ColumnPrivacy])[]): ReadonlyMap<string, Personal> {
  return new Map(
    columns.flatMap(([column, one]) => {
      const category = categoryOf(one);
      if (category !== 'pseudonymous' && category !== 'personal' && category !== 'special') return [];
      const said = typeof one === 'string' ? {} : one;
      // Who says nothing of erasure has given no reason to keep it.
      return [[column, { subject: 'person', purpose: '', erasure: 'delete', ...said, category }] as const];
    }),
  );
}
