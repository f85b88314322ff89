import { PodliftError } from '../../errors.ts';
import { columnType } from './columns.ts';
import { MARK, walk } from './walk.ts';

/** Where columns and streams go while the rest becomes JSON; each returns what stands for it there. */
export interface Parts {
  column(view: ArrayBufferView, path: string): unknown;
  stream(stream: ReadableStream<Uint8Array>, path: string): unknown;
}

/** Gives back what stands in JSON for a column or a stream. */
export interface Found {
  column(reference: unknown): unknown;
  stream(reference: unknown): unknown;
}

/** Digits of a bigint that are still read back: a longer one takes too long to be honest. */
const MAX_DIGITS = 400;

/** A value as JSON, with marks for what JSON does not have and columns and streams beside it. What needs no mark is not copied. */
export function pack(value: unknown, parts: Parts): unknown {
  return walk(
    value,
    {
      copies: false,
      escape: (fields) => ({ [MARK]: 'o', v: fields }),
      odd: (kind, odd) => ({ [MARK]: kind, v: written(odd) }),
      column(view, path) {
        columnType(view, path);
        return { [MARK]: 'b', v: parts.column(view, path) };
      },
      stream: (stream, path) => ({ [MARK]: 's', v: parts.stream(stream, path) }),
    },
    '',
    0,
  );
}

function written(odd: number | bigint | Date): string | number {
  if (odd instanceof Date) return odd.getTime();
  return Object.is(odd, -0) ? '-0' : String(odd);
}

/** The way back: turns marks into values, in place. */
export function unpack(json: unknown, found: Found): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) {
    for (let i = 0; i < json.length; i++) json[i] = unpack(json[i], found);
    return json;
  }
  // Parsed from JSON, so an object that is no array is a record.
  const fields = json as Record<string, unknown>;
  return Object.hasOwn(fields, MARK) ? unmark(fields, found) : unpackFields(fields, found);
}

function unmark({ [MARK]: mark, v }: Record<string, unknown>, found: Found): unknown {
  switch (mark) {
    case 'n':
      return Number(v);
    case 'd':
      return new Date(Number(v));
    case 'b':
      return found.column(v);
    case 's':
      return found.stream(v);
    case 'i':
      if (typeof v === 'string' && v.length < MAX_DIGITS && /^-?\d+$/.test(v)) return BigInt(v);
      break;
    case 'o':
      if (v !== null && typeof v === 'object') return unpackFields(v as Record<string, unknown>, found);
      break;
    default:
  }
  throw PodliftError.notWireable('', 'a malformed mark');
}

function unpackFields(fields: Record<string, unknown>, found: Found): unknown {
  for (const key of Object.keys(fields)) {
    const item = fields[key];
    if (item !== null && typeof item === 'object') fields[key] = unpack(item, found);
  }
  return fields;
}
