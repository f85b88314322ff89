import type { Tx } from '../../data/index.ts';
import { decodeValue } from '../encoding.ts';
import type { CollectionLayout } from './layout.ts';
import { buildFind, writeCursor, type FindQuery } from './query.ts';

/** A record as it crosses to the plugin. */
export interface StoredItem {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly value: unknown;
}

interface ItemRow {
  readonly id: string;
  readonly value: unknown;
  readonly version: string | number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly at: string | null;
}

const toItem = (row: ItemRow): StoredItem => ({
  id: row.id,
  version: Number(row.version),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  value: decodeValue(row.value),
});

/** Reads one record of the tenant. */
export async function getItem(tx: Tx, { from }: CollectionLayout, id: string): Promise<StoredItem | undefined> {
  const [row] = await tx.query<ItemRow>(
    `select id, value, version, created_at, updated_at from ${from} where tenant_id = $1 and id = $2`,
    [tx.tenant, id],
  );
  return row && toItem(row);
}

/** Reads one page of the tenant's records. */
export async function findItems(
  tx: Tx,
  layout: CollectionLayout,
  query: FindQuery,
): Promise<{ readonly items: readonly StoredItem[]; readonly next?: string }> {
  const { sql, values } = buildFind(layout, query, tx.tenant);
  const rows = await tx.query<ItemRow>(sql, values);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map(toItem),
    ...(rows.length > query.limit && last && { next: writeCursor(last.at, last.id) }),
  };
}
