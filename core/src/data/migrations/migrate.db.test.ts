import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrate, migrateOwner, openDatabase, type CoreMigration, type MigrationOwner } from '../index.ts';

let database: TestDatabase;
let counter = 0;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'));
});
afterAll(() => database?.close());

/** An owner with a schema nobody else uses. */
function owner(...migrations: CoreMigration[]): MigrationOwner & { readonly role: string } {
  const schema = `p_test_m${++counter}`;
  return { owner: schema, schema, role: schema, migrations };
}

const table = (name: string, column = 'a'): CoreMigration => ({
  name: `make_${name}`,
  up: (schema) =>
    schema.tenantTable({ name, columns: { id: 'uuid', [column]: 'text' }, privacy: { id: 'none', [column]: 'none' } }),
});
const sql = (name: string, text: string): CoreMigration => ({ name, up: (schema) => schema.sql(text) });
const tables = async (schema: string) =>
  (
    await database.admin<{ name: string }>(
      'select relname as name from pg_class where relnamespace = to_regnamespace($1) and relkind = any($2) order by 1',
      [schema, ['r', 'p', 'v']],
    )
  ).map(({ name }) => name);
const ledger = async (name: string) =>
  (
    await database.admin<{ name: string }>(
      'select name from core.migration where owner = $1 order by applied_at, name',
      [name],
    )
  ).map((row) => row.name);

