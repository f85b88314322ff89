import type { Privacy } from '@podlift/sdk';
import { identifier, promote, type PromotedField } from './fields.ts';

/** A collection as plugin.json declares it. */
export interface CollectionDeclaration {
  /** JSON schema of one value. */
  readonly schema: object;
  readonly indexes: readonly (readonly string[])[];
  readonly unique: readonly (readonly string[])[];
  readonly privacy: Readonly<Record<string, Privacy>>;
}

/** An index of a collection's table. */
export interface LaidIndex {
  readonly name: string;
  readonly fields: readonly string[];
  readonly columns: readonly string[];
}

/** Where and how one collection is stored. */
export interface CollectionLayout {
  readonly collection: string;
  /** The table's name within the plugin's schema. */
  readonly table: string;
  /** The same with the schema before it, for statements that run outside a migration. */
  readonly from: string;
  readonly fields: ReadonlyMap<string, PromotedField>;
  readonly indexes: readonly LaidIndex[];
  readonly unique: readonly LaidIndex[];
}

/** Computes the table of a collection in the schema `owner` from its declaration. The same declaration always gives the same names. */
export function layOut(
  collection: string,
  { schema, indexes, unique }: CollectionDeclaration,
  owner?: string,
): CollectionLayout {
  const table = `collection_${identifier(collection, 40)}`;
  const promoted = new Map<string, PromotedField>();
  for (const field of [...indexes, ...unique].flat()) promoted.set(field, promote(field, propertyOf(schema, field)));
  const lay = (groups: readonly (readonly string[])[], end: string): LaidIndex[] =>
    groups.map((fields) => {
      const columns = fields.map((field) => promoted.get(field)?.column ?? identifier(field));
      return { name: identifier(`${table}_${columns.join('_')}_${end}`), fields, columns };
    });
  const from = owner === undefined ? table : `${owner}.${table}`;
  return { collection, table, from, fields: promoted, indexes: lay(indexes, 'idx'), unique: lay(unique, 'key') };
}

function propertyOf(schema: object, field: string): unknown {
  const properties: unknown = 'properties' in schema ? schema.properties : undefined;
  return typeof properties === 'object' && properties !== null ? Reflect.get(properties, field) : undefined;
}
