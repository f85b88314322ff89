import { expect, test } from 'vitest';
import { createSharedLookup } from './shared-lookup.ts';

test('those who ask at the same time share one look, those who come later look again', async () => {
  const asked: string[] = [];
  const lookup = createSharedLookup(async (key) => {
    asked.push(key);
    await Promise.resolve();
    return key.toUpperCase();
  });
  expect(await Promise.all([lookup('a'), lookup('b'), lookup('a')])).toEqual(['A', 'B', 'A']);
  expect(asked).toEqual(['a', 'b']);
  expect(await lookup('a')).toBe('A');
  expect(asked).toEqual(['a', 'b', 'a']);
});

test('a look that failed is told to all who share it, and is not kept', async () => {
  let fails = true;
  const lookup = createSharedLookup(async () => {
    await Promise.resolve();
    if (fails) throw new Error('away');
    return 1;
  });
  const both = await Promise.allSettled([lookup('a'), lookup('a')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await lookup('a')).toBe(1);
});
