import { describe, expect, test } from 'vitest';
import { PodliftError } from '../errors.ts';
import { errorData, errorFrom } from './error-data.ts';

class TooShort extends PodliftError {
  constructor(cause: unknown) {
    super('acme.too_short', 'too short', { kind: 'conflict', cause, details: { min: 3 } });
  }
}

test('an error arrives with code, kind, details and causes, and with a stack of its own', () => {
  const root = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', password: 'x' });
  const sent = new TooShort(new RangeError('inner', { cause: root }));
  const got = errorFrom(JSON.parse(JSON.stringify(errorData(sent))));
  expect(got).toMatchObject({ code: 'acme.too_short', kind: 'conflict', message: 'too short', details: { min: 3 } });
  expect(got).not.toBeInstanceOf(TooShort);
  expect(got.cause).toMatchObject({ code: 'plugin_failed', message: 'inner' });
  expect(Object(got.cause).cause).toMatchObject({ code: 'ECONNREFUSED', message: 'refused' });
  expect(JSON.stringify(errorData(sent))).not.toContain('password');
});

describe('whatever is thrown', () => {
  const looping = new Error('loop');
  looping.cause = looping;
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
  });
  test.each([
    ['a string', 'a string', { code: 'plugin_failed', message: 'a string' }],
    ['nothing', undefined, { code: 'plugin_failed', message: 'a value that is not an Error was thrown' }],
    ['an abort', new DOMException('stop', 'AbortError'), { code: 'aborted' }],
    ['a hostile error', hostile, { message: 'an error that could not be read was thrown' }],
    ['an unknown kind', Object.assign(new Error('x'), { kind: 'king' }), { message: 'x' }],
  ])('%s becomes data', (_, thrown, data) => {
    expect(errorData(thrown)).toMatchObject(data);
  });

  test('details that JSON cannot hold are left out, and the error is not', () => {
    const error = new PodliftError('acme.bad', 'bad', { details: { n: 1n } });
    expect(errorData(error)).toEqual({ code: 'acme.bad', message: 'bad' });
  });

  test('a chain of causes is cut, and so is a long message', () => {
    expect(JSON.stringify(errorData(looping)).split('"loop"').length - 1).toBe(9);
    expect(errorData(new Error('x'.repeat(10_000))).message).toHaveLength(4000);
  });
});
