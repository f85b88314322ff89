import { z } from 'zod';

/** A typed array that its receiver reads but does not write: inline it is the sender's own memory. */
export type Column<A> = Readonly<Omit<A, 'set' | 'fill' | 'sort' | 'reverse' | 'copyWithin' | 'buffer' | 'valueOf'>>;

// Over any buffer: a function that says it returns a Float64Array may pass it on.
const column =
  <A>(type: new (length: number) => A, name: string) =>
  (): z.ZodCustom<Column<A>, Column<A>> =>
    z.custom<Column<A>>((value) => value instanceof type, `expected a ${name} column`).meta({ column: name });

/** A column of 64-bit floating point numbers. */
export const f64 = column<Float64Array>(Float64Array, 'f64');
/** A column of signed 32-bit integers. */
export const i32 = column<Int32Array>(Int32Array, 'i32');
/** A column of unsigned 32-bit integers. */
export const u32 = column<Uint32Array>(Uint32Array, 'u32');
/** A column of unsigned 16-bit integers. */
export const u16 = column<Uint16Array>(Uint16Array, 'u16');
/** A column of unsigned 8-bit integers: bytes, flags, small codes. */
export const u8 = column<Uint8Array>(Uint8Array, 'u8');
/** A column of signed 64-bit integers, read as bigint. */
export const i64 = column<BigInt64Array>(BigInt64Array, 'i64');
