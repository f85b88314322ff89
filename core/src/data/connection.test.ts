import { expect, test } from 'vitest';
import { databaseName, isAway, isUnstorable, shownUrl, withUser } from './connection.ts';

test.each([
  [
    'postgres://a:b@db.example.com:5432/podlift?sslmode=require',
    'postgres://role:p%2Fw@db.example.com:5432/podlift?sslmode=require',
  ],
  ['postgresql://db/podlift', 'postgresql://role:p%2Fw@db/podlift'],
  ['postgres:///podlift?host=/run/postgresql', 'postgres:///podlift?host=/run/postgresql&user=role&password=p%2Fw'],
])('%s as another user', (url, changed) =>
  expect(decodeURIComponent(withUser(url, 'role', 'p/w'))).toBe(decodeURIComponent(changed)),
);

test.each([
  ['postgres://a:secret@db:5433/podlift', 'db:5433/podlift'],
  ['postgres:///podlift?host=/run/postgresql&password=secret', '/run/postgresql/podlift'],
])('%s is shown without its password', (url, shown) => expect(shownUrl(url)).toBe(shown));

test('the database of a connection string', () => {
  expect(databaseName('postgres://a@db/my%20base')).toBe('my base');
  expect(databaseName('postgres://a@db')).toBe('postgres');
});

const failed = (message: string, code?: string): Error => Object.assign(new Error(message), { code });

test.each([
  [failed('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'), true],
  [failed('the database system is starting up', '57P03'), true],
  [failed('Connection terminated unexpectedly'), true],
  [new Error('a wrapper', { cause: failed('read ECONNRESET', 'ECONNRESET') }), true],
  [failed('duplicate key', '23505'), false],
  [failed('anything'), false],
])('%s: the database is away: %s', (error, away) => expect(isAway(error)).toBe(away));

test.each([
  [failed('invalid byte sequence for encoding "UTF8": 0x00', '22021'), true],
  [failed('unsupported Unicode escape sequence', '22P05'), true],
  [new Error('a wrapper', { cause: failed('a zero byte', 'text_unstorable') }), true],
  [
    Object.assign(failed('invalid input syntax for type json', '22P02'), {
      detail: 'Unicode low surrogate must follow a high surrogate.',
    }),
    true,
  ],
  [failed('invalid input syntax for type uuid', '22P02'), false],
])('%s: the text cannot be stored: %s', (error, unstorable) => expect(isUnstorable(error)).toBe(unstorable));
