import type { Identifier } from '@podlift/sdk';
import type { Queryable } from '../../data/index.ts';
import { writeArchive, type ArchiveWriter } from '../archive/archive.ts';
import type { Sink } from '../archive/sink.ts';
import { nameOf, quote } from '../catalog/tables.ts';
import type { PrivacyCatalog } from '../catalog/privacy.ts';
import { useSnapshot } from '../transfer/rows.ts';
import type { SubjectDeps } from './deps.ts';
import { aboutPerson, type Condition, type Party } from './places.ts';
import { whose } from './resolve.ts';
import { summarize } from './summary.ts';

/** What was found about a person in one table. */
export interface Found {
  readonly table: string;
  readonly party?: string;
  readonly rows: number;
  /** Why the columns are there, without doubles. */
  readonly purposes: readonly string[];
}

export interface SubjectExportOptions {
  readonly tenant: string;
  readonly request: string;
  readonly identifiers: readonly Identifier[];
  readonly parties: readonly Party[];
  readonly catalog: PrivacyCatalog;
  readonly step?: (name: string, done: number, total: number) => Promise<void> | void;
}

const PART_BYTES = 1024 * 1024;
const FETCH = 500;

/** Writes all that is kept about a person: a page to read, and the rows themselves for machines. */
export async function exportPerson(
  deps: SubjectDeps,
  options: SubjectExportOptions,
  sink: Sink,
): Promise<{ readonly found: Found[]; readonly files: number }> {
  const { tenant, parties, identifiers, step = () => undefined } = options;
  const now = deps.clock.now();
  return deps.database.owner(async (tx) => {
    await useSnapshot(tx, tenant);
    return writeArchive(sink, { now }, async (writer) => {
      const found: Found[] = [];
      for (const [done, party] of parties.entries()) {
        const about = aboutPerson(party, identifiers, 1);
        const rows = about ? await writeParty(tx, writer, options, party, about) : 0;
        if (rows > 0) found.push(foundIn(party, rows));
        await step(nameOf(party.table), done + 1, parties.length);
      }
      const files = await writeOwnFiles(deps, tx, writer, options);
      const about = { request: options.request, madeAt: new Date(now).toISOString(), identifiers, found, files };
      await writer.add('request.json', Buffer.from(`${JSON.stringify(about, null, 2)}\n`));
      await writer.add('README.md', Buffer.from(summarize(about, parties)));
      return { found, files };
    });
  });
}

const foundIn = ({ table, party, places }: Party, rows: number): Found => ({
  table: nameOf(table),
  ...(party !== undefined && { party }),
  rows,
  purposes: [...new Set(places.map(({ purpose }) => purpose).filter(Boolean))],
});

async function writeParty(
  tx: Queryable,
  writer: ArchiveWriter,
  { tenant, catalog }: SubjectExportOptions,
  party: Party,
  about: Condition,
): Promise<number> {
  const { table } = party;
  const name = nameOf(table);
  const secret = catalog.get(name)?.secret ?? new Set<string>();
  const columns = table.columns.filter((column) => column.name !== 'tenant_id' && !secret.has(column.name));
  const pairs = columns.map((column) => `'${column.name.replaceAll("'", "''")}', t.${quote(column.name)}`).join(', ');
  const where = whose(party).replaceAll('$1', `'${tenant}'`);
  // A cursor keeps no parameters of statements that are not prepared, so they are written into the text, quoted by the server.
  const [literal] = await tx.query<{ sql: string }>(formatSql(about), [...about.values]);
  await tx.query(`declare person no scroll cursor for select json_build_object(${pairs})::text as row from ${table.from} t
    where ${where} and ${literal?.sql ?? 'false'}`);
  let [total, part, bytes] = [0, 0, 0];
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const folder = `data/${table.schema}/${table.name}${party.party === undefined ? '' : `-${party.party}`}`;
    await writer.add(`${folder}/${String(++part).padStart(6, '0')}.ndjson`, Buffer.from(lines.join('')));
    lines = [];
    bytes = 0;
  };
  for (;;) {
    const rows = await tx.query<{ row: string }>(`fetch ${FETCH} from person`);
    for (const { row } of rows) {
      lines.push(`${row}\n`);
      bytes += row.length;
      if (bytes >= PART_BYTES) await flush();
    }
    total += rows.length;
    if (rows.length === 0) break;
  }
  await tx.query('close person');
  await flush();
  return total;
}

/** Has the server put the values into the text of a condition. */
function formatSql({ sql, values }: Condition): string {
  const parts = sql.split(/\$(\d+)/);
  // Odd parts are numbers of parameters.
  const text = parts.map((part, at) => (at % 2 === 1 ? '%L' : part.replaceAll('%', '%%'))).join('');
  const order = parts.filter((_, at) => at % 2 === 1);
  const given = order.map((number) => `$${number}::text[]::text`).join(', ');
  return values.length === 0
    ? `select '${text.replaceAll("'", "''")}' as sql`
    : `select format('${text.replaceAll("'", "''")}', ${given}) as sql`;
}

/** The content of files that are about the person. */
async function writeOwnFiles(
  { files }: SubjectDeps,
  tx: Queryable,
  writer: ArchiveWriter,
  { tenant, parties, identifiers }: SubjectExportOptions,
): Promise<number> {
  const party = parties.find(({ table }) => nameOf(table) === 'core.file');
  const about = party && aboutPerson(party, identifiers, 2);
  if (!about) return 0;
  const rows = await tx.query<{ digest: string }>(
    `select distinct digest from core.file where tenant_id = $1::uuid and ${about.sql} order by digest`,
    [tenant, ...about.values],
  );
  for (const { digest } of rows) {
    const { content, body } = await files.moving.openContent(tenant, digest);
    await writer.stream(`files/${digest}`, content.bytes, body);
  }
  return rows.length;
}
