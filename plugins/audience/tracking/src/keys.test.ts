import { expect, test } from 'vitest';
import { createHouseholdKeys, messageKey, networkOf } from './keys.ts';

const UUID8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('household keys are stable, differ by kind and tenant, and tell nothing', () => {
  const one = createHouseholdKeys(Buffer.alloc(32, 1));
  const two = createHouseholdKeys(Buffer.alloc(32, 2));
  const key = one.of('user', 'ann@example.com');
  expect(key).toMatch(UUID8);
  expect(one.of('user', 'ann@example.com')).toBe(key);
  expect(createHouseholdKeys(Buffer.alloc(32, 1)).of('user', 'ann@example.com')).toBe(key);
  expect(new Set([key, one.of('anonymous', 'ann@example.com'), two.of('user', 'ann@example.com')]).size).toBe(3);
});

test('keys stay the same when the memory turns over', () => {
  const keys = createHouseholdKeys(Buffer.alloc(32, 1));
  const first = keys.of('user', 'first');
  for (let i = 0; i < 120_000; i++) keys.of('user', String(i % 60_001));
  expect(keys.of('user', 'first')).toBe(first);
});

test('message keys are the UUID itself or a digest', () => {
  expect(messageKey('0192B6E2-3C4D-7E5F-8A9B-0C1D2E3F4A5B')).toBe('0192b6e2-3c4d-7e5f-8a9b-0c1d2e3f4a5b');
  expect(messageKey('ajs-next-1')).toMatch(UUID8);
  expect(messageKey('ajs-next-1')).not.toBe(messageKey('ajs-next-2'));
  expect(messageKey('0192B6E2-3C4D-7E5F-8A9B-0C1D2E3F4A5-')).toMatch(UUID8);
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('networkOf(%s) is %s', (address, network) => expect(networkOf(address)).toBe(network));
