import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSealer } from './seal.ts';

const master = randomBytes(32);
const sealer = createSealer([master]);
const place = { tenant: 'a', owner: 'acme.ads', name: 'token' };

describe('a sealed secret', () => {
  test('opens where it was sealed', async () => {
    expect(await sealer.open(place, await sealer.seal(place, 'schlüssel 🔑'))).toBe('schlüssel 🔑');
  });

  test('is never the same twice', async () => {
    expect(await sealer.seal(place, 'x')).not.toBe(await sealer.seal(place, 'x'));
  });

  test.each([
    ['another tenant', { ...place, tenant: 'b' }],
    ['another owner', { ...place, owner: 'acme.other' }],
    ['another name', { ...place, name: 'token2' }],
    ['parts joined otherwise', { tenant: 'a","acme.ads', owner: '', name: 'token' }],
  ])('does not open for %s', async (_, other) => {
    const sealed = await sealer.seal(place, 'x');
    await expect(sealer.open(other, sealed)).rejects.toThrow(/another place/);
  });

  test('does not open when any part was changed', async () => {
    const parts = (await sealer.seal(place, 'a secret')).split('.');
    for (let part = 0; part < parts.length; part++) {
      const bytes = Buffer.from(parts[part] ?? '', 'base64url');
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      const bent = parts.with(part, bytes.toString('base64url')).join('.');
      await expect(sealer.open(place, bent)).rejects.toBeInstanceOf(Error);
    }
  });

  test('does not open by a weaker algorithm', async () => {
    const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A128GCM', kid: sealer.kid, ctx: 'x' }));
    await expect(sealer.open(place, `${header.toString('base64url')}..AAAA.AAAA.AAAA`)).rejects.toThrow(/not allowed/);
  });
});

describe('a new master key', () => {
  const newer = createSealer([randomBytes(32), master]);

  test('opens what the old one sealed, and says that it is stale', async () => {
    const sealed = await sealer.seal(place, 'kept');
    expect(await newer.open(place, sealed)).toBe('kept');
    expect(newer.isStale(sealed)).toBe(true);
    expect(newer.isStale(await newer.seal(place, 'kept'))).toBe(false);
  });

  test('seals what the old one alone cannot open', async () => {
    await expect(sealer.open(place, await newer.seal(place, 'x'))).rejects.toThrow(/No key named/);
  });
});

test('a sealer shows no key when it is printed', () => {
  expect(JSON.stringify(sealer)).not.toContain(master.toString('base64').slice(0, 8));
  expect(Object.keys(sealer).sort()).toEqual(['isStale', 'kid', 'kidOf', 'open', 'seal']);
});
