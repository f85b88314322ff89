import { DataError } from '../errors.ts';

/** Types whose text never needs quotes inside an array. */
const BARE = new Set([
  'uuid',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'numeric',
  'boolean',
  'inet',
  'date',
  'timestamptz',
]);
const PLAIN = /^[A-Za-z0-9._:+-]+$/;

/**
 * Writes values as the inside of a PostgreSQL array, `a,b,NULL`, so that the arrays of several requests are joined and not copied. Hot path:
 * bench/ingest.bench.ts.
 */
export function encodeColumn(values: readonly unknown[], type: string): string {
  const bare = BARE.has(type);
  let text = '';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    text += encodeValue(values[i], bare);
  }
  return text;
}

function encodeValue(value: unknown, bare: boolean): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (value instanceof Uint8Array)
    return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`;
  if (typeof value !== 'string')
    throw new DataError(
      'ingest_invalid',
      `A value of type ${typeof value} cannot be ingested; give text, numbers, dates or bytes.`,
    );
  // `null` bare would read as NULL, so only what is bare by its type goes without quotes.
  if (bare && PLAIN.test(value)) return value.length === 4 && value.toLowerCase() === 'null' ? `"${value}"` : value;
  return quote(value);
}

function quote(value: string): string {
  // PostgreSQL has no text with a zero byte; refused here, it costs its own request only.
  if (value.includes('\0')) throw new DataError('ingest_invalid', 'A text with a zero byte cannot be stored.');
  return value.includes('"') || value.includes('\\')
    ? `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
    : `"${value}"`;
}
