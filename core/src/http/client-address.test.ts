import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createOriginReader, isLoopback } from './client-address.ts';

const from = (remoteAddress: string): IncomingMessage =>
  // Only this much of it is read.
  ({ socket: { remoteAddress } }) as unknown as IncomingMessage;
const TRUSTED = ['10.0.0.0/8', '::1', '192.0.2.7'];

test.each([
  ['nobody between', '9.9.9.9', {}, '9.9.9.9', false],
  ['a trusted proxy', '10.0.0.1', { 'x-forwarded-for': '9.9.9.9' }, '9.9.9.9', false],
  ['a mapped trusted proxy', '::ffff:10.0.0.1', { 'x-forwarded-for': '9.9.9.9' }, '9.9.9.9', false],
  ['two trusted proxies', '::1', { 'x-forwarded-for': '9.9.9.9, 10.0.0.2' }, '9.9.9.9', false],
  ['a made-up beginning', '10.0.0.1', { 'x-forwarded-for': '1.1.1.1, 9.9.9.9, 192.0.2.7' }, '9.9.9.9', false],
  ['nonsense in the list', '10.0.0.1', { 'x-forwarded-for': '1.1.1.1, nonsense' }, '10.0.0.1', false],
  ['ports in the list', '10.0.0.1', { 'x-forwarded-for': '9.9.9.9:4711' }, '9.9.9.9', false],
  ['IPv6 with a port', '10.0.0.1', { 'x-forwarded-for': '[2606:4700::1]:80' }, '2606:4700::1', false],
  ['an unknown proxy', '9.9.9.9', { 'x-forwarded-for': '127.0.0.1' }, '9.9.9.9', true],
  ['the newer header from nobody known', '9.9.9.9', { forwarded: 'for=127.0.0.1' }, '9.9.9.9', true],
  ['only trusted ones', '10.0.0.1', { 'x-forwarded-for': '10.0.0.3, 10.0.0.2' }, '10.0.0.3', false],
])('%s', (_, peer, headers: Record<string, string>, ip, behindUnknownProxy) => {
  const read = createOriginReader(TRUSTED);
  const origin = read((name) => headers[name], 'http://podlift.test/', from(peer));
  expect(origin).toMatchObject({ ip, behindUnknownProxy, host: 'podlift.test' });
});

test('the host is believed like the address', () => {
  const headers: Record<string, string> = { host: 'own', 'x-forwarded-host': 'told', 'x-forwarded-for': '9.9.9.9' };
  const read = createOriginReader(TRUSTED);
  expect(read((name) => headers[name], 'http://x/', from('10.0.0.1')).host).toBe('told');
  expect(read((name) => headers[name], 'http://x/', from('9.9.9.9')).host).toBe('own');
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['1.127.0.0', false],
  ['0.0.0.0', false],
])('%s is this machine: %s', (ip, expected) => expect(isLoopback(ip)).toBe(expected));
