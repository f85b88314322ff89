import { expect, test } from 'vitest';
import { explainDisk } from './errors.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  ['ENOSPC', 'files.disk_full'],
  ['EDQUOT', 'files.disk_full'],
  ['EROFS', 'files.unwritable'],
  ['EACCES', 'files.unwritable'],
])('%s is told as %s, in a sentence for an operator', (code, expected) => {
  expect(explainDisk(failure(code))).toMatchObject({
    code: expected,
    kind: 'unavailable',
    message: expect.stringContaining('operator'),
  });
});

test('other failures stay what they are', () => {
  const other = failure('EIO');
  expect(explainDisk(other)).toBe(other);
});
