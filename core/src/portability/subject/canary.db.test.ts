import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7, type Identifier } from '@podlift/sdk';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readArchive } from '../archive/archive.ts';
import { nameOf, ofTenants, readTables, type Table } from '../catalog/tables.ts';
import type { PrivacyCatalog } from '../catalog/privacy.ts';
import { CRM } from '../testing/crm.ts';
import { openInstallation, type Installation } from '../testing/installation.ts';
import { seedEverywhere, type Canary } from '../testing/seed.ts';
import { partiesOf, type Party } from './places.ts';

const SLOW = 180_000;
const WORD = 'quillfeather7731';
const EMAIL = 'ada.quillfeather7731@example.com';

let at: Installation;
let tenant: string;
let tables: readonly Table[];
let catalog: PrivacyCatalog;
let parties: readonly Party[];
let canary: Canary;
let told: Set<string>;
const given: Identifier[] = [
  { kind: 'email', value: 'Ada.Quillfeather7731@Example.com ' },
  { kind: 'user', value: 'usr-quillfeather7731' },
];

beforeAll(async () => {
  at = await openInstallation(inject('postgres'), { crm: CRM });
  const { rooms } = at;
  tenant = (await rooms.tenancy.create({ slug: 'acme', name: 'Acme' })).id;
  catalog = await rooms.portability.catalog();
  tables = ofTenants(await rooms.database.owner((tx) => readTables(tx)));
  parties = partiesOf(tables, catalog);
  const file = await rooms.files.put({ tenant, owner: 'core' }, Buffer.from(`A letter of ${WORD}`), {
    name: `${WORD}.txt`,
    mediaType: 'text/plain',
  });
  const [household] = await rooms.plugins.nameSubject(tenant, [{ kind: 'user', value: 'usr-quillfeather7731' }]);
  canary = {
    word: WORD,
    names: {
      email: EMAIL,
      phone: '+43 660 7731 7731',
      user: 'usr-quillfeather7731',
      external: 'crm-quillfeather7731',
      order: 'order-quillfeather7731',
      household: household?.value ?? '',
      file: file.id,
      'test.crm.customer': uuidv7(),
      'podlift.purchase': uuidv7(),
    },
  };
  told = await seedEverywhere(
    at.sql,
    tables.filter((table) => !SKIPPED.has(nameOf(table))),
    parties,
    catalog,
    tenant,
    canary,
  );
}, SLOW);
afterAll(() => at.close());

/** Tables that hold what is on its way in, or what a test cannot make by a row alone. */
const SKIPPED = new Set([
  'core.tenant_import',
  'core.tenant_import_row',
  'core.file',
  'core.file_content',
  'core.file_upload',
  'core.file_usage',
  'core.file_garbage',
  'core.privacy_request',
  'core.event_pending',
  'core.event_position',
]);

/** Everything that would give the person away. */
const needles = (): string[] =>
  [WORD, EMAIL, ...Object.values(canary.names), '6607731'].map((one) => one.toLowerCase());

