import { uuidv7 } from '@podlift/sdk';
import type { Queryable } from '../../data/index.ts';
import { writeArchive, type ArchiveWriter } from '../archive/archive.ts';
import { createTransferSeal, type TransferSeal } from '../archive/field-seal.ts';
import type { Sink } from '../archive/sink.ts';
import { nameOf, ofTenants, quote, readTables, type Table } from '../catalog/tables.ts';
import type { PrivacyCatalog } from '../catalog/privacy.ts';
import { PortabilityError } from '../errors.ts';
import type { TransferDeps } from './deps.ts';
import { FORMAT, type ArchiveHead, type ArchiveManifest, type TableEntry } from './manifest.ts';
import { NOT_MOVED, WRITTEN_LATER } from './not-moved.ts';
import { writeFiles } from './moved-files.ts';
import { writePeople } from './people.ts';
import { createRowDigest, movedColumns, readRows, useSnapshot, type RowTexts } from './rows.ts';

/** How a tenant is exported. */
export interface ExportOptions {
  readonly tenant: string;
  /** Seals secrets with it; without, they are left out and listed. */
  readonly passphrase?: string | undefined;
  /** Encrypts the whole archive with the passphrase. */
  readonly encrypt?: boolean;
  /** Takes hashed passwords along, for people who have no account there. */
  readonly withPasswords?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (label: string, done: number, total: number) => void;
}

/** Bytes of one part; a part is held in memory. */
const PART_BYTES = 1024 * 1024;
const LEAST_PASSPHRASE = 12;

const TENANT = `select c.key, c.value from core.tenants t cross join lateral json_each_text(to_json(t)) c where t.id = $1`;
const LEDGER = 'select owner, name, checksum from core.migration';
const PENDING = 'select count(*)::int as n from core.event_pending where tenant_id = $1';
const COUNT = (table: Table): string =>
  `select count(*)::int as n from ${table.from} where ${quote(table.tenantColumn)} = '`;

/**
 * Writes everything of a tenant into one archive: one state of all its tables, its files, its people as references. Memory
 * stays the same however large the tenant is.
 */
export async function exportTenant(deps: TransferDeps, options: ExportOptions, sink: Sink): Promise<ArchiveManifest> {
  const { passphrase, encrypt = false, tenant } = options;
  if (passphrase !== undefined && passphrase.length < LEAST_PASSPHRASE)
    throw PortabilityError.passphraseShort(LEAST_PASSPHRASE);
  if (encrypt && passphrase === undefined) throw PortabilityError.passphraseMissing();
  const now = deps.clock.now();
  const seal = passphrase === undefined ? undefined : await createTransferSeal(passphrase);
  const catalog = await deps.privacy();
  const plugins = await deps.installed();
  return deps.database.owner(async (tx) => {
    await useSnapshot(tx, tenant);
    return writeArchive(sink, { now, passphrase: encrypt ? passphrase : undefined }, async (writer) => {
      const columns = await tenantRow(tx, tenant);
      const id = uuidv7();
      const madeAt = new Date(now).toISOString();
      const head: ArchiveHead = {
        format: FORMAT,
        id,
        madeAt,
        tenant: { id: tenant, slug: columns['slug'] ?? '', name: columns['name'] ?? '' },
        ...(seal && { salt: seal.salt }),
      };
      await writer.add('head.json', toJson(head));
      const work = { deps, options, tx, writer, catalog, seal };
      const { tables, leftOut } = await writeTables(work);
      const files = await writeFiles(work);
      const people = await writePeople(work);
      const [pending] = await tx.query<{ n: number }>(PENDING, [tenant]);
      const manifest: ArchiveManifest = {
        format: FORMAT,
        id,
        madeAt,
        tenant: columns,
        ledger: await readLedger(tx),
        plugins: [...plugins],
        tables,
        files,
        people,
        leftOut,
        notMoved: NOT_MOVED,
        undelivered: pending?.n ?? 0,
      };
      await writer.add('manifest.json', toJson(manifest));
      return manifest;
    });
  });
}

/** What an export goes by. */
export interface ExportWork {
  readonly deps: TransferDeps;
  readonly options: ExportOptions;
  readonly tx: Queryable;
  readonly writer: ArchiveWriter;
  readonly catalog: PrivacyCatalog;
  readonly seal: TransferSeal | undefined;
}

/** The tables of tenants that travel, parents first. */
export async function movedTables(tx: Queryable): Promise<Table[]> {
  return ofTenants(await readTables(tx)).filter((table) => !Object.hasOwn(NOT_MOVED, nameOf(table)));
}

async function writeTables(work: ExportWork): Promise<Pick<ArchiveManifest, 'tables' | 'leftOut'>> {
  const { tx, catalog, options } = work;
  const all = await movedTables(tx);
  const tables: TableEntry[] = [];
  const leftOut: ArchiveManifest['leftOut'] = [];
  for (const [done, table] of all.entries()) {
    options.signal?.throwIfAborted();
    options.progress?.('tables', done, all.length);
    const name = nameOf(table);
    const declared = catalog.get(name);
    if (!declared) {
      const [rows] = await tx.query<{ n: number }>(`${COUNT(table)}${options.tenant}'`);
      if (rows && rows.n > 0)
        leftOut.push({
          table: name,
          what: `${rows.n} rows of a plugin that is not installed, so nobody says what they hold`,
        });
      continue;
    }
    tables.push(await writeTable(work, table, declared.secret, leftOut));
  }
  options.progress?.('tables', all.length, all.length);
  return { tables, leftOut };
}

