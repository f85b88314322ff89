/** A request body that is not what was asked for, and the answers that are right for it. */
export interface HostileBody {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly type?: string;
  readonly expected: readonly number[];
}

const DEEP = 5000;

/** Bodies that no route may take, whatever its schema says. `limit` is what a body may weigh, in bytes. */
export const hostileBodies = (limit: number): readonly HostileBody[] => [
  { name: 'cut off', body: '{"name": ', expected: [400] },
  { name: 'nothing', body: '', expected: [400, 422] },
  { name: 'not UTF-8', body: Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31), expected: [400] },
  { name: 'not JSON by its type', body: 'name=x', type: 'text/plain', expected: [400, 415, 422] },
  { name: 'a form that is none', body: 'x', type: 'multipart/form-data; boundary=y', expected: [400, 415, 422] },
  { name: 'a number', body: '42', expected: [400, 422] },
  { name: 'a list of lists', body: '[[]]', expected: [400, 422] },
  { name: 'deep', body: '['.repeat(DEEP) + ']'.repeat(DEEP), expected: [400, 413, 422] },
  { name: 'deep in objects', body: '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP), expected: [400, 413, 422] },
  { name: 'too long', body: JSON.stringify({ name: 'x'.repeat(limit) }), expected: [413, 422] },
];

/** Texts that reach for a file, a query, a header, a page or a parser. */
export const HOSTILE_TEXTS: readonly string[] = [
  '../../../../etc/passwd',
  "' or 1=1; drop table core.tenant; --",
  '\u0000',
  'x'.repeat(3000),
  '😀‮\uFFFE',
  '${7*7}{{7*7}}<script>alert(1)</script>',
  'a\r\nset-cookie: x=1',
  '__proto__',
  '-1',
  '9'.repeat(40),
  'null',
];

/** Values that are seldom what a field wants. */
const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  {},
  [[[]]],
  { $ne: null },
  JSON.parse('{"__proto__": {"operator": true}, "constructor": {"prototype": {"operator": true}}}'),
  '',
  ...HOSTILE_TEXTS.slice(0, 6),
];

/** The body with one of its fields replaced, once for each field and each hostile value. */
export function* mutations(body: unknown): Generator {
  if (typeof body !== 'object' || body === null) return;
  for (const [key, value] of Object.entries(body)) {
    const withValue = (replaced: unknown): unknown =>
      Array.isArray(body)
        ? body.map((one: unknown, at) => (String(at) === key ? replaced : one))
        : { ...body, [key]: replaced };
    for (const hostile of HOSTILE_VALUES) yield withValue(hostile);
    for (const inner of mutations(value)) yield withValue(inner);
  }
}
