import { describe, expect, test } from 'vitest';
import { overTheWire } from '../fixtures/wired-link.ts';
import { carry } from './carry.ts';
import { fromJson, toJson } from './json.ts';

class Money {
  readonly cents = 1;
}
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

const JSON_VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['booleans', [true, false]],
  ['numbers', [0, -1.5, 1e300, Number.MAX_SAFE_INTEGER]],
  ['odd numbers', [Number.NaN, Infinity, -Infinity, -0]],
  ['strings', ['', 'é', '\u0000', '__proto__']],
  ['bigint', { a: 0n, b: -(2n ** 80n) }],
  ['dates', [new Date(0), new Date(-1), new Date('2026-11-24T20:00:00.123Z')]],
  ['nested objects', { a: [{ b: { c: [] } }] }],
  ['an object with a key like the mark', { $: 'n', v: { $: 'd' } }],
  ['an object called constructor', { constructor: 1 }],
];
const COLUMNS: readonly (readonly [string, unknown])[] = [
  ['columns', { a: Float64Array.of(1, Number.NaN), b: BigInt64Array.of(-1n), c: new Uint8Array(0) }],
  ['a part of a column', { a: Float64Array.of(1, 2, 3, 4).subarray(1, 3) }],
];
const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ['a function', { f: () => 1 }, 'f is a function'],
  ['a symbol', [Symbol('x')], '[0] is a symbol'],
  ['undefined in an array', { a: [1, undefined] }, 'a[1] is undefined'],
  ['a Map', { a: { m: new Map() } }, 'a.m is a Map'],
  ['a Set', new Set([1]), 'the value is a Set'],
  ['a class', { money: new Money() }, 'money is a Money'],
  ['a RegExp', /x/, 'the value is a RegExp'],
  ['a Promise', Promise.resolve(), 'the value is a Promise'],
  ['an Error as a value', [new TypeError('x')], '[0] is a TypeError'],
  ['a DataView', { d: new DataView(new ArrayBuffer(8)) }, 'd is a DataView'],
  ['an invalid Date', { d: new Date(Number.NaN) }, 'd is an invalid Date'],
  ['a __proto__ key', JSON.parse('{"a":{"__proto__":{"b":1}}}'), 'a is an object with a __proto__ key'],
  ['a cycle', cycle, 'too deep (a cycle?)'],
];

const WAYS: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ['inline', (value) => carry(value, { copyColumns: false })],
  ['inline, copied', (value) => carry(value, { copyColumns: true })],
  ['over a wire', overTheWire],
];

describe.each(WAYS)('%s', (_, send) => {
  test.each([...JSON_VALUES, ...COLUMNS])('%s arrive equal', (_name, value) => {
    expect(send(value)).toStrictEqual(value);
  });

  test.each(REFUSED)('%s is refused with its path', (_name, value, message) => {
    expect(() => send(value)).toThrow(message);
  });

  test('an undefined property is an absent one', () => {
    expect(Object.keys(Object(send({ a: 1, b: undefined })))).toEqual(['a']);
  });

  test('a Buffer arrives as plain bytes and an object without a prototype as a plain one', () => {
    const bytes = send(Buffer.from([1, 2]));
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect(Buffer.isBuffer(bytes)).toBe(false);
    const bare: unknown = Object.assign(Object.create(null), { a: 1 });
    expect(Object.getPrototypeOf(send(bare))).toBe(Object.prototype);
  });

  test('plain data is never the same object', () => {
    const sent = { list: [{ a: 1 }], at: new Date(0) };
    const got = send(sent);
    expect(got).toEqual(sent);
    expect(got).not.toBe(sent);
    expect(Object(got).list).not.toBe(sent.list);
    expect(Object(got).list[0]).not.toBe(sent.list[0]);
    expect(Object(got).at).not.toBe(sent.at);
  });
});

test('columns share their memory inline unless they are copied', () => {
  const x = Float64Array.of(1, 2);
  expect(carry({ x }, { copyColumns: false })).toEqual({ x });
  expect(Object(carry({ x }, { copyColumns: false })).x.buffer).toBe(x.buffer);
  expect(Object(carry({ x }, { copyColumns: true })).x.buffer).not.toBe(x.buffer);
});

test('a copied part of a column does not drag the rest along', () => {
  const part = new Float64Array(1000).subarray(10, 12);
  expect(Object(carry(part, { copyColumns: true })).buffer.byteLength).toBe(16);
});

describe('stored JSON', () => {
  const store = (value: unknown): unknown => fromJson(JSON.parse(JSON.stringify(toJson(value))));

  test.each(JSON_VALUES)('%s come back equal', (_, value) => expect(store(value)).toStrictEqual(value));

  test('what needs no mark is not copied', () => {
    const value = { a: [1, { b: 'x' }] };
    expect(toJson(value)).toBe(value);
  });

  test('marks are what a generated column can read', () => {
    expect(toJson({ at: new Date(5), n: 7n })).toEqual({ at: { $: 'd', v: 5 }, n: { $: 'i', v: '7' } });
  });

  test.each([
    ['columns', { a: [Float64Array.of(1)] }, 'a[0] is a column, which is not stored'],
    ['streams', { s: new ReadableStream() }, 's is a stream, which is not stored'],
  ])('%s are refused with their path', (_, value, message) => expect(() => toJson(value)).toThrow(message));

  test.each([
    ['an unknown mark', { $: 'q' }],
    ['a bigint of a thousand digits', { $: 'i', v: '9'.repeat(1000) }],
    ['a bigint that is none', { $: 'i', v: '0x10' }],
    ['a column', { $: 'b', v: 0 }],
    ['an escaped text', { $: 'o', v: 'x' }],
  ])('%s is refused', (_, json) => expect(() => fromJson(json)).toThrow('cannot cross'));
});
