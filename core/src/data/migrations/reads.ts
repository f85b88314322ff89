import { DataError } from '../errors.ts';
import { ident, qualified } from '../names.ts';
import type { Queryable } from '../transaction.ts';

/** Columns of tables that a view uses; its reader needs them, because the view runs with the reader's rights. */
const USED_COLUMNS = `
  select format('%I.%I', table_schema, table_name) as "table", array_agg(distinct column_name::text) as columns
  from information_schema.view_column_usage where view_schema = $1 and view_name = $2 group by 1`;

/** Lets a role read published views of others, and of the tables below just the columns they use. Returns the views. */
export async function grantReads(tx: Queryable, role: string, views: readonly string[]): Promise<readonly string[]> {
  for (const view of views) {
    const [schema = '', name = ''] = view.split('.');
    const used = await tx.query<{ table: string; columns: string[] }>(USED_COLUMNS, [schema, name]);
    if (used.length === 0) {
      throw new DataError(
        'migration_refused',
        `${role} wants to read the view ${view}, which nobody has published. Start the plugin that publishes it first.`,
      );
    }
    await tx.query(`grant usage on schema ${ident(schema)} to ${ident(role)}`);
    await tx.query(`grant select on ${qualified(view)} to ${ident(role)}`);
    for (const { table, columns } of used)
      await tx.query(
        `grant select (${columns.map((column) => `"${column}"`).join(', ')}) on ${table} to ${ident(role)}`,
      );
  }
  return views;
}
