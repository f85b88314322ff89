import { z } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import { PodliftError } from '@podlift/sdk';
import { createLimits } from '../limits/index.ts';
import { coreRoute } from './core-route.ts';
import { json } from './content.ts';
import { createTestApp } from './testing/app.ts';

const KEY = { authorization: 'Bearer plk_acme' };
const ANN = { cookie: 's=ann', 'podlift-tenant': 'acme' };
const Ok = z.object({ ok: z.boolean() });
const get = (permission: `${string}:${string}` | 'public', path: string, refuse?: () => Error) =>
  coreRoute({ method: 'get', path, permission, summary: 'Read', responses: { 200: json(Ok, 'Fine.') } }, (c) => {
    if (refuse) throw refuse();
    return c.json({ ok: true }, 200);
  });
const open = (tenantRatePerMinute: number) =>
  createTestApp({
    limits: createLimits({}),
    config: {
      bodyLimit: 1000,
      requestMs: 1000,
      trustedProxies: ['0.0.0.0', '127.0.0.0/8'],
      publicUrl: 'http://podlift.test',
      metricsToken: undefined,
      ratePerMinute: 100,
      tenantRatePerMinute,
    },
    routes: [
      get('things:read', '/things'),
      get('public', '/open'),
      get(
        'public',
        '/used-up',
        () =>
          new PodliftError('limits.exceeded', 'Too many letters.', {
            kind: 'limit',
            details: { policy: 'letters', limit: 5, windowSeconds: 3600, retryAfterSeconds: 12 },
          }),
      ),
    ],
  });

test('all credentials of a tenant count together, and nobody from outside counts', async () => {
  const app = open(3);
  const stranger = { cookie: 's=ann', 'podlift-tenant': 'beta' };
  for (let n = 0; n < 5; n++) expect((await app.request('/things', { headers: stranger })).status).toBe(404);
  expect((await app.request('/things', { headers: KEY })).headers.get('ratelimit-policy')).toBe(
    '"default";q=100;w=60, "tenant";q=3;w=60',
  );
  expect((await app.request('/things', { headers: ANN })).status).toBe(200);
  expect((await app.request('/things', { headers: ANN })).status).toBe(200);
  const refused = await app.request('/things', { headers: KEY });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(refused.headers.get('ratelimit')).toContain('"tenant";r=0');
  expect((await app.request('/things', { headers: { authorization: 'Bearer plk_beta' } })).status).toBe(200);
});

test('a limit of the handler is told beside the others', async () => {
  const refused = await open(0).request('/used-up');
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('12');
  expect(refused.headers.get('ratelimit-policy')).toBe('"letters";q=5;w=3600, "default";q=100;w=60');
  expect(refused.headers.get('ratelimit')).toMatch(/^"letters";r=0;t=12, "default";r=99;t=60$/);
});

test('addresses of one IPv6 network are one client', async () => {
  const app = open(0);
  const from = (ip: string) => app.request('/open', { headers: { 'x-forwarded-for': ip } });
  const left = async (ip: string) => /r=(\d+)/.exec((await from(ip)).headers.get('ratelimit') ?? '')?.[1];
  expect(await left('2001:db8:1:2::1')).toBe('99');
  expect(await left('2001:db8:1:2:ffff::9')).toBe('98');
  expect(await left('2001:db8:1:3::1')).toBe('99');
  expect(await left('203.0.113.1')).toBe('99');
  expect(await left('::ffff:203.0.113.1')).toBe('98');
});

test('who guesses keys hears how long to wait, and which limit it is', async () => {
  const app = open(0);
  const guess = () =>
    app.request('/things', { headers: { authorization: 'Bearer guess', 'x-forwarded-for': '2001:db8::1' } });
  for (let n = 0; n < 60; n++) await guess();
  const refused = await guess();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(refused.headers.get('ratelimit')).toMatch(/^"failures";r=0;t=\d+$/);
});
