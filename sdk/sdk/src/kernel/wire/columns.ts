import { PodliftError } from '../../errors.ts';

/** The typed arrays that may cross, in the order of their wire numbers. */
export const COLUMN_TYPES = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** A typed array that may cross. */
export type AnyColumn = InstanceType<(typeof COLUMN_TYPES)[number]>;
type ColumnConstructor = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => AnyColumn;

/** The wire number of a view's type. @throws PodliftError `not_wireable` for a DataView or an unknown one. */
export function columnType(view: ArrayBufferView, path = ''): number {
  const found = COLUMN_TYPES.findIndex((type) => view instanceof type);
  if (found < 0) throw PodliftError.notWireable(path, nameOf(view));
  return found;
}

/** The same numbers without a subclass (Buffer): the same memory, or a copy of exactly what the view shows. */
export function plainColumn(view: ArrayBufferView, copy: boolean, path: string): AnyColumn {
  const type: ColumnConstructor = COLUMN_TYPES[columnType(view, path)] ?? Uint8Array;
  const { buffer, byteOffset, byteLength } = view;
  if (copy) return new type(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
  const plain = new type(buffer, byteOffset, byteLength / bytesPerElement(type));
  return view.constructor === type && isColumn(view) ? view : plain;
}

const isColumn = (view: ArrayBufferView): view is AnyColumn => !(view instanceof DataView);
const bytesPerElement = (type: ColumnConstructor): number =>
  COLUMN_TYPES.find((known) => known === type)?.BYTES_PER_ELEMENT ?? 1;

/** What an object that cannot cross is called in an error. */
export const nameOf = (value: object): string => `a ${value.constructor?.name || 'object of an unknown class'}`;
