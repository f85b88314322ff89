import pg from 'pg';
import { asAdmin } from './database.ts';

const TABLES = `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  order by 1`;

/** Every row of every table, of whatever schema, in which `text` stands anywhere: table name to rows as JSON. */
export const findRows = (url: string, text: string): Promise<Map<string, string[]>> =>
  asAdmin(url, async (client) => {
    const found = new Map<string, string[]>();
    for (const table of await tablesOf(client)) {
      const { rows } = await client.query<{ row: string }>(
        `select to_jsonb(t)::text as row from ${table} t where t::text like '%' || $1 || '%' order by 1`,
        [text],
      );
      if (rows.length > 0)
        found.set(
          table,
          rows.map(({ row }) => row),
        );
    }
    return found;
  });

/** What each table holds, in one word: it changes when a row is written, changed or removed. */
export const fingerprint = (url: string): Promise<Record<string, string>> =>
  asAdmin(url, async (client) => {
    const found: Record<string, string> = {};
    for (const table of await tablesOf(client)) {
      const { rows } = await client.query<{ word: string }>(
        `select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) as word from ${table} t`,
      );
      found[table] = rows[0]?.word ?? '';
    }
    return found;
  });

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(TABLES);
  return rows.map(({ name }) => name);
}
