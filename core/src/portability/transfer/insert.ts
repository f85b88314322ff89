import type { Queryable } from '../../data/index.ts';
import { nameOf, quote, type Table } from '../catalog/tables.ts';
import { FAITHFUL, type RowTexts } from './rows.ts';
import type { TableEntry } from './manifest.ts';

/** Prepares a transaction that writes rows as they were read. */
export async function useTenant(tx: Queryable, tenant: string): Promise<void> {
  for (const sql of FAITHFUL.split(';')) await tx.query(sql);
  await tx.query('select core.use_tenant($1)', [tenant]);
}

/** The statement that writes rows, given as a JSON array of arrays. Rows that are there already stay as they are. */
function insertSql(table: Table, columns: readonly string[], source: string): string {
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  const values = columns.map((column, at) => `(r ->> ${at})::${types.get(column) ?? 'text'}`).join(', ');
  return `insert into ${table.from} (${columns.map(quote).join(', ')}) overriding system value
    select ${values} from ${source} on conflict do nothing`;
}

/** Writes rows of one part. */
export async function insertRows(
  tx: Queryable,
  table: Table,
  columns: readonly string[],
  rows: readonly RowTexts[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(insertSql(table, columns, 'json_array_elements($1::json) r'), [JSON.stringify(rows)]);
}

const STAGE = `insert into core.tenant_import_row (import_id, name, part, rows) values ($1, $2, $3, $4) on conflict do nothing`;
const UNSTAGE = 'delete from core.tenant_import_row where import_id = $1 and name = $2';

/**
 * Rows that may refer to each other go in by one statement, whose references are checked at its end: parts are kept aside
 * until the last one is there.
 */
export async function stageRows(
  tx: Queryable,
  at: { readonly archive: string; readonly table: Table; readonly entry: TableEntry; readonly part: number },
  rows: readonly RowTexts[],
): Promise<void> {
  const { archive, table, entry, part } = at;
  const name = nameOf(table);
  await tx.execute(STAGE, [archive, name, part, JSON.stringify(rows)]);
  if (part < entry.parts.length - 1) return;
  const source = `core.tenant_import_row s cross join lateral json_array_elements(s.rows::json) r where s.import_id = $1 and s.name = $2`;
  await tx.query(insertSql(table, entry.columns, source), [archive, name]);
  await tx.execute(UNSTAGE, [archive, name]);
}
