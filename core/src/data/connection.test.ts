import { expect, test } from 'vitest';
import { isAway, isDiskFull } from './connection.ts';
import { DataError } from './errors.ts';

const withCode = (code: string, message = 'no'): Error => Object.assign(new Error(message), { code });

test.each([
  ['nobody listens', withCode('ECONNREFUSED')],
  ['it was cut off', withCode('ECONNRESET')],
  ['it is being shut down', withCode('57P01')],
  ['it starts', withCode('57P03')],
  ['it has no connection left', withCode('53300')],
  ['the driver lost it', new Error('Connection terminated unexpectedly')],
  ['the pool waited in vain', new Error('timeout exceeded when trying to connect')],
  ['somebody wrapped it', new Error('the unit failed', { cause: withCode('57P02') })],
])('away: %s', (_, error) => {
  expect(isAway(error)).toBe(true);
});

test.each([
  ['a wrong statement', withCode('42601')],
  ['a wrong password', withCode('28P01')],
  ['a unique key', withCode('23505')],
  ["somebody else's timeout", new Error('the timeout of the feed passed')],
  ['no error at all', 'ECONNREFUSED'],
  ['nothing', undefined],
])('not away: %s', (_, error) => {
  expect(isAway(error)).toBe(false);
});

test('a full disk is told from everything else', () => {
  expect(isDiskFull(new Error('landing failed', { cause: withCode('53100') }))).toBe(true);
  expect(isDiskFull(withCode('53200'))).toBe(false);
});

test('what passes by itself says so, wherever it is read', () => {
  expect(new DataError('ingest_full', 'x')).toMatchObject({ kind: 'unavailable' });
  expect(new DataError('ingest_invalid', 'x').kind).toBeUndefined();
});
