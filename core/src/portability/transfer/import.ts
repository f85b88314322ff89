import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PodliftError } from '@podlift/sdk';
import { createPartitionKeeper, type Queryable } from '../../data/index.ts';
import { readArchive, type Member } from '../archive/archive.ts';
import { createTransferSeal, type TransferSeal } from '../archive/field-seal.ts';
import { nameOf, type Table } from '../catalog/tables.ts';
import { PortabilityError } from '../errors.ts';
import { findObstacles, isDomainTaken } from './check.ts';
import { compareTenant } from './compare.ts';
import type { TransferDeps } from './deps.ts';
import { movedTables, placeOf } from './export.ts';
import { insertRows, stageRows, useTenant } from './insert.ts';
import { ArchiveHead, ArchiveManifest, type TableEntry } from './manifest.ts';
import { digestOf, readFile } from './moved-files.ts';
import { bringPeople, findNewcomers, isPeople, parsePeople, withNewcomers, type PeopleReport } from './people.ts';
import type { RowTexts } from './rows.ts';

/** How a tenant is imported. */
export interface ImportOptions {
  readonly passphrase?: string | undefined;
  /** Its address here, when the one it had is taken. */
  readonly slug?: string;
  /** Takes over the passwords that stand in the archive. Who made it can sign in with them as anybody whom it names. */
  readonly withPasswords?: boolean;
  readonly progress?: (label: string, done: number, total: number) => void;
  /** For drills: called after each step that was committed. */
  readonly step?: (name: string) => Promise<void> | void;
}

/** What came in. */
export interface ImportReport {
  readonly tenant: string;
  readonly slug: string;
  readonly tables: number;
  readonly rows: number;
  readonly files: number;
  readonly people: PeopleReport;
  readonly leftOut: ArchiveManifest['leftOut'];
  /** It had come in completely before. */
  readonly before?: boolean;
}

/** Opens the archive anew; it is read twice, first to see that it is whole. */
export type ArchiveSource = () => AsyncIterable<Uint8Array>;

export const archiveFile =
  (path: string): ArchiveSource =>
  () =>
    createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;

/** Reads all of an archive and proves that nothing of it is missing or changed. */
export async function verifyArchive(
  source: ArchiveSource,
  passphrase?: string,
): Promise<{ readonly head: ArchiveHead; readonly manifest: ArchiveManifest; readonly members: number }> {
  let head: ArchiveHead | undefined;
  let manifest: ArchiveManifest | undefined;
  let members = 0;
  const seen = new Map<string, string>();
  for await (const member of readArchive(source(), passphrase)) {
    members++;
    if (member.path === 'head.json') head = parseJson(ArchiveHead, await member.whole());
    else if (!head) throw PortabilityError.notAnArchive('it does not begin like one');
    else if (member.path === 'manifest.json') manifest = parseJson(ArchiveManifest, await member.whole());
    else {
      const sha256 = await hashOf(member);
      const digest = digestOf(member.path);
      if (digest === undefined) seen.set(member.path, sha256);
      else if (digest !== sha256) throw PortabilityError.damaged(`the file ${digest} was changed`);
    }
  }
  if (!head || !manifest) throw PortabilityError.damaged('it has no end');
  // Rows go where the beginning says, obstacles are looked for where the end says: one archive is of one tenant.
  if (head.id !== manifest.id || head.tenant.id !== manifest.tenant['id'])
    throw PortabilityError.damaged('its beginning and its end name different tenants');
  const parts = [...manifest.tables.flatMap((table) => table.parts), manifest.people.part];
  const bad = parts.find(({ path, sha256 }) => seen.get(path) !== sha256);
  if (bad) throw PortabilityError.damaged(`${bad.path} is missing or was changed`);
  return { head, manifest, members };
}

/**
 * Brings a tenant in. It is closed to everybody until everything is there and every table was compared with the archive.
 * Broken off at any point it can be run again, and goes on where it was.
 */
