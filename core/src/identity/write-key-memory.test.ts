import { expect, test } from 'vitest';
import type { KeyCredential } from './credential.ts';
import { createWriteKeyMemory } from './write-key-memory.ts';

const credential = (kind: 'key' | 'write-key'): KeyCredential => ({
  kind,
  actor: { kind: 'key', id: '1' },
  id: 'key:1',
  cookie: false,
  tenantId: 't',
  name: 'n',
  scopes: [],
  role: 'owner',
});

test('a good write key is asked about once in a while, others every time', async () => {
  let asked = 0;
  let time = 0;
  let found: KeyCredential | undefined = credential('write-key');
  const memory = createWriteKeyMemory(
    async () => {
      asked++;
      return found;
    },
    () => time,
  );
  for (let i = 0; i < 5; i++) expect(await memory('k')).toBe(found);
  expect(asked).toBe(1);
  found = undefined;
  time = 3001;
  expect(await memory('k')).toBeUndefined();
  expect(await memory('k')).toBeUndefined();
  expect(asked).toBe(3);
  found = credential('key');
  await memory('k');
  await memory('k');
  expect(asked).toBe(5);
});
