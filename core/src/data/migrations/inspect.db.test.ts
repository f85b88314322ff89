import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrateOwner, type CoreMigration, type MigrationOwner, type SchemaBuilder } from '../index.ts';
import { TENANT_POLICY } from '../policy.ts';

let database: TestDatabase;
let counter = 0;
const NONE = { id: 'none', a: 'none' } as const;
const POLICY = `create policy tenant_isolation on bad using (${TENANT_POLICY}) with check (${TENANT_POLICY})`;
const SYSTEM = `create policy system_access on bad to podlift_system using (true) with check (true)`;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'));
});
afterAll(() => database?.close());

function run(up: (schema: SchemaBuilder) => void, more: Partial<MigrationOwner> = {}): Promise<string[]> {
  const schema = `p_test_i${++counter}`;
  const migration: CoreMigration = { name: '0001', up };
  return migrateOwner(database, { owner: schema, schema, role: schema, migrations: [migration], ...more });
}

/** A good table, then something that spoils it. */
const spoil = (sql: string) => (schema: SchemaBuilder) => {
  schema.tenantTable({ name: 'good', columns: { id: 'uuid', a: 'text' }, privacy: NONE });
  schema.sql(sql);
};
/** A table made by hand and declared to be a tenant table. */
const byHand = (...sql: string[]) => ({
  up: (schema: SchemaBuilder) => sql.forEach((one) => schema.sql(one)),
  tables: [{ name: 'bad', scope: 'tenant', privacy: NONE }] as const,
});

