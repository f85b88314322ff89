/** The column types that plugins store, as PostgreSQL names them. */
export type ColumnType =
  | 'uuid'
  | 'text'
  | 'boolean'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'real'
  | 'double precision'
  | 'numeric'
  | 'date'
  | 'timestamptz'
  | 'jsonb'
  | 'bytea'
  | 'inet';

/** A column type or an array of it. */
export type SqlType = ColumnType | `${ColumnType}[]`;

/** The columns of a view or a function by name. */
export type SqlColumns = Readonly<Record<string, SqlType>>;

interface Values {
  uuid: string;
  text: string;
  boolean: boolean;
  smallint: number;
  integer: number;
  bigint: bigint | number;
  real: number;
  'double precision': number;
  numeric: string | number;
  date: string;
  timestamptz: Date | string;
  /** JSON text. */
  jsonb: string;
  bytea: Uint8Array;
  inet: string;
}

/** What a plugin may send for a column of this type. */
export type SqlValue<T extends SqlType> = T extends ColumnType
  ? Values[T]
  : T extends `${infer C extends ColumnType}[]`
    ? readonly Values[C][]
    : never;