async function writeTable(
  work: ExportWork,
  table: Table,
  secret: ReadonlySet<string>,
  leftOut: ArchiveManifest['leftOut'],
): Promise<TableEntry> {
  const { tx, writer, options, seal } = work;
  const moved = movedColumns(table);
  const columns = moved.map(({ name }) => name);
  const sealed = moved.flatMap(({ name }, at) => (secret.has(name) ? [at] : []));
  const later = WRITTEN_LATER[nameOf(table)] ?? [];
  const left = moved.flatMap(({ name }, at) => (secret.has(name) || later.includes(name) ? [at] : []));
  const digest = createRowDigest(new Set(left));
  const parts: TableEntry['parts'] = [];
  const missing = new Set<string>();
  let lines: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const path = `tables/${table.schema}/${table.name}/${String(parts.length + 1).padStart(6, '0')}.ndjson`;
    parts.push({ ...(await writer.add(path, Buffer.from(lines.join('')))), rows: lines.length });
    lines = [];
    bytes = 0;
  };
  for await (const rows of readRows(tx, table, options.tenant, columns)) {
    options.signal?.throwIfAborted();
    for (const row of rows) {
      const ready = sealed.length === 0 ? row : await sealRow(work, table, columns, sealed, row);
      if (typeof ready === 'string') {
        missing.add(ready);
        continue;
      }
      digest.add(ready);
      const line = `${JSON.stringify(ready)}\n`;
      lines.push(line);
      bytes += line.length;
      if (bytes >= PART_BYTES) await flush();
    }
  }
  await flush();
  for (const what of missing) leftOut.push({ table: nameOf(table), what });
  const told = seal === undefined ? [] : sealed.map((at) => columns[at] ?? '');
  return {
    schema: table.schema,
    name: table.name,
    columns,
    sealed: told,
    rows: digest.count,
    digest: digest.value(),
    parts,
  };
}

/** The row with its secrets sealed for the way, or, when nothing seals them, what is left out. */
async function sealRow(
  { deps, options, seal }: ExportWork,
  table: Table,
  columns: readonly string[],
  secret: readonly number[],
  row: RowTexts,
): Promise<RowTexts | string> {
  const valueOf = (column: string): string => row[columns.indexOf(column)] ?? '';
  const name = nameOf(table);
  const isKept = name === 'core.secret';
  if (!seal) {
    const required = table.columns.filter((column) => column.required).map((column) => column.name);
    const needed = secret.filter((at) => row[at] !== null && required.includes(columns[at] ?? ''));
    if (needed.length > 0)
      return isKept ? `the secret ${valueOf('name')} of ${valueOf('owner')}` : describe(table, columns, row);
    return row.map((value, at) => (secret.includes(at) ? null : value));
  }
  const sealed = [...row];
  for (const at of secret) {
    const text = row[at];
    if (text === null || text === undefined) continue;
    // What the host seals with its own key would open nowhere else.
    const clear = isKept
      ? await deps.secrets.get(options.tenant, valueOf('owner'), valueOf('name')).catch(() => undefined)
      : text;
    if (clear === undefined)
      return `the secret ${valueOf('name')} of ${valueOf('owner')}, which opens with no key that is known here`;
    sealed[at] = seal.seal(placeOf(name, columns[at] ?? ''), clear);
  }
  return sealed;
}

/** Where a sealed value stands; it opens nowhere else. */
export const placeOf = (table: string, column: string): string => `${table}.${column}`;

/** Names a row without saying its secret. */
function describe({ primaryKey }: Table, columns: readonly string[], row: RowTexts): string {
  const named = ['name', 'purpose', 'start'].find((column) => columns.includes(column) && row[columns.indexOf(column)]);
  const key = named === undefined ? primaryKey.filter((column) => column !== 'tenant_id') : [named];
  return key.map((column) => `${column} ${row[columns.indexOf(column)] ?? ''}`).join(', ');
}

async function tenantRow(tx: Queryable, tenant: string): Promise<Record<string, string | null>> {
  const columns = await tx.query<{ key: string; value: string | null }>(TENANT, [tenant]);
  if (columns.length === 0) throw PortabilityError.notAnArchive(`there is no tenant ${tenant}`);
  return Object.fromEntries(columns.map(({ key, value }) => [key, value]));
}

async function readLedger(tx: Queryable): Promise<ArchiveManifest['ledger']> {
  const ledger: Record<string, Record<string, string>> = {};
  for (const { owner, name, checksum } of await tx.query<{ owner: string; name: string; checksum: string }>(LEDGER))
    (ledger[owner] ??= {})[name] = checksum;
  return ledger;
}

const toJson = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
