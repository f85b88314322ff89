import type { Database } from '../database.ts';
import { DataError } from '../errors.ts';
import { ident, qualified, tenantId } from '../names.ts';
import { createPartitionKeeper } from '../partitions.ts';
import { encodeColumn } from './encode.ts';
import { fly, type Landing, type Parcel } from './flight.ts';

export interface IngesterOptions {
  /** Schema of the function `ingest_<name>`. */
  readonly schema: string;
  readonly name: string;
  /** Its columns after `tenants`, name to the type of one value. */
  readonly columns: Readonly<Record<string, string>>;
  /** Most rows of one flight; 2000 when left out. */
  readonly maxRows?: number;
  /** Flights at the same time; 2 when left out: one is written while the other waits for the disk. */
  readonly lanes?: number;
  /** Most rows that may wait; more are refused with `ingest_full`. 20,000 when left out. */
  readonly maxWaiting?: number;
  readonly now?: () => number;
}

/** Lands rows of many calls and tenants together. */
export interface Ingester {
  /** Resolves after the commit and says of each row whether it was new. @throws DataError `ingest_full` when too many rows wait. */
  add(tenant: string, columns: Readonly<Record<string, readonly unknown[]>>): Promise<boolean[]>;
  readonly waiting: number;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/**
 * Group commit without a timer: when no flight is under way a call leaves at once; everything that arrives meanwhile goes with the next
 * flight. One connection of `podlift_ingest` per lane.
 */
export function createIngester(database: Database, options: IngesterOptions): Ingester {
  const { schema, name, maxRows = 2000, lanes = 2, maxWaiting = 20_000 } = options;
  const columns = Object.entries(options.columns);
  const keeper = createPartitionKeeper(database, options.now ? { now: options.now } : {});
  const landing: Landing = {
    pool: database.pool('ingest'),
    sql: statementOf(schema, name, columns),
    ...(database.prepares ? { name: `ingest.${schema}.${name}` } : {}),
    async makeRoom(partitionSchema, table, times) {
      let refused: DataError | undefined;
      const possible: number[] = [];
      for (const time of times) {
        const why = keeper.check(time);
        if (why) refused = why;
        else possible.push(time);
      }
      await keeper.ensure(partitionSchema, table, possible);
      return refused;
    },
  };
  let queue: Parcel[] = [];
  let waiting = 0;
  let flying = 0;
  let closed = false;
  let idle: (() => void) | undefined;

  const take = (): Parcel[] => {
    let rows = 0;
    let count = 0;
    for (const parcel of queue) {
      if (count > 0 && rows + parcel.rows > maxRows) break;
      rows += parcel.rows;
      count++;
    }
    const taken = queue.slice(0, count);
    queue = queue.slice(count);
    waiting -= rows;
    return taken;
  };
  const depart = (): void => {
    if (flying >= lanes || queue.length === 0) {
      if (flying === 0) idle?.();
      return;
    }
    flying++;
    void fly(take(), landing).finally(() => {
      flying--;
      depart();
    });
  };

  return {
    get waiting() {
      return waiting;
    },
    add(tenant, given) {
      return new Promise((resolve, reject) => {
        if (closed)
          throw new DataError('ingest_closed', `The ingest ${name} takes no rows any more: Podlift is stopping.`);
        const rows = given[columns[0]?.[0] ?? '']?.length ?? 0;
        if (rows === 0) return resolve([]);
        if (waiting + rows > maxWaiting && waiting > 0) {
          throw new DataError(
            'ingest_full',
            `The ingest ${name} has ${waiting} rows waiting and takes no more for the moment; send them again shortly.`,
          );
        }
        queue.push(parcelOf(tenantId(tenant), rows, columns, given, resolve, reject));
        waiting += rows;
        depart();
      });
    },
    async close() {
      closed = true;
      if (flying > 0 || queue.length > 0) await new Promise<void>((done) => (idle = done));
    },
  };
}

/** By name, because plugin.json sorts the columns. Only duplicates come back: mostly there are none. */
function statementOf(schema: string, name: string, columns: readonly (readonly [string, string])[]): string {
  const args = [
    'tenants => $1::uuid[]',
    ...columns.map(([column, type], i) => `${ident(column)} => $${i + 2}::${typeName(type, column)}[]`),
  ];
  return `select count(*)::int as rows, array_agg("row") filter (where not is_new) as duplicates from ${qualified(`ingest_${name}`, schema)}(${args.join(', ')})`;
}

function typeName(type: string, column: string): string {
  if (/^[a-z][a-z0-9 ]*$/.test(type)) return type;
  throw new DataError(
    'ingest_invalid',
    `The column ${column} has the type ${type}; an ingest takes one plain value per row.`,
  );
}

function parcelOf(
  tenant: string,
  rows: number,
  columns: readonly (readonly [string, string])[],
  given: Readonly<Record<string, readonly unknown[]>>,
  resolve: Parcel['resolve'],
  reject: Parcel['reject'],
): Parcel {
  const encoded = columns.map(([column, type]) => {
    const values = given[column];
    if (values?.length !== rows)
      throw new DataError(
        'ingest_invalid',
        `The column ${column} has ${values?.length ?? 'no'} values and the first one has ${rows}; all columns are of one length.`,
      );
    return encodeColumn(values, type);
  });
  return {
    tenant,
    rows,
    columns: encoded,
    resolve,
    reject,
    *times() {
      for (const [column, type] of columns) {
        if (type !== 'uuid') continue;
        for (const id of given[column] ?? [])
          if (typeof id === 'string' && id[14] === '7') yield Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
      }
    },
  };
}