export async function importTenant(
  deps: TransferDeps,
  source: ArchiveSource,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { passphrase, progress = () => undefined, step = () => undefined } = options;
  const { head, manifest, members } = await verifyArchive(source, passphrase);
  if (head.salt !== undefined && passphrase === undefined) throw PortabilityError.passphraseMissing();
  const seal = head.salt === undefined ? undefined : await createTransferSeal(passphrase ?? '', head.salt);
  const tenant = head.tenant.id;
  const begun = await begin(deps, manifest, options.slug ?? head.tenant.slug);
  if (begun.report) {
    // It may have been broken off between the last two steps.
    await deps.arrived(tenant);
    return { ...begun.report, before: true };
  }
  await step('begun');
  await deps.identity.organizations.ensure({ id: tenant, slug: begun.slug, name: head.tenant.name });
  await step('organisation');

  const work = { deps, manifest, archive: head.id, tenant, seal, tables: await readMoved(deps) };
  let people: PeopleReport = { joined: [], created: [], toInvite: [] };
  let at = 0;
  for await (const member of readArchive(source(), passphrase)) {
    const mine = at++;
    progress('import', mine, members);
    if (isPeople(member.path)) {
      // Small, and the report needs what came of it; everything in it can be done again.
      const persons = parsePeople((await member.whole()).toString());
      const pool = deps.database.pool('auth');
      const newcomers = await keepNewcomers(deps, head.id, await findNewcomers(pool, persons));
      await step('newcomers');
      people = withNewcomers(await bringPeople(pool, tenant, persons, options.withPasswords ?? false), newcomers);
      await step('people');
    } else if (mine >= begun.done) {
      await takeMember(work, member, mine);
      await step(member.path);
    }
  }
  await deps.files.moving.settle(tenant);
  const compared = await compareTenant(deps, tenant, manifest.tables);
  if (compared.differences.length > 0) throw PortabilityError.differs(compared.differences.map(({ table }) => table));
  await step('compared');
  const report: ImportReport = {
    tenant,
    slug: begun.slug,
    tables: compared.compared,
    rows: compared.rows,
    files: manifest.files.count,
    people,
    leftOut: manifest.leftOut,
  };
  await finish(deps, head.id, manifest, report);
  await step('opened');
  await deps.arrived(tenant);
  progress('import', members, members);
  return report;
}

const KEEP = `update core.tenant_import set report = coalesce(report, $2::jsonb) where id = $1 and state = 'running' returning report`;

/** What the first run wrote stands, whatever a later one finds. */
async function keepNewcomers({ database }: TransferDeps, archive: string, found: readonly string[]): Promise<string[]> {
  const [row] = await database.owner((tx) =>
    tx.query<{ report: { newcomers?: string[] } }>(KEEP, [archive, JSON.stringify({ newcomers: found })]),
  );
  return row?.report.newcomers ?? [];
}

const BEGUN = `select slug, state, done, report from core.tenant_import where id = $1 for update`;
const BEGIN = `insert into core.tenant_import (id, tenant_id, slug, state, started_at) values ($1, $2, $3, 'running', $4)`;
const COLUMNS = `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
  where a.attrelid = 'core.tenants'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`;
const LOCK = `select pg_advisory_xact_lock(hashtextextended('core.tenant_import:' || $1, 0))`;

