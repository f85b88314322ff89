import { PodliftError } from '../../errors.ts';
import { nameOf } from './columns.ts';

/** Deeper than this is a cycle, or as good as one. */
const MAX_DEPTH = 48;
/** The key that marks a value which JSON does not have. */
export const MARK = '$';

/** What becomes of the values that JSON does not have. */
export interface Road {
  /** Whether everything is copied, or only what changes. */
  readonly copies: boolean;
  /** NaN, infinities and -0; bigint; Date. */
  odd(kind: 'n' | 'i' | 'd', value: number | bigint | Date): unknown;
  column(view: ArrayBufferView, path: string): unknown;
  stream(stream: ReadableStream<Uint8Array>, path: string): unknown;
  /** Wraps an object that has a key like the mark. */
  escape(fields: object): unknown;
}

/**
 * The one list of rules for what may cross a plugin boundary: null, booleans, numbers, strings, bigint, valid Dates, typed
 * arrays, byte streams, and plain arrays and objects of these. An undefined property is an absent one. Everything else is
 * refused with its path. Hot: strings are passed over without a call; bench/call.bench.ts.
 */
export function walk(value: unknown, road: Road, path: string, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : road.odd('n', value);
    case 'bigint':
      return road.odd('i', value);
    case 'object':
      break;
    default:
      throw PodliftError.notWireable(path, value === undefined ? 'undefined' : `a ${typeof value}`);
  }
  if (value === null) return null;
  if (depth > MAX_DEPTH) throw PodliftError.notWireable(path.slice(0, 60), 'too deep (a cycle?)');
  if (Array.isArray(value)) return walkArray(value, road, path, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return walkObject(value, road, path, depth);
  if (ArrayBuffer.isView(value)) return road.column(value, path);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return road.odd('d', value);
  if (value instanceof ReadableStream) return road.stream(value, path);
  throw PodliftError.notWireable(path, value instanceof Date ? 'an invalid Date' : nameOf(value));
}

function walkArray(items: readonly unknown[], road: Road, path: string, depth: number): unknown {
  let copy: unknown[] | undefined = road.copies ? [] : undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const sent = typeof item === 'string' ? item : walk(item, road, `${path}[${i}]`, depth + 1);
    if (copy) copy.push(sent);
    else if (sent !== item) {
      copy = items.slice(0, i);
      copy.push(sent);
    }
  }
  return copy ?? items;
}

function walkObject(value: object, road: Road, path: string, depth: number): unknown {
  // A plain object, by the prototype that was just looked at.
  const fields = value as Readonly<Record<string, unknown>>;
  let copy: Record<string, unknown> | undefined = road.copies ? {} : undefined;
  for (const key of Object.keys(fields)) {
    if (key === '__proto__') throw PodliftError.notWireable(path, 'an object with a __proto__ key');
    const item = fields[key];
    if (item === undefined) continue;
    const sent = typeof item === 'string' ? item : walk(item, road, path ? `${path}.${key}` : key, depth + 1);
    if (copy) copy[key] = sent;
    else if (sent !== item) {
      copy = { ...fields };
      copy[key] = sent;
    }
  }
  const result = copy ?? fields;
  return Object.hasOwn(fields, MARK) ? road.escape(result) : result;
}
