import { describe, expect, it } from 'vitest';
import { EventError } from './errors.ts';
import { describe as describeError, isTransient } from './failure.ts';

const withCode = (code: string): Error => Object.assign(new Error('x'), { code });

describe('isTransient', () => {
  it.each([
    withCode('ECONNREFUSED'),
    withCode('57P01'),
    withCode('08006'),
    withCode('40P01'),
    withCode('53300'),
    new Error('Connection terminated unexpectedly'),
    new Error('wrapped', { cause: withCode('ECONNRESET') }),
    EventError.lost('s'),
    EventError.later('s', new Error('down')),
  ])('says yes to %s: no event is to blame', (error) => {
    expect(isTransient(error)).toBe(true);
  });

  it.each([
    withCode('23505'),
    withCode('22P02'),
    withCode('campaigns.code_taken'),
    new Error('boom'),
    EventError.timeout('s', 5),
    'text',
    undefined,
  ])('says no to %s', (error) => {
    expect(isTransient(error)).toBe(false);
  });

  it('is not caught in circles of causes', () => {
    const error = new Error('a');
    error.cause = error;
    expect(isTransient(error)).toBe(false);
  });
});

describe('a description of a failure', () => {
  it('keeps one line of reasonable length', () => {
    expect(describeError(new TypeError('no'))).toBe('TypeError: no');
    expect(describeError('x'.repeat(5000)).length).toBe(2000);
  });
});
