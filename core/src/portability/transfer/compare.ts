import type { Queryable } from '../../data/index.ts';
import { nameOf, type Table } from '../catalog/tables.ts';
import { movedTables } from './export.ts';
import type { TransferDeps } from './deps.ts';
import type { TableEntry } from './manifest.ts';
import { WRITTEN_LATER } from './not-moved.ts';
import { createRowDigest, movedColumns, readRows, useSnapshot } from './rows.ts';

/** What a table of a tenant holds, as one figure. */
export interface TableDigest {
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

/** A table that is not the same on both sides. */
export interface TableDifference {
  readonly table: string;
  readonly here: Omit<TableDigest, 'table'>;
  readonly there: Omit<TableDigest, 'table'>;
}

/** The figures of every table of a tenant that travels. Secrets are left out: they are sealed differently everywhere. */
export async function digestTenant(deps: TransferDeps, tenant: string): Promise<TableDigest[]> {
  const catalog = await deps.privacy();
  return deps.database.owner(async (tx) => {
    await useSnapshot(tx, tenant);
    const digests: TableDigest[] = [];
    for (const table of await movedTables(tx)) {
      const declared = catalog.get(nameOf(table));
      if (!declared) continue;
      const columns = movedColumns(table).map(({ name }) => name);
      digests.push(await digestTable(tx, table, tenant, columns, [...declared.secret]));
    }
    return digests;
  });
}

async function digestTable(
  tx: Queryable,
  table: Table,
  tenant: string,
  columns: readonly string[],
  left: readonly string[],
): Promise<TableDigest> {
  const all = [...left, ...(WRITTEN_LATER[nameOf(table)] ?? [])];
  const digest = createRowDigest(new Set(all.map((column) => columns.indexOf(column)).filter((at) => at >= 0)));
  for await (const rows of readRows(tx, table, tenant, columns)) for (const row of rows) digest.add(row);
  return { table: nameOf(table), rows: digest.count, digest: digest.value() };
}

/** Holds a tenant here against an archive of it, or of another copy of it. */
export async function compareTenant(
  deps: TransferDeps,
  tenant: string,
  entries: readonly TableEntry[],
): Promise<{ readonly compared: number; readonly rows: number; readonly differences: TableDifference[] }> {
  const catalog = await deps.privacy();
  return deps.database.owner(async (tx) => {
    await useSnapshot(tx, tenant);
    const differences: TableDifference[] = [];
    const tables = new Map((await movedTables(tx)).map((table) => [nameOf(table), table]));
    let rows = 0;
    for (const entry of entries) {
      const name = nameOf(entry);
      const table = tables.get(name);
      const secret = catalog.get(name)?.secret ?? new Set<string>();
      const here = table
        ? // The columns of the archive: a newer table may have more.
          await digestTable(tx, table, tenant, entry.columns, [...secret])
        : { table: name, rows: 0, digest: createRowDigest().value() };
      rows += here.rows;
      if (here.digest !== entry.digest)
        differences.push({
          table: name,
          here: { rows: here.rows, digest: here.digest },
          there: { rows: entry.rows, digest: entry.digest },
        });
    }
    return { compared: entries.length, rows, differences };
  });
}