describe('migrations', () => {
  test('run once, in the given order, and are written down', async () => {
    const first = owner(table('one'), sql('two', `alter table one add constraint short check (length(a) < 5)`));
    expect(await migrateOwner(database, first)).toEqual(['make_one', 'two']);
    expect(await migrateOwner(database, first)).toEqual([]);
    expect(await migrateOwner(database, { ...first, migrations: [...first.migrations, table('three')] })).toEqual([
      'make_three',
    ]);
    expect(await tables(first.schema)).toEqual(['one', 'three']);
    expect(await ledger(first.owner)).toEqual(['make_one', 'two', 'make_three']);
  });

  test('that fail leave nothing of their owner, and the others go on', async () => {
    const [good, bad, late] = [
      owner(table('fine')),
      owner(table('half'), sql('broken', 'select 1/0')),
      owner(table('also')),
    ];
    const results = await migrate(database, [good, bad, late]);
    expect(results.map(({ applied }) => applied)).toEqual([['make_fine'], [], ['make_also']]);
    expect(results[1]?.error).toMatchObject({ code: 'migration_failed' });
    expect(results[1]?.error?.message).toBe(
      `Migration broken of ${bad.owner} failed and was rolled back: division by zero`,
    );
    expect(await tables(bad.schema)).toEqual([]);
    expect(await ledger(bad.owner)).toEqual([]);
    expect((await migrate(database, [{ ...bad, migrations: [table('half')] }]))[0]?.applied).toEqual(['make_half']);
  });

  test('that were changed after they ran are refused by name', async () => {
    const first = owner(table('one'));
    await migrateOwner(database, first);
    const changed = {
      ...first,
      migrations: [table('one', 'b')].map((migration) => ({ ...migration, name: 'make_one' })),
    };
    const [result] = await migrate(database, [changed]);
    expect(result?.error).toMatchObject({ code: 'migration_changed' });
    expect(result?.error?.message).toContain(`make_one of ${first.owner}`);
  });

  test('that an older version does not know are left alone', async () => {
    const first = owner(table('one'), table('two'));
    await migrateOwner(database, first);
    expect(await migrateOwner(database, { ...first, migrations: first.migrations.slice(0, 1) })).toEqual([]);
  });

  test('run once when two nodes start together', async () => {
    const both = owner(table('one'), sql('slow', 'select pg_sleep(0.2)'));
    const other = await openDatabase(database.options);
    const applied = await Promise.all([migrate(database, [both]), migrate(other, [both])]);
    expect(applied.flat().every(({ error }) => error === undefined)).toBe(true);
    expect(applied.flatMap(([result]) => result?.applied ?? []).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'make_one',
      'slow',
    ]);
    await other.close();
  });

  test('of many owners that are up to date cost one query', async () => {
    const many = Array.from({ length: 60 }, () => owner(table('one')));
    for (const one of many) await migrateOwner(database, one);
    const start = performance.now();
    const results = await migrate(database, many);
    expect(results.every(({ applied, error }) => applied.length === 0 && error === undefined)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('what they make', () => {
  test('has policy, rights, keys and indexes without a word from the author', async () => {
    const made = owner({
      name: 'all',
      up(schema) {
        schema.tenantTable({
          name: 'parent',
          columns: { id: 'uuid', code: 'text not null' },
          unique: [['code']],
          privacy: { id: 'none', code: 'none' },
        });
        schema.tenantTable({
          name: 'child',
          columns: { id: 'uuid', parent_id: 'uuid' },
          foreignKeys: [{ columns: ['parent_id'], references: 'parent' }],
          indexes: [['parent_id'], { columns: ['id'], where: 'parent_id is null' }],
          checks: { child_check: 'id <> parent_id' },
          grants: ['select', 'insert'],
          privacy: { id: 'none', parent_id: 'none' },
        });
      },
    });
    await migrateOwner(database, made);
    const keys = await database.admin<{ def: string }>(
      `select pg_get_constraintdef(oid) as def from pg_constraint where connamespace = $1::regnamespace and contype in ('p', 'u', 'f', 'c') order by 1`,
      [made.schema],
    );
    expect(keys.map(({ def }) => def)).toEqual([
      'CHECK ((id <> parent_id))',
      `FOREIGN KEY (tenant_id, parent_id) REFERENCES ${made.schema}.parent(tenant_id, id) ON DELETE RESTRICT`,
      'PRIMARY KEY (tenant_id, id)',
      'PRIMARY KEY (tenant_id, id)',
      'UNIQUE (tenant_id, code)',
    ]);
    const tenant = await database.newTenant();
    await expect(
      database.withTenant({ tenant, role: made.role }, (tx) => tx.execute('delete from child')),
    ).rejects.toThrow('permission denied');
  });

  test('can fill columns of all tenants, and proves a new foreign key against what is there', async () => {
    const made = owner(table('old'), table('parent'));
    await migrateOwner(database, made);
    const tenants = [await database.newTenant(), await database.newTenant()];
    for (const tenant of tenants)
      await database.withTenant({ tenant, role: made.role }, (tx) =>
        tx.execute(`insert into old values ($1, uuidv7(), 'x')`, [tenant]),
      );
    const next = (...more: CoreMigration[]) =>
      migrateOwner(database, { ...made, migrations: [...made.migrations, ...more] });
    const key = 'alter table old add foreign key (tenant_id, id) references parent (tenant_id, id)';
    await expect(next(sql('key', key))).rejects.toThrow('violates foreign key constraint');
    await next(
      sql('fill', `insert into parent select tenant_id, id, 'made' from old; update old set a = 'filled'`),
      sql('key', key),
    );
    for (const tenant of tenants)
      expect(await database.withTenant({ tenant, role: made.role }, (tx) => tx.query('select a from old'))).toEqual([
        { a: 'filled' },
      ]);
    await expect(database.owner((tx) => tx.query(`select * from ${made.schema}.old`))).rejects.toThrow(
      /podlift.tenant_id|uuid: ""/,
    );
  });

  test('lets a reader of a published view see through it, and nothing else', async () => {
    const publisher = owner({
      name: 'view',
      up(schema) {
        schema.tenantTable({
          name: 'fact',
          columns: { id: 'uuid', open: 'text', closed: 'text' },
          privacy: { id: 'none', open: 'none', closed: 'none' },
        });
        schema.view({ name: 'facts_v1', sql: 'select tenant_id, id, open from fact' });
      },
    });
    const reader = { ...owner(table('own')), reads: [`${publisher.schema}.facts_v1`] };
    const [published, read] = await migrate(database, [publisher, reader]);
    expect([published?.error, read?.error]).toEqual([undefined, undefined]);
    const [ours, theirs] = [await database.newTenant(), await database.newTenant()];
    for (const tenant of [ours, theirs])
      await database.withTenant({ tenant, role: publisher.role }, (tx) =>
        tx.execute(`insert into fact values ($1, uuidv7(), 'o', 'c')`, [tenant]),
      );
    const as = (statement: string) =>
      database.withTenant({ tenant: ours, role: reader.role }, (tx) => tx.query(statement));
    expect(await as(`select tenant_id, open from ${publisher.schema}.facts_v1`)).toEqual([
      { tenant_id: ours, open: 'o' },
    ]);
    for (const statement of [
      `select closed from ${publisher.schema}.fact`,
      `delete from ${publisher.schema}.fact`,
      `insert into ${publisher.schema}.facts_v1 values ('${ours}', uuidv7(), 'x')`,
    ]) {
      await expect(as(statement)).rejects.toThrow('permission denied');
    }
    // A later version of the view needs another column: its readers get it in the same run.
    const later = {
      ...publisher,
      migrations: [
        ...publisher.migrations,
        {
          name: 'more',
          up: (schema) => schema.view({ name: 'facts_v1', sql: 'select tenant_id, id, open, closed from fact' }),
        } satisfies CoreMigration,
      ],
    };
    await migrate(database, [later, reader]);
    expect(await as(`select closed from ${publisher.schema}.facts_v1`)).toEqual([{ closed: 'c' }]);
  });

  test('refuses a reader of a view that nobody publishes', async () => {
    const [result] = await migrate(database, [{ ...owner(table('own')), reads: ['p_nobody.nothing_v1'] }]);
    expect(result?.error?.message).toContain('p_nobody.nothing_v1, which nobody has published');
  });
});
