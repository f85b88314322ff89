import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../data/index.ts';
import { createTenantFacts } from './facts.ts';

/** A database that answers after the given steps and counts how often it was asked. */
function countingDatabase(answer: () => Promise<object[]>) {
  const asked = { times: 0 };
  // The cache uses `withTenant` with `query` only.
  const database = {
    withTenant: async (_: unknown, fn: (tx: object) => Promise<unknown>) => {
      asked.times++;
      return fn({ query: answer });
    },
  } as unknown as Pick<Database, 'withTenant'>;
  return { database, asked };
}
const never = (): never => {
  throw new Error('no error was expected');
};

describe('facts of tenants', () => {
  test('are read once for many that ask at the same time, then served at once', async () => {
    const { database, asked } = countingDatabase(async () => []);
    const facts = createTenantFacts({ database, freshMs: 1000, onError: never });
    const [one, other] = await Promise.all([facts.get('t'), facts.get('t')]);
    expect(one).toBe(other);
    expect(facts.get('t')).toBe(one);
    expect(asked.times).toBe(1);
  });

  test('are read anew behind the answer when they are no longer fresh', async () => {
    const { database, asked } = countingDatabase(async () => []);
    const facts = createTenantFacts({ database, freshMs: 5, onError: never });
    const first = await facts.get('t');
    await sleep(10);
    expect(facts.get('t')).toBe(first);
    await sleep(1);
    expect(asked.times).toBe(2);
    expect(await facts.get('t')).not.toBe(first);
  });

  test('what was read before a change is not kept after it', async () => {
    const hold = Promise.withResolvers<object[]>();
    let answer = () => hold.promise;
    const { database, asked } = countingDatabase(() => answer());
    const facts = createTenantFacts({ database, freshMs: 1000, onError: never });
    const old = facts.get('t');
    facts.forget('t');
    answer = async () => [];
    const fresh = await facts.get('t');
    hold.resolve([]);
    await old;
    expect(await facts.get('t')).toBe(fresh);
    expect(asked.times).toBe(2);
  });

  test('a failure is the error of who waits, and is not kept', async () => {
    let broken = true;
    const { database } = countingDatabase(async () => {
      if (broken) throw new Error('down');
      return [];
    });
    const facts = createTenantFacts({ database, freshMs: 1000, onError: never });
    await expect(facts.get('t')).rejects.toThrow('down');
    broken = false;
    await expect(facts.get('t')).resolves.toBeDefined();
  });

  test('only so many tenants are remembered', async () => {
    const { database, asked } = countingDatabase(async () => []);
    const facts = createTenantFacts({ database, freshMs: 1000, size: 2, onError: never });
    for (const tenant of ['a', 'b', 'c', 'a']) await facts.get(tenant);
    expect(asked.times).toBe(4);
  });
});