describe('refused', () => {
  test.each([
    ['no row-level security', 'alter table good disable row level security', 'good has no row-level security'],
    ['not forced', 'alter table good no force row level security', 'good does not force row-level security'],
    ['no policy', 'drop policy tenant_isolation on good', 'good has no tenant policy'],
    [
      'a policy of another text',
      `drop policy tenant_isolation on good; create policy tenant_isolation on good using (true)`,
      'another text',
    ],
    ['a policy that checks nothing', `alter policy tenant_isolation on good with check (true)`, 'another text'],
    ['a policy besides', 'create policy more on good using (true)', 'has the policy more, which opens it further'],
    [
      'a system policy for somebody else',
      'alter policy system_access on good to public',
      'has a policy system_access for public',
    ],
    [
      'an index without the tenant first',
      'create index on good (a)',
      'has the index good_a_idx, which does not start with tenant_id',
    ],
    ['an index on an expression', 'create index odd on good (lower(a))', 'has the index odd'],
    [
      'a unique key without the tenant',
      'alter table good add constraint u unique (a)',
      'has the key u, which does not start with tenant_id',
    ],
    ['a unique index without the tenant', 'create unique index u on good (a, tenant_id)', 'has the index u'],
    [
      'a column that says nothing',
      'alter table good add column secret text',
      'does not say what its column secret tells about people',
    ],
    [
      'a trigger',
      `create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger t before insert on good for each row execute function f()`,
      'has the trigger t',
    ],
    ['a table nobody declares', 'create table stray (id int)', 'stray is declared nowhere'],
    ['a right for everybody', 'grant select on good to public', 'good grants select to public'],
    ['a right for core', 'grant select on good to podlift_runtime', 'good grants select to podlift_runtime'],
    ['a right for ingest', 'grant insert on good to podlift_ingest', 'good grants insert to podlift_ingest'],
    ['truncate', 'grant truncate on good to podlift_system', 'good grants truncate to podlift_system'],
    ['a column right for everybody', 'grant select (a) on good to public', 'good grants select (a) to public'],
    ['a view with its owner’s rights', 'create view v as select * from good', 'v is a view without security_invoker'],
    [
      'a view into another schema',
      'create view v with (security_invoker = true) as select id from core.tenants',
      'v is a view that reads the schema core',
    ],
    ['a materialized view', 'create materialized view m as select 1 as a', 'm is a materialized view'],
    [
      'a definer function for all',
      `create function f() returns int language sql security definer set search_path = '' as 'select 1'`,
      'everybody may call it',
    ],
    [
      'a definer function without search path',
      `create function f() returns int language sql security definer as 'select 1'; revoke all on function f() from public`,
      'sets no search_path',
    ],
  ])('%s', async (_, sql, sentence) => {
    await expect(run(spoil(sql))).rejects.toMatchObject({
      code: 'migration_refused',
      message: expect.stringContaining(sentence),
    });
  });

  test.each([
    ['no tenant_id', ['create table bad (id uuid primary key, a text)'], 'bad has no column "tenant_id uuid not null"'],
    [
      'a tenant_id of another type',
      ['create table bad (tenant_id text not null, id uuid, a text, primary key (tenant_id, id))'],
      'bad has no column "tenant_id uuid not null"',
    ],
    [
      'a key without the tenant',
      ['create table bad (tenant_id uuid not null, id uuid primary key, a text)'],
      'has the key bad_pkey',
    ],
    [
      'no key at all',
      ['create table bad (tenant_id uuid not null, id uuid, a text)', POLICY, SYSTEM],
      'bad has no primary key',
    ],
    [
      'a foreign key without the tenant',
      [
        'create table other (id uuid primary key)',
        'create table bad (tenant_id uuid not null, id uuid, a uuid references bad2, primary key (tenant_id, id))',
      ],
      'failed and was rolled back',
    ],
  ])('made by hand: %s', async (_, sql, sentence) => {
    const { up, tables } = byHand(...sql);
    await expect(run(up, { tables })).rejects.toMatchObject({ message: expect.stringContaining(sentence) });
  });

  test('foreign keys that leave the tenant out, or empty it on delete', async () => {
    const base = (schema: SchemaBuilder) => {
      schema.tenantTable({ name: 'one', columns: { id: 'uuid', a: 'uuid unique' }, privacy: NONE });
    };
    await expect(run(base)).rejects.toThrow('has the key one_a_key');
    const setNull = (schema: SchemaBuilder) => {
      schema.tenantTable({ name: 'one', columns: { id: 'uuid', a: 'uuid' }, privacy: NONE });
      schema.sql(
        'alter table one add constraint self foreign key (tenant_id, a) references one (tenant_id, id) on delete set null (a)',
      );
    };
    await expect(run(setNull)).rejects.toThrow(
      'has the foreign key self with ON DELETE SET; only RESTRICT and CASCADE are possible',
    );
  });

  test('a directory table that refers to a tenant table', async () => {
    const up = (schema: SchemaBuilder) => {
      schema.tenantTable({ name: 'one', columns: { id: 'uuid', a: 'text' }, privacy: NONE });
      schema.directoryTable({ name: 'list', columns: { id: 'uuid', a: 'uuid' }, privacy: NONE });
      schema.sql('alter table list add foreign key (id, a) references one (tenant_id, id)');
    };
    await expect(run(up)).rejects.toThrow('list is a directory table and refers to the tenant table');
  });

  test('a table that only the manifest knows', async () => {
    await expect(
      run(spoil('select 1'), { tables: [{ name: 'ghost', scope: 'tenant', privacy: NONE }] }),
    ).rejects.toThrow('ghost is listed in the manifest and no migration makes it');
  });

  test('an ingest function that writes to tables of others', async () => {
    const up = (schema: SchemaBuilder) =>
      schema.ingestFunction({ name: 'x', columns: { ids: 'uuid' }, into: ['core.tenants'], body: 'select 1, true' });
    await expect(run(up)).rejects.toThrow('may not write to core.tenants');
  });

  test('with everything that was found, and nothing stays behind', async () => {
    const error = await run(spoil('create table stray (id int); create index on good (a)')).catch(
      (reason: unknown) => reason,
    );
    expect((error as Error).message).toContain('stray is declared nowhere');
    expect((error as Error).message).toContain('good_a_idx');
    expect(await database.admin('select 1 from pg_namespace where nspname = $1', [`p_test_i${counter}`])).toEqual([]);
  });
});

describe('taken', () => {
  test.each([
    ['a good table', 'select 1'],
    ['a restrictive policy', 'create policy less on good as restrictive using (a is not null)'],
    ['an index that starts with the tenant', 'create index on good (tenant_id, lower(a))'],
    ['a plain function', `create function f() returns int language sql as 'select 1'`],
    ['a reference to a directory table', 'alter table good add foreign key (tenant_id) references core.tenants (id)'],
  ])('%s', async (_, sql) => {
    if (sql.includes('core.tenants')) await database.admin('grant references on core.tenants to podlift_owner');
    await expect(run(spoil(sql))).resolves.toEqual(['0001']);
  });

  test('columns that sql adds, when they say what they are', async () => {
    const up = (schema: SchemaBuilder) => {
      spoil('alter table good add column mail text')(schema);
      schema.privacy('good', {
        mail: { category: 'personal', subject: 'customer', purpose: 'invoices', erasure: 'delete' },
      });
    };
    await expect(run(up)).resolves.toEqual(['0001']);
  });
});