/** Makes the tenant, closed, or finds where an earlier run was. */
async function begin(
  deps: TransferDeps,
  manifest: ArchiveManifest,
  slug: string,
): Promise<{ readonly slug: string; readonly done: number; readonly report?: ImportReport }> {
  const installed = await deps.installed();
  return deps.database.owner(async (tx) => {
    await tx.query(LOCK, [manifest.tenant['id']]);
    const [found] = await tx.query<{ slug: string; state: string; done: number; report: ImportReport }>(BEGUN, [
      manifest.id,
    ]);
    if (found) return { slug: found.slug, done: found.done, ...(found.state === 'done' && { report: found.report }) };
    const reasons = await findObstacles(tx, manifest, slug, await movedTables(tx), installed);
    if (reasons.length > 0) throw PortabilityError.refused(reasons);
    const known = await tx.query<{ name: string; type: string }>(COLUMNS);
    const row: Record<string, string | null> = { ...manifest.tenant, slug, status: 'importing' };
    const columns = known.filter(({ name }) => Object.hasOwn(row, name));
    await tx.execute(
      `insert into core.tenants (${columns.map(({ name }) => name).join(', ')})
       values (${columns.map(({ type }, n) => `$${n + 1}::text::${type}`).join(', ')})`,
      columns.map(({ name }) => row[name] ?? null),
    );
    await tx.execute(BEGIN, [manifest.id, manifest.tenant['id'], slug, new Date(deps.clock.now())]);
    return { slug, done: 0 };
  });
}

interface ImportWork {
  readonly deps: TransferDeps;
  readonly manifest: ArchiveManifest;
  readonly archive: string;
  readonly tenant: string;
  readonly seal: TransferSeal | undefined;
  readonly tables: ReadonlyMap<string, Table>;
}

const DONE = 'update core.tenant_import set done = $2 where id = $1';

async function takeMember(work: ImportWork, member: Member, at: number): Promise<void> {
  const { deps, archive, tenant } = work;
  const digest = digestOf(member.path);
  if (digest !== undefined) {
    await readFile(deps, tenant, digest, member);
    await deps.database.owner((tx) => tx.execute(DONE, [archive, at + 1]));
    return;
  }
  const [, schema, name, number] = /^tables\/([^/]+)\/([^/]+)\/(\d+)\.ndjson$/.exec(member.path) ?? [];
  const entry = work.manifest.tables.find((one) => one.schema === schema && one.name === name);
  if (!entry) return;
  const table = work.tables.get(nameOf(entry));
  if (!table) return;
  const rows = (await member.whole()).toString().split('\n').filter(Boolean).map(parseRow);
  const clear = rows.map((row) => unsealRow(work, entry, row));
  assertOwn(tenant, table, entry, clear);
  await ensurePlaces(deps, table, entry, clear);
  if (nameOf(entry) === 'core.secret') await putSecrets(deps, tenant, entry, clear);
  await deps.database.owner(async (tx) => {
    await useTenant(tx, tenant);
    if (nameOf(entry) === 'core.secret') await restoreTimes(tx, tenant, entry, clear);
    else if (
      nameOf(entry) === 'core.tenant_domain' &&
      (await isDomainTaken(tx, valuesOf(entry, clear, 'domain'), tenant))
    )
      throw PortabilityError.refused(['one of its domains belongs to another tenant here']);
    else if (table.refersToItself) await stageRows(tx, { archive, table, entry, part: Number(number) - 1 }, clear);
    else await insertRows(tx, table, entry.columns, unproven(entry, clear));
    await tx.execute(DONE, [archive, at + 1]);
  });
}

/** The text of a part is what an export wrote, proven by its digest. */
const parseRow = (line: string): RowTexts => JSON.parse(line) as RowTexts;

const valuesOf = ({ columns }: TableEntry, rows: readonly RowTexts[], column: string): string[] => {
  const at = columns.indexOf(column);
  return rows.flatMap((row) => row[at] ?? []);
};

function unsealRow({ seal }: ImportWork, entry: TableEntry, row: RowTexts): RowTexts {
  if (entry.sealed.length === 0) return row;
  const sealed = new Set(entry.sealed.map((column) => entry.columns.indexOf(column)));
  return row.map((value, at) =>
    value === null || !sealed.has(at) || !seal
      ? value
      : seal.open(placeOf(nameOf(entry), entry.columns[at] ?? ''), value),
  );
}

/** Tables that are looked up before a tenant is known, such as keys and domains, have no policy that would refuse a foreign row. */
function assertOwn(tenant: string, table: Table, { columns }: TableEntry, rows: readonly RowTexts[]): void {
  const at = columns.indexOf(table.tenantColumn);
  if (rows.some((row) => row[at] !== tenant))
    throw PortabilityError.damaged(`${nameOf(table)} holds rows of another tenant`);
}

