import { describe, expect, test } from 'vitest';
import { encodeColumn } from './encode.ts';

describe('encodeColumn', () => {
  test.each([
    [['a', 'b'], 'text', '"a","b"'],
    [['a"b', 'c\\d'], 'text', '"a\\"b","c\\\\d"'],
    [[null, undefined, 'NULL', ''], 'text', 'NULL,NULL,"NULL",""'],
    [['0190f3a0-0000-7000-8000-00000000000a'], 'uuid', '0190f3a0-0000-7000-8000-00000000000a'],
    [['null'], 'uuid', '"null"'],
    [['a,b'], 'uuid', '"a,b"'],
    [[1, -2.5, 10n, Number.NaN], 'double precision', '1,-2.5,10,NaN'],
    [[true, false], 'boolean', 'true,false'],
    [[new Date(0)], 'timestamptz', '"1970-01-01T00:00:00.000Z"'],
    [['{"a":"b"}'], 'jsonb', '"{\\"a\\":\\"b\\"}"'],
    [[new Uint8Array([1, 255])], 'bytea', '"\\\\x01ff"'],
    [[], 'text', ''],
  ])('case %#: %o as %s', (values, type, text) => expect(encodeColumn(values, type)).toBe(text));

  test.each([[{}], [[1]], [Symbol('x')], [() => 1]])('refuses %s', (value) => {
    expect(() => encodeColumn([value], 'text')).toThrow(expect.objectContaining({ code: 'ingest_invalid' }));
  });
});
