import type { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError } from '../errors.ts';

/** Rows of one call, encoded, waiting for a flight. */
export interface Parcel {
  readonly tenant: string;
  readonly rows: number;
  /** One piece of array text per column. */
  readonly columns: readonly string[];
  /** Instants of the UUIDv7 in it: where a partition may be missing. */
  times(): Iterable<number>;
  resolve(isNew: boolean[]): void;
  reject(error: unknown): void;
}

export interface Landing {
  readonly pool: Pool;
  readonly sql: string;
  /** Left out behind a pooler that keeps no prepared statements. */
  readonly name?: string;
  /** Makes partitions that the flight misses, where the times allow it; tells about one that does not. */
  makeRoom(schema: string, table: string, times: Iterable<number>): Promise<DataError | undefined>;
}

interface Answer {
  readonly rows: number;
  readonly duplicates: readonly number[] | null;
}

const RETRIES = 5;
const AGAIN = new Set(['40P01', '40001']);

/**
 * Lands parcels in one statement, which is one commit. A flight that fails by its data is halved until the parcel that spoils it flies
 * alone, so nobody suffers from somebody else's row.
 */
export async function fly(parcels: readonly Parcel[], landing: Landing): Promise<void> {
  try {
    settle(parcels, await land(parcels, landing));
  } catch (error) {
    if (parcels.length === 1 || !isOfData(error)) {
      for (const parcel of parcels) parcel.reject(error);
      return;
    }
    const half = parcels.length >> 1;
    await fly(parcels.slice(0, half), landing);
    await fly(parcels.slice(half), landing);
  }
}

async function land(parcels: readonly Parcel[], landing: Landing): Promise<Answer> {
  const values = encode(parcels);
  let made = false;
  let refused: DataError | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await landing.pool.query<Answer>({
        text: landing.sql,
        values,
        ...(landing.name === undefined ? {} : { name: landing.name }),
      });
      return rows[0] ?? { rows: 0, duplicates: null };
    } catch (error) {
      const { code, schema, table, message } = error as {
        code?: string;
        schema?: string;
        table?: string;
        message: string;
      };
      const homeless = code === '23514' && /no partition of relation/.test(message);
      if (homeless && made) throw refused ?? error;
      if (homeless && schema !== undefined && table !== undefined) {
        made = true;
        const times = parcels.flatMap((parcel) => [...parcel.times()]);
        refused = await landing.makeRoom(schema, table, times);
      } else if (code !== undefined && AGAIN.has(code) && attempt < RETRIES) {
        await sleep(Math.random() * 10 * attempt);
      } else throw error;
    }
  }
}

function encode(parcels: readonly Parcel[]): string[] {
  const tenants = parcels.map(({ tenant, rows }) => (rows === 1 ? tenant : `${tenant},`.repeat(rows).slice(0, -1)));
  const width = parcels[0]?.columns.length ?? 0;
  const columns = Array.from({ length: width }, (_, i) => `{${parcels.map((parcel) => parcel.columns[i]).join(',')}}`);
  return [`{${tenants.join(',')}}`, ...columns];
}

function settle(parcels: readonly Parcel[], { rows, duplicates }: Answer): void {
  const sent = parcels.reduce((sum, parcel) => sum + parcel.rows, 0);
  if (rows !== sent) {
    throw new DataError(
      'ingest_invalid',
      `The ingest function answered for ${rows} of ${sent} rows; it has to return one row (row int, is_new boolean) for each.`,
    );
  }
  const known = new Set(duplicates);
  let row = 0;
  for (const parcel of parcels) {
    const isNew: boolean[] = [];
    for (let i = 0; i < parcel.rows; i++) isNew.push(!known.has(++row));
    parcel.resolve(isNew);
  }
}

/** Class 22 and 23: the values are wrong. Everything else would fail for each half too. */
function isOfData(error: unknown): boolean {
  if (error instanceof DataError) return error.code === 'partition_too_old' || error.code === 'partition_too_new';
  return /^2[23]/.test((error as { code?: string }).code ?? '');
}
