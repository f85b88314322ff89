import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password.ts';

const hash = await hashPassword('correct horse battery');

test('a password is kept as a PHC string with its cost', () => {
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
});

test('the same password is never kept the same way twice', async () => {
  expect(await hashPassword('correct horse battery')).not.toBe(hash);
});

test.each([
  ['the password itself', hash, 'correct horse battery', true],
  ['another password', hash, 'correct horse batterz', false],
  ['an empty password', hash, '', false],
  ['a hash that is none', 'correct horse battery', 'correct horse battery', false],
  ['another algorithm', hash.replace('argon2id', 'argon2i'), 'correct horse battery', false],
  ['a cost that cannot be', hash.replace('m=19456', 'm=99999999'), 'correct horse battery', false],
  ['a shortened tag', hash.slice(0, -4), 'correct horse battery', false],
])('%s', async (_, stored, password, expected) => {
  expect(await verifyPassword(stored, password)).toBe(expected);
});

test('a password hashed elsewhere at another cost still opens', async () => {
  // From `argon2 somesalt -id -m 12 -t 3 -p 1` of the reference implementation's family, made with node:crypto.
  const { argon2Sync } = await import('node:crypto');
  const nonce = Buffer.from('0123456789abcdef');
  const tag = argon2Sync('argon2id', { message: 'x', nonce, memory: 4096, passes: 3, parallelism: 1, tagLength: 16 });
  const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '');
  expect(await verifyPassword(`$argon2id$v=19$m=4096,t=3,p=1$${b64(nonce)}$${b64(tag)}`, 'x')).toBe(true);
});
