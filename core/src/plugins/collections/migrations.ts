import type { CoreMigration, Privacy } from '../../data/index.ts';
import { sourceOf, sqlType } from './fields.ts';
import { layOut, type CollectionDeclaration, type LaidIndex } from './layout.ts';

type Collections = Readonly<Record<string, CollectionDeclaration>>;

/**
 * The migrations of a plugin's collections, made from plugin.json. A table starts without promoted fields; each field and each
 * index is a migration of its own, so that a later version which declares one more only adds it.
 */
export function collectionMigrations(collections: Collections): CoreMigration[] {
  return Object.entries(collections).flatMap(([name, declaration]) => tableMigrations(name, declaration));
}

function tableMigrations(collection: string, declaration: CollectionDeclaration): CoreMigration[] {
  const { table, fields, indexes, unique } = layOut(collection, declaration);
  const prefix = `collections/${collection}`;
  const create: CoreMigration = {
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
        checks: { [`${table}_id_length`]: 'length(id) between 1 and 200' },
        // What the manifest says of the fields comes on top: it may change, a migration may not.
        privacy: { id: 'none', value: 'personal', version: 'none', created_at: 'none', updated_at: 'none' },
      });
    },
  };
  const columns = [...fields.values()].map((field): CoreMigration => ({
    name: `${prefix}/field/${field.column}`,
    up: (schema) =>
      schema.sql(
        `alter table ${table} add column ${field.column} ${sqlType(field.kind)} generated always as (${sourceOf(field)}) stored`,
      ),
  }));
  const addIndex =
    (kind: 'index' | 'unique', last: readonly string[]) =>
    (one: LaidIndex): CoreMigration => ({
      name: `${prefix}/${kind}/${one.name}`,
      up(schema) {
        const keys = ['tenant_id', ...one.columns, ...last].join(', ');
        schema.sql(`create ${kind === 'unique' ? 'unique ' : ''}index ${one.name} on ${table} (${keys})`);
      },
    });
  return [create, ...columns, ...indexes.map(addIndex('index', ['id'])), ...unique.map(addIndex('unique', []))];
}

/** What the columns of the collections hold, as the manifest says it. */
export function collectionTables(collections: Collections) {
  return Object.entries(collections).map(([name, declaration]) => {
    const { table, fields } = layOut(name, declaration);
    const promoted = [...fields.values()].map(
      ({ field, column }) => [column, declaration.privacy[field] ?? 'none'] as const,
    );
    const own = { id: 'none', version: 'none', created_at: 'none', updated_at: 'none' } as const;
    const privacy = { ...own, value: privacyOfValue(declaration), ...Object.fromEntries(promoted) };
    return { name: table, scope: 'tenant' as const, privacy };
  });
}

/** The whole value is as personal as its most personal field. */
function privacyOfValue({ privacy }: CollectionDeclaration): Privacy {
  const fields = Object.entries(privacy).filter(([, one]) => one !== 'none');
  if (fields.length === 0) return { category: 'none' };
  return { category: 'personal', purpose: `holds ${fields.map(([field]) => field).join(', ')}` };
}