/** Here nobody has seen the record that proves a domain; a proven one leads to its tenant and is trusted by the sign-in. */
function unproven(entry: TableEntry, rows: readonly RowTexts[]): readonly RowTexts[] {
  if (nameOf(entry) !== 'core.tenant_domain') return rows;
  const proven = entry.columns.indexOf('verified_at');
  return rows.map((row) => row.map((value, at) => (at === proven ? null : value)));
}

/** Rows of months that nobody has had here. */
async function ensurePlaces(
  deps: TransferDeps,
  table: Table,
  entry: TableEntry,
  rows: readonly RowTexts[],
): Promise<void> {
  if (!table.partitioned) return;
  const keeper = createPartitionKeeper(deps.database, { now: () => deps.clock.now(), maxAgeDays: 36_500 });
  const times = valuesOf(entry, rows, 'id').map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
  await keeper.ensure(table.schema, table.name, times);
}

/** Sealed anew with the key of this installation. */
async function putSecrets(
  { secrets }: TransferDeps,
  tenant: string,
  { columns }: TableEntry,
  rows: readonly RowTexts[],
): Promise<void> {
  for (const row of rows) {
    const value = (column: string): string => row[columns.indexOf(column)] ?? '';
    await secrets.put(tenant, value('owner'), value('name'), value('sealed'), value('updated_by'));
  }
}

const TIMES = `update core.secret set updated_at = $4::text::timestamptz where tenant_id = $1 and owner = $2 and name = $3`;

async function restoreTimes(
  tx: Queryable,
  tenant: string,
  { columns }: TableEntry,
  rows: readonly RowTexts[],
): Promise<void> {
  for (const row of rows) {
    const value = (column: string): string => row[columns.indexOf(column)] ?? '';
    await tx.execute(TIMES, [tenant, value('owner'), value('name'), value('updated_at')]);
  }
}

/** What waited there, and what ran there when it was exported, waits here. */
const WAIT = `update core.job set state = 'waiting', admitted_at = null where tenant_id = $1 and state in ('waiting', 'active')`;
const LINE = `insert into core.job_line (queue, tenant_id, lane, due_at)
  select queue, tenant_id, lane, min(run_at) from core.job where tenant_id = $1 and state = 'waiting' group by 1, 2, 3
  on conflict (queue, tenant_id, lane) do update set due_at = least(job_line.due_at, excluded.due_at)`;
const OPEN = `update core.tenants set status = $2 where id = $1 and status = 'importing'`;
const REPORT = `update core.tenant_import set state = 'done', report = $2, finished_at = $3 where id = $1 and state = 'running'`;

/** Opens the tenant as it was there. */
async function finish(
  deps: TransferDeps,
  archive: string,
  manifest: ArchiveManifest,
  report: ImportReport,
): Promise<void> {
  const { status = 'active' } = manifest.tenant;
  await deps.database.owner(async (tx) => {
    await useTenant(tx, report.tenant);
    await tx.execute(WAIT, [report.tenant]);
    await tx.execute(LINE, [report.tenant]);
    await tx.execute(OPEN, [report.tenant, status === 'suspended' ? 'suspended' : 'active']);
    await tx.execute(REPORT, [archive, JSON.stringify(report), new Date(deps.clock.now())]);
  });
  deps.tenancy.forget();
}

async function readMoved({ database }: TransferDeps): Promise<ReadonlyMap<string, Table>> {
  const tables = await database.owner((tx) => movedTables(tx));
  return new Map(tables.map((table) => [nameOf(table), table]));
}

async function hashOf(member: Member): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of member.pieces()) hash.update(piece);
  return hash.digest('hex');
}

function parseJson<T>(schema: { parse(value: unknown): T }, bytes: Buffer): T {
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw cause instanceof PodliftError
      ? cause
      : PortabilityError.notAnArchive('it was written by another version of Podlift');
  }
}