/** Columns of any schema in which one of the needles stands. */
async function search(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const columns = await at.sql<{ schema: string; table: string; column: string; type: string }>(
    `select n.nspname as schema, c.relname as "table", a.attname as "column", format_type(a.atttypid, null) as type from pg_class c
     join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
  );
  for (const { schema, table, column, type } of columns) {
    const text = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
    const [row] = await at.sql<{ text: string }>(
      `select left(${text}, 200) as text from "${schema}"."${table}" where exists (select from unnest($1::text[]) w where strpos(lower(${text}), w) > 0) limit 1`,
      [needles()],
    );
    if (row) found.set(`${schema}.${table}.${column}`, row.text);
  }
  return found;
}

/** Columns that are declared to stay, and those that are made of them. */
const isKept = (column: string): boolean => {
  const [schema = '', table = '', name = ''] = column.split('.');
  return catalog.get(`${schema}.${table}`)?.personal.get(name)?.erasure === 'keep';
};

describe('a person who is in every table of every plugin', () => {
  test('stands in every column that is declared to tell about people', () => {
    const declared = parties
      .filter(({ table }) => !SKIPPED.has(nameOf(table)))
      .flatMap(({ table, places }) => places.map(({ name }) => `${nameOf(table)}.${name}`));
    expect(declared.length).toBeGreaterThan(60);
    expect(declared.filter((one) => !told.has(one))).toEqual([]);
  });

  test('is exported whole, in data for machines and in words', { timeout: SLOW }, async () => {
    const { subjects } = at.rooms.portability;
    const { id } = await subjects.create(tenant, { kind: 'export', identifiers: given, by: 'user:op' });
    const done = await subjects.run(tenant, id);
    expect(done).toMatchObject({ state: 'done' });
    const out = join(at.dataDir, 'ada.tar');
    await subjects.save(tenant, id, out);
    const members = new Map<string, string>();
    for await (const member of readArchive(chunksOf(out), undefined))
      members.set(member.path, (await member.whole()).toString());
    const about = parties.filter(({ table }) => !SKIPPED.has(nameOf(table)));
    const missing = about
      .filter(({ table, party }) => {
        const folder = `data/${table.schema}/${table.name}${party === undefined ? '' : `-${party}`}/`;
        return ![...members.keys()].some((path) => path.startsWith(folder));
      })
      .map(({ table, party }) => `${nameOf(table)} ${party ?? ''}`.trim());
    expect(missing).toEqual([]);
    expect([...members].find(([path]) => path.startsWith('files/'))?.[1]).toBe(`A letter of ${WORD}`);
    expect(members.get('README.md')).toContain('What is kept about you');
    expect(members.get('README.md')).toContain('invoices must be kept for ten years');
  });

  test('is erased: nothing is found but what is declared to stay', { timeout: SLOW }, async () => {
    const { subjects } = at.rooms.portability;
    const { id } = await subjects.create(tenant, {
      kind: 'erase',
      identifiers: given,
      by: 'user:op',
      note: 'Ticket 4711',
    });
    const done = await subjects.run(tenant, id);
    expect(done).toMatchObject({ state: 'done', error: null });
    const left = await search();
    expect([...left].filter(([column]) => !isKept(column))).toEqual([]);
    // What stays is told with its reason.
    expect(left.has('p_test_crm.invoice.recipient')).toBe(true);
    expect(JSON.stringify(done.report)).toContain('invoices must be kept for ten years');
    expect(await at.sql(`select state, customer_id, title, body, answer from p_test_crm.ticket`)).toEqual([
      { state: 'open', customer_id: null, title: '', body: null, answer: {} },
    ]);
  });

  test('is not in any file, nor in the log, nor in the list of erasures', async () => {
    await at.rooms.files.tend();
    const texts = filesUnder(at.dataDir)
      .filter((path) => !path.endsWith('ada.tar'))
      .map((path) => [path, readFileSync(path, 'latin1').toLowerCase()] as const);
    const logged = at.logged().toLowerCase();
    for (const needle of needles()) {
      expect(texts.filter(([, text]) => text.includes(needle)).map(([path]) => `${needle} in ${path}`)).toEqual([]);
      expect(logged.includes(needle) ? needle : '').toBe('');
    }
  });

  test(
    'is erased again when data of them comes in late, or an older state of the database comes back',
    { timeout: SLOW },
    async () => {
      const { subjects } = at.rooms.portability;
      await at.sql(
        `insert into p_test_crm.customer (tenant_id, id, email, name, created_at) values ($1, $2, $3, $4, now())`,
        [tenant, uuidv7(), EMAIL.toUpperCase(), WORD],
      );
      await at.sql(
        `insert into p_test_crm.customer (tenant_id, id, email, name, created_at) values ($1, $2, 'bob@example.com', 'Bob', now())`,
        [tenant, uuidv7()],
      );
      // As after a restore to a moment before the erasure: only the list beside the database knows.
      await at.sql('delete from core.erasure');
      const erased = await subjects.reapply(tenant);
      expect(erased).toMatchObject([{ table: 'p_test_crm.customer', deleted: 1 }]);
      expect(await at.sql(`select name from p_test_crm.customer`)).toEqual([{ name: 'Bob' }]);
      expect(await subjects.reapply(tenant)).toEqual([]);
    },
  );

  test('is erased again when the state that comes back knows no key, or another one', { timeout: SLOW }, async () => {
    const { subjects } = at.rooms.portability;
    const { secrets } = at.rooms;
    const comeBack = (): Promise<unknown> =>
      at.sql(
        `insert into p_test_crm.customer (tenant_id, id, email, name, created_at) values ($1, $2, $3, $4, now())`,
        [tenant, uuidv7(), EMAIL, WORD],
      );
    const key = await secrets.get(tenant, 'core.privacy', 'erasure-key');
    await comeBack();
    await at.sql('delete from core.erasure');
    await at.sql(`delete from core.secret where name = 'erasure-key'`);
    expect(await subjects.reapply(tenant)).toMatchObject([{ table: 'p_test_crm.customer', deleted: 1 }]);
    expect(await secrets.get(tenant, 'core.privacy', 'erasure-key')).toBe(key);

    await comeBack();
    await at.sql('delete from core.erasure');
    await secrets.put(tenant, 'core.privacy', 'erasure-key', Buffer.alloc(32, 1).toString('base64'), 'system:test');
    expect(await subjects.reapply(tenant)).toMatchObject([{ table: 'p_test_crm.customer', deleted: 1 }]);
    // From now on the key of now knows them too.
    await comeBack();
    expect(await subjects.reapply(tenant, new Date(0))).toMatchObject([{ deleted: 1 }]);
    expect(await at.sql(`select name from p_test_crm.customer`)).toEqual([{ name: 'Bob' }]);
  });
});

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}

const filesUnder = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
