import { createHash } from 'node:crypto';
import { z } from 'zod';

/** How a promoted field is compared and indexed. */
export type FieldKind = 'text' | 'number' | 'integer' | 'boolean' | 'date' | 'bigint';

/** A field that was promoted to a typed column because it is indexed or unique. */
export interface PromotedField {
  readonly field: string;
  readonly kind: FieldKind;
  readonly column: string;
}

const SQL_TYPES: Readonly<Record<FieldKind, string>> = {
  text: 'text',
  number: 'double precision',
  integer: 'bigint',
  boolean: 'boolean',
  date: 'bigint',
  bigint: 'bigint',
};

/** The SQL type of a promoted column; only types whose comparisons may use an index under row-level security. */
export const sqlType = (kind: FieldKind): string => SQL_TYPES[kind];

/** The expression that a promoted column is generated from. Dates and bigints are stored as marks, `{"$": "d", "v": …}`. */
export function sourceOf({ field, kind }: PromotedField): string {
  const key = field.replaceAll("'", "''");
  return kind === 'date' || kind === 'bigint'
    ? `(value->'${key}'->>'v')::bigint`
    : kind === 'text'
      ? `(value->>'${key}')`
      : `(value->>'${key}')::${sqlType(kind)}`;
}

const Property = z
  .object({ type: z.union([z.string(), z.array(z.string())]).optional(), 'x-podlift': z.string().optional() })
  .loose();
type Property = z.infer<typeof Property>;

/** How the host stores and compares a field, read off its JSON schema. */
export function kindOf(property: unknown): FieldKind {
  const parsed = Property.safeParse(property);
  if (!parsed.success) return 'text';
  const { type } = parsed.data;
  const types = [type ?? variantTypes(parsed.data)].flat().filter((one) => one !== 'null');
  const [only] = types;
  if (types.length !== 1 || only === undefined) return 'text';
  // A Date and a bigint are stored as marks; a time that is text has the same `format` but no mark.
  const marked = parsed.data['x-podlift'] ?? variantMark(parsed.data);
  if (only === 'string') return marked === 'date' || marked === 'bigint' ? marked : 'text';
  return only === 'integer' || only === 'number' || only === 'boolean' ? only : 'text';
}

const variants = (property: Property): Property[] => {
  const list: unknown = property['anyOf'] ?? property['oneOf'];
  return z.array(Property).safeParse(list).data ?? [];
};
const variantTypes = (property: Property): string[] => [
  ...new Set(variants(property).flatMap((one) => one.type ?? [])),
];
const variantMark = (property: Property): string | undefined =>
  variants(property).find((one) => one['x-podlift'] !== undefined)?.['x-podlift'];

/** The column of a field. The kind is part of the name, so that a field that changes its type gets a new column. */
export function promote(field: string, property: unknown): PromotedField {
  const kind = kindOf(property);
  return { field, kind, column: `${identifier(field, 50)}_${kind}` };
}

/** A name that PostgreSQL takes without quotes; long or odd names keep a digest of the whole. */
export function identifier(name: string, max = 63): string {
  const plain = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '_');
  const same = plain.replaceAll('_', '') === name.toLowerCase() || plain === name.toLowerCase().replaceAll('-', '_');
  if (same && plain.length <= max && /^[a-z]/.test(plain)) return plain;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${/^[a-z]/.test(plain) ? '' : 'f'}${plain}`.slice(0, max - 9) + `_${digest}`;
}
