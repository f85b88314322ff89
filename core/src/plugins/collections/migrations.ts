import type { Migration, Privacy } from '../../data/index.ts';
import { sourceOf, sqlType } from './fields.ts';
import { layOut, type CollectionDeclaration } from './layout.ts';

/**
 * The migrations of a plugin's collections, made from plugin.json. A table starts without promoted fields; each field and each
 * index is a migration of its own, so that a later version which declares one more only adds it.
 */
export function collectionMigrations(collections: Readonly<Record<string, CollectionDeclaration>>): Migration[] {
  return Object.entries(collections).flatMap(([name, declaration]) => tableMigrations(name, declaration));
}

function tableMigrations(collection: string, declaration: CollectionDeclaration): Migration[] {
  const { table, fields, indexes, unique } = layOut(collection, declaration);
  const about = strictest(Object.values(declaration.privacy));
  const prefix = `collections/${collection}`;
  const create: Migration = {
    name: `${prefix}/table`,
    up(schema) {
      schema.tenantTable({
        name: table,
        columns: {
          id: 'text not null',
          value: 'jsonb not null',
          version: 'bigint not null',
          created_at: 'timestamptz not null',
          updated_at: 'timestamptz not null',
        },
        indexes: [
          ['created_at', 'id'],
          ['updated_at', 'id'],
        ],
        checks: { id_length: 'length(id) between 1 and 200' },
        privacy: { id: 'none', value: 'personal', version: 'none', created_at: 'none', updated_at: 'none' },
      });
    },
  };
  const columns = [...fields.values()].map((field): Migration => ({
    name: `${prefix}/field/${field.column}`,
    up(schema) {
      schema.sql(
        `alter table ${table} add column ${field.column} ${sqlType(field.kind)} generated always as (${sourceOf(field)}) stored`,
      );
      schema.privacy(table, { [field.column]: toPrivacy(declaration.privacy[field.field]) });
    },
  }));
  const index = (one: { name: string; columns: readonly string[] }, kind: 'index' | 'unique'): Migration => ({
    name: `${prefix}/${kind}/${one.name}`,
    up(schema) {
      const keys = ['tenant_id', ...one.columns, ...(kind === 'index' ? ['id'] : [])].join(', ');
      schema.sql(`create ${kind === 'unique' ? 'unique ' : ''}index ${one.name} on ${table} (${keys})`);
    },
  });
  // What the whole value says about people follows the declaration, whose hash is part of the name.
  const privacy: Migration = {
    name: `${prefix}/privacy/${about.category}`,
    up: (schema) => schema.privacy(table, { value: about }),
  };
  return [
    create,
    ...columns,
    ...indexes.map((one) => index(one, 'index')),
    ...unique.map((one) => index(one, 'unique')),
    privacy,
  ];
}

/** Categories of the data room from the least to the most protected. */
const ORDER: readonly Privacy['category'][] = ['none', 'pseudonymous', 'personal', 'special', 'secret'];
const CATEGORIES: Readonly<Record<string, Privacy['category']>> = { device: 'pseudonymous', credential: 'secret' };

/** What an author said about a field, in the words of the data room. */
export function toPrivacy(declared: unknown): Privacy {
  if (typeof declared !== 'object' || declared === null) return { category: 'none' };
  const { category, subject, purpose, retention, erasure } = declared as Readonly<Record<string, unknown>>;
  const days = typeof retention === 'string' ? /^(\d+) days$/.exec(retention)?.[1] : undefined;
  return {
    category: CATEGORIES[String(category)] ?? 'personal',
    ...(typeof subject === 'string' && { subject }),
    ...(typeof purpose === 'string' && { purpose }),
    ...(days !== undefined && { retentionDays: Number(days) }),
    erasure: erasure === 'delete' ? 'delete' : erasure === 'anonymize' ? 'clear' : 'keep',
  };
}

function strictest(declared: readonly unknown[]): Privacy {
  const all = declared.map(toPrivacy);
  const rank = ({ category }: Privacy): number => ORDER.indexOf(category);
  return all.reduce((most, one) => (rank(one) > rank(most) ? one : most), { category: 'none' } as Privacy);
}
