/** What becomes of whole numbers that a JavaScript number cannot hold exactly: ids of 64 bits, for example. */
export type BigIntegers = 'string' | 'bigint' | 'number';

/** Options of {@link parseJson}. */
export interface ParseJsonOptions {
  /** `string` when left out: nothing is lost, and it can be written back to JSON. */
  readonly integers?: BigIntegers;
}

/** TypeScript does not know yet that a reviver is told the source of what it revives. */
const parse = JSON.parse as (
  text: string,
  revive: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
) => unknown;

/** A shorter run of digits is exact. Text inside quotes may match too; then the slow way finds nothing to change. */
const LONG_NUMBER = /\d{16}/;
const WHOLE = /^-?\d+$/;

/**
 * Reads JSON without losing digits: whole numbers beyond 2^53 come as the text that was sent, or as `bigint`. Text without such a
 * number is read at the usual speed.
 *
 * @example
 * ```ts
 * parseJson('{"id": 9007199254740993}'); // { id: '9007199254740993' }
 * parseJson('{"id": 9007199254740993}', { integers: 'bigint' }); // { id: 9007199254740993n }
 * ```
 */
export function parseJson(text: string, { integers = 'string' }: ParseJsonOptions = {}): unknown {
  if (integers === 'number' || !LONG_NUMBER.test(text)) return JSON.parse(text);
  return parse(text, (_, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    if (source === undefined || !WHOLE.test(source)) return value;
    return integers === 'bigint' ? BigInt(source) : source;
  });
}
