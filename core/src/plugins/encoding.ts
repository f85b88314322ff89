import { PodliftError } from '@podlift/sdk';

/** A value that JSON does not have is stored as an object with this key; an object of the author's own that has it is wrapped. */
const MARK = '$';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A record's value as the text of a jsonb column. Dates, bigints and odd numbers survive. */
export const encodeValue = (value: unknown): string => JSON.stringify(toJson(value, ''));

function toJson(value: unknown, path: string): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { [MARK]: 'n', v: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'bigint') return { [MARK]: 'i', v: value.toString() };
  if (value instanceof Date) return { [MARK]: 'd', v: value.getTime() };
  if (Array.isArray(value)) return value.map((item, i) => toJson(item, `${path}[${i}]`));
  if (typeof value !== 'object' || ArrayBuffer.isView(value))
    throw PodliftError.notWireable(path, 'a column or a function, which cannot be stored');
  const fields: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value))
    if (item !== undefined) fields[key] = toJson(item, path ? `${path}.${key}` : key);
  return Object.hasOwn(fields, MARK) ? { [MARK]: 'o', v: fields } : fields;
}

/** The value of a jsonb column as its author wrote it. */
export function decodeValue(json: unknown): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(decodeValue);
  // jsonb holds plain objects only.
  const fields = json as Readonly<Record<string, unknown>>;
  if (!Object.hasOwn(fields, MARK)) return decodeFields(fields);
  const { [MARK]: mark, v } = fields;
  if (mark === 'd') return new Date(Number(v));
  if (mark === 'i') return BigInt(String(v));
  if (mark === 'n') return Number(v);
  return typeof v === 'object' && v !== null ? decodeFields(v as Readonly<Record<string, unknown>>) : v;
}

const decodeFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, decodeValue(item)]));
