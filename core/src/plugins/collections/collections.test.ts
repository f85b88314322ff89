import { describe, expect, test } from 'vitest';
import { decodeValue, encodeValue } from '../encoding.ts';
import { identifier, kindOf, promote, sourceOf } from './fields.ts';
import { layOut } from './layout.ts';
import { buildFind, FindQuery, writeCursor } from './query.ts';
import { groupWrites, type PendingWrite } from './writes.ts';

describe('fields', () => {
  test.each([
    [{ type: 'string' }, 'text'],
    [{ type: 'string', enum: ['a'] }, 'text'],
    [{ type: 'string', format: 'date-time', 'x-podlift': 'date' }, 'date'],
    [{ type: 'string', format: 'date-time' }, 'text'],
    [{ type: 'string', format: 'int64', 'x-podlift': 'bigint' }, 'bigint'],
    [{ type: 'integer' }, 'integer'],
    [{ type: 'number' }, 'number'],
    [{ type: 'boolean' }, 'boolean'],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'integer'],
    [{ anyOf: [{ type: 'string', 'x-podlift': 'date' }, { type: 'null' }] }, 'date'],
    [{ type: ['number', 'null'] }, 'number'],
    [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, 'text'],
    [{}, 'text'],
    [undefined, 'text'],
  ])('%j is a %s', (property, kind) => expect(kindOf(property)).toBe(kind));

  test.each([
    ['uses', 'uses'],
    ['costMicros', 'cost_micros'],
    ['first-touch', 'first_touch'],
  ])('%s becomes the name %s', (name, expected) => expect(identifier(name)).toBe(expected));

  test('names that would meet stay apart', () => {
    const names = ['a b', 'a.b', 'a_b', 'a-b', 'ä', 'A'.repeat(80)].map((name) => identifier(name));
    expect(new Set(names).size).toBe(5); // `a_b` and `a-b` are one identifier, the others are not
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
  });

  test('a quote in a field cannot leave its text', () =>
    expect(sourceOf(promote("a'b", { type: 'string' }))).toBe("(value->>'a''b')"));
});

describe('values', () => {
  test.each([
    [{ at: new Date(0), n: 1n, list: [new Date(1), null], deep: { x: -0, y: Number.NaN } }],
    [{ $: 'd', v: 1 }],
    [{ a: { $: { $: 1 } } }],
  ])('%# survive', (value) => expect(decodeValue(JSON.parse(encodeValue(value)))).toStrictEqual(value));
  test('what cannot be stored says where', () =>
    expect(() => encodeValue({ a: { b: new Uint8Array(1) } })).toThrow('a.b is'));
});

describe('queries', () => {
  const layout = layOut('codes', {
    schema: {
      properties: { code: { type: 'string' }, uses: { type: 'integer' }, at: { type: 'string', 'x-podlift': 'date' } },
    },
    indexes: [['uses'], ['at']],
    unique: [['code']],
    privacy: {},
  });
  const build = (query: unknown) => buildFind(layout, FindQuery.parse(query), 't');

  test('filters, sorts and pages by promoted columns', () => {
    const { sql, values } = build({
      where: { code: 'A', uses: { gte: 1, lt: 9 }, at: { in: [new Date(5)] } },
      orderBy: { field: 'uses', direction: 'desc' },
      after: writeCursor('7', 'x'),
      limit: 10,
    });
    expect(sql).toContain(
      'where tenant_id = $1 and code_text = $2::text and uses_integer >= $3::bigint and uses_integer < $4::bigint and at_date = any($5::bigint[]) and (uses_integer, id) < ($6::bigint, $7::text)',
    );
    expect(sql).toMatch(/order by uses_integer desc, id desc limit 11$/);
    expect(values).toEqual(['t', 'A', 1, 9, [5], '7', 'x']);
  });

  test('null asks for records without the field', () =>
    expect(build({ where: { code: null } }).sql).toContain('code_text is null'));

  test.each([
    [{ where: { other: 1 } }, 'which is not declared under indexes or unique'],
    [{ orderBy: { field: 'other' } }, 'cannot sort by other'],
    [{ where: { uses: 'many' } }, 'expected a integer'],
    [{ where: { uses: 1.5 } }, 'expected a integer'],
    [{ where: { at: 5 } }, 'expected a date'],
    [{ after: 'nonsense' }, 'is not a cursor of this list'],
  ])('%j is refused', (query, message) => expect(() => build(query)).toThrow(message));
});

describe('writes', () => {
  const insert = (id: string, collection = 'a'): PendingWrite => ({
    collection,
    write: { op: 'insert', id, value: {} },
  });
  const upsert = (id: string, version?: number): PendingWrite => ({
    collection: 'a',
    write: { op: 'upsert', id, value: {}, ...(version && { version }) },
  });
  const shape = (pending: PendingWrite[]) =>
    groupWrites(pending).map(({ op, writes }) => `${op} ${writes.map(({ id }) => id).join('+')}`);

  test('neighbours go together, in order', () =>
    expect(shape([insert('1'), insert('2'), upsert('3'), insert('4', 'b'), insert('5', 'b')])).toEqual([
      'insert 1+2',
      'upsert 3',
      'insert 4+5',
    ]));
  test('a record is not changed twice by one statement', () =>
    expect(shape([upsert('1'), upsert('2'), upsert('1')])).toEqual(['upsert 1+2', 'upsert 1']));
  test('a change that names a version stands alone', () =>
    expect(shape([upsert('1'), upsert('2', 4), upsert('3')])).toEqual(['upsert 1', 'upsert 2', 'upsert 3']));
});
