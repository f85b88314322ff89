import { existsSync, linkSync, copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { connectClient, type AsideServer } from '../../data/index.ts';

/** What a restored database holds. */
export interface Examination {
  readonly tables: number;
  readonly rows: number;
  readonly tenants: number;
  /** Rows per table, `core.event: 12`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly missingFiles: number;
  /** What the checks of indexes and tables found, one sentence each. */
  readonly problems: readonly string[];
}

const DATABASE = 'podlift';
const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name, c.oid::int as oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`;
const INDEXES = `
  select c.oid::int as oid, c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
  join pg_namespace n on n.oid = c.relnamespace
  where a.amname = 'btree' and i.indisvalid and c.relkind = 'i' and c.relpersistence <> 't'`;

/**
 * Looks at a database that was put back: reads every row, and whether each file that rows speak of is there. Files that are
 * missing are taken from `alsoFrom`, where the installation kept them until now. `deep` also checks indexes and pages.
 */
export async function examineCluster(
  server: Pick<AsideServer, 'url'>,
  { files, alsoFrom, deep = false }: { files?: string; alsoFrom?: string | undefined; deep?: boolean },
): Promise<Examination> {
  const client = await connectClient(server.url(DATABASE));
  try {
    const tables = (await client.query<{ name: string; oid: number }>(TABLES)).rows;
    const counts: Record<string, number> = {};
    if (deep || tables.length === 0) for (const { name } of tables) counts[name] = await count(client, name);
    else Object.assign(counts, await estimate(client));
    return {
      tables: tables.length,
      rows: Object.values(counts).reduce((sum, one) => sum + one, 0),
      tenants: tables.some(({ name }) => name === 'core.tenants') ? await count(client, 'core.tenants') : 0,
      counts,
      missingFiles: files === undefined ? 0 : await fetchMissing(client, files, alsoFrom),
      problems: deep ? await check(client, tables) : [],
    };
  } finally {
    await client.end();
  }
}

const count = async (client: pg.Client, table: string): Promise<number> =>
  (await client.query<{ n: number }>(`select count(*)::float8 as n from ${table}`)).rows[0]?.n ?? 0;

async function estimate(client: pg.Client): Promise<Record<string, number>> {
  const { rows } = await client.query<{ name: string; n: number }>(
    `select format('%I.%I', n.nspname, c.relname) as name, greatest(c.reltuples, 0)::float8 as n from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

/** The server's own checker: every index against its table, every page against its rules. The extension goes with the copy. */
async function check(client: pg.Client, tables: readonly { name: string; oid: number }[]): Promise<string[]> {
  const problems: string[] = [];
  await client.query('create extension if not exists amcheck schema pg_catalog');
  for (const { oid, name } of (await client.query<{ oid: number; name: string }>(INDEXES)).rows)
    await client
      .query('select bt_index_check($1::oid::regclass, true)', [oid])
      .catch((error: Error) => problems.push(`The index ${name}: ${error.message}`));
  for (const { oid, name } of tables) {
    const found = await client
      .query<{ msg: string }>('select msg from verify_heapam($1::oid::regclass) limit 3', [oid])
      .catch((error: Error) => ({ rows: [{ msg: error.message }] }));
    problems.push(...found.rows.map(({ msg }) => `The table ${name}: ${msg}`));
  }
  return problems;
}

/** What lies under a name never changes, so what is there is the right one. Older databases name it by its digest. */
async function fetchMissing(client: pg.Client, files: string, alsoFrom: string | undefined): Promise<number> {
  const there = await client.query<{ files: boolean; contents: boolean }>(
    `select to_regclass('core.file') is not null as files, to_regclass('core.file_content') is not null as contents`,
  );
  if (!there.rows[0]?.files) return 0;
  const { rows } = await client.query<{ tenant: string; object: string }>(
    there.rows[0].contents
      ? 'select tenant_id::text as tenant, object from core.file_content where unreferenced_at is null'
      : `select distinct tenant_id::text as tenant, left(digest, 2) || '/' || digest as object from core.file`,
  );
  let missing = 0;
  for (const { tenant, object } of rows) {
    const path = join(tenant, object);
    if (existsSync(join(files, path))) continue;
    if (alsoFrom === undefined || !existsSync(join(alsoFrom, path))) {
      missing += 1;
      continue;
    }
    mkdirSync(dirname(join(files, path)), { recursive: true, mode: 0o700 });
    try {
      linkSync(join(alsoFrom, path), join(files, path));
    } catch {
      copyFileSync(join(alsoFrom, path), join(files, path));
    }
  }
  return missing;
}
