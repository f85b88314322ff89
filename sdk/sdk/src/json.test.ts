import { describe, expect, test } from 'vitest';
import { parseJson } from './json.ts';

describe('reading JSON', () => {
  test.each([
    ['{"id": 9007199254740993}', { id: '9007199254740993' }, { id: 9007199254740993n }],
    [
      '[-9223372036854775808, 18446744073709551615]',
      ['-9223372036854775808', '18446744073709551615'],
      [-9223372036854775808n, 18446744073709551615n],
    ],
    [
      '{"a": {"b": [12345678901234567890123]}}',
      { a: { b: ['12345678901234567890123'] } },
      { a: { b: [12345678901234567890123n] } },
    ],
    ['9007199254740991', 9007199254740991, 9007199254740991],
    [
      '{"pi": 3.14159265358979323846, "big": 1e300, "text": "9007199254740993"}',
      { pi: Math.PI, big: 1e300, text: '9007199254740993' },
      { pi: Math.PI, big: 1e300, text: '9007199254740993' },
    ],
    [
      '{"__proto__": 9007199254740993, "x": null}',
      JSON.parse('{"__proto__": "9007199254740993", "x": null}'),
      JSON.parse('{"__proto__": null, "x": null}', (key, value: unknown) =>
        key === '__proto__' ? 9007199254740993n : value,
      ),
    ],
  ])('%s', (text, asText, asBigint) => {
    expect(parseJson(text)).toEqual(asText);
    expect(parseJson(text, { integers: 'bigint' })).toEqual(asBigint);
  });

  test('numbers on request, as before', () => {
    expect(parseJson('{"id": 9007199254740993}', { integers: 'number' })).toEqual({ id: 9007199254740992 });
  });

  test('what is no JSON is an error', () => {
    expect(() => parseJson('{')).toThrow(SyntaxError);
    expect(() => parseJson('{"id": 90071992547409931234567890')).toThrow(SyntaxError);
  });
});
