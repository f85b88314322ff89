import { createHash, type Hash } from 'node:crypto';
import type { Queryable } from '../../data/index.ts';
import { nameOf, quote, type Column, type Table } from '../catalog/tables.ts';
import { OWN } from './not-moved.ts';

/** A row as it travels: each value as PostgreSQL writes it, or null. */
export type RowTexts = readonly (string | null)[];

/** Rows that one round trip brings. */
const FETCH = 500;

/** Columns that travel; computed ones are computed anew. */
export const movedColumns = ({ columns }: Table): Column[] => columns.filter(({ generated }) => !generated);

/** Everything is written in one form, whatever the session prefers. */
export const FAITHFUL = `set local timezone to 'UTC'; set local datestyle to 'ISO, YMD'; set local intervalstyle to 'postgres';
  set local extra_float_digits to 1; set local bytea_output to 'hex'`;

/** Makes the transaction read one state of the tenant's data, whatever is written meanwhile. */
export async function useSnapshot(tx: Queryable, tenant: string): Promise<void> {
  await tx.query('set transaction isolation level repeatable read, read only');
  for (const sql of FAITHFUL.split(';')) await tx.query(sql);
  await tx.query('select core.use_tenant($1)', [tenant]);
}

/** Tables in which rows of our own stay where they are. */
const OURS: Readonly<Record<string, string>> = {
  'core.secret': ` and owner <> '${OWN}'`,
  'core.file': ` and owner <> '${OWN}'`,
  'core.file_content': ` and exists (select from core.file f where f.tenant_id = file_content.tenant_id and f.digest = file_content.digest and f.owner <> '${OWN}')`,
};

/** A tenant's rows of one table, some at a time. The transaction must be one of {@link useSnapshot}. */
export async function* readRows(
  tx: Queryable,
  table: Table,
  tenant: string,
  columns: readonly string[],
): AsyncGenerator<RowTexts[]> {
  const values = columns.map((column) => `${quote(column)}::text`).join(', ');
  // The tenant's id has been checked to be a UUID by `use_tenant`.
  await tx.query(`declare rows no scroll cursor for select json_build_array(${values})::text as row from ${table.from}
    where ${quote(table.tenantColumn)} = '${tenant}'${OURS[nameOf(table)] ?? ''}`);
  try {
    for (;;) {
      const rows = await tx.query<{ row: string }>(`fetch ${FETCH} from rows`);
      if (rows.length === 0) break;
      // The database wrote it a moment ago.
      yield rows.map(({ row }) => JSON.parse(row) as RowTexts);
    }
  } finally {
    await tx.query('close rows');
  }
}

/** Adds up rows to one figure that does not depend on their order. */
export interface RowDigest {
  add(row: RowTexts): void;
  readonly count: number;
  value(): string;
}

const MODULUS = 1n << 256n;

/** The sum of the SHA-256 of all rows. `left` are positions of values that differ by their nature, such as sealed ones. */
export function createRowDigest(left: ReadonlySet<number> = new Set()): RowDigest {
  let sum = 0n;
  let count = 0;
  return {
    add(row) {
      const told = left.size === 0 ? row : row.filter((_, at) => !left.has(at));
      sum = (sum + BigInt(`0x${sha256(JSON.stringify(told))}`)) % MODULUS;
      count++;
    },
    get count() {
      return count;
    },
    value: () => sum.toString(16).padStart(64, '0'),
  };
}

const sha256 = (text: string): string => {
  const hash: Hash = createHash('sha256');
  return hash.update(text).digest('hex');
};
