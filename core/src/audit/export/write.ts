import type { Database } from '../../data/index.ts';
import type { ChainRow, Link } from '../chain/canonical.ts';
import { readChain, readHead, readStart } from '../chain/read.ts';
import { toCsv } from './csv.ts';
import { toLines } from './ndjson.ts';

/** How acts leave: one JSON value per line with all that is needed to verify them, or a table. */
export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The sealed acts of a chain and between which places they lie. */
export interface Exported {
  readonly chain: string;
  readonly start: Link;
  readonly head: Link;
  readonly rows: AsyncIterable<ChainRow>;
}

/**
 * Writes a chain out as text, piece by piece, as far as it is sealed now. No transaction is held open while somebody reads slowly.
 * `after`: the place of the last act that is there already.
 */
export async function* exportChain(
  database: Pick<Database, 'system'>,
  { chain, format, after }: { readonly chain: string; readonly format: ExportFormat; readonly after?: number },
): AsyncGenerator<string> {
  const read = <T>(fn: Parameters<typeof database.system<T>>[1]): Promise<T> => database.system('export acts', fn);
  const { start, head } = await read(async (tx) => {
    const own = await readStart(tx, chain);
    const begins = after === undefined || after <= own.seq ? own : ((await linkAt(tx, chain, after)) ?? own);
    return { start: begins, head: (await readHead(tx, chain)) ?? begins };
  });
  async function* rows(): AsyncGenerator<ChainRow> {
    for (let last = start.seq; last < head.seq;) {
      const batch = await read((tx) => readBatch(tx, chain, last));
      const due = batch.filter(({ seq }) => seq <= head.seq);
      yield* due;
      const end = due.at(-1);
      if (!end) return;
      last = end.seq;
    }
  }
  yield* format === 'csv' ? toCsv(rows()) : toLines({ chain, start, head, rows: rows() });
}

const BATCH = 1000;
type Tx = Parameters<typeof readChain>[0];

async function readBatch(tx: Tx, chain: string, after: number): Promise<ChainRow[]> {
  const rows: ChainRow[] = [];
  for await (const row of readChain(tx, chain, after, BATCH)) if (rows.push(row) === BATCH) break;
  return rows;
}

async function linkAt(tx: Tx, chain: string, seq: number): Promise<Link | undefined> {
  for await (const row of readChain(tx, chain, seq - 1, 1))
    return row.seq === seq ? { seq, hash: row.hash } : undefined;
  return undefined;
}
