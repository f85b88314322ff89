import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { Browser } from './testing/app.ts';
import { bearer, code, openAcme, type Acme } from './testing/acme.ts';

let rooms: Acme['rooms'];
let acme: Acme['acme'];
let beta: Acme['beta'];
/** The operator, who owns Acme. */
let ada: Acme['ada'];
/** Owns Beta and is no operator. */
let bob: Acme['bob'];
let signedIn: Acme['signedIn'];
let inAcme: Acme['inAcme'];

beforeAll(async () => {
  ({ rooms, acme, beta, ada, bob, signedIn, inAcme } = await openAcme(inject('postgres')));
});
afterAll(() => rooms.close());

describe('which tenant', () => {
  const issue = async (of: Browser, tenant: string, scopes = ['tenant:read']): Promise<string> => {
    const made = await of.json('POST', '/api/v1/keys', { name: 'k', scopes }, { 'podlift-tenant': tenant });
    return z.object({ key: z.string() }).parse(await made.json()).key;
  };

  test('a key of one on the host, or with the header, of another is refused', async () => {
    const key = await issue(ada, acme.tenant.slug);
    const own = await rooms.browser().get('/api/v1/tenant', bearer(key));
    expect(await own.json()).toMatchObject({ slug: 'ada-media' });
    expect(own.headers.get('etag')).toBe('"1"');
    const others = { ...bearer(key), 'podlift-tenant': beta.tenant.slug };
    expect(await code(await rooms.browser().get('/api/v1/tenant', others))).toEqual([400, 'http.tenants_disagree']);
    const host = rooms.browser('http://bob-media.podlift.test');
    expect(await code(await host.get('/api/v1/tenant', bearer(key)))).toEqual([400, 'http.tenants_disagree']);
  });

  test('a session names it by host or header; where they disagree it is refused', async () => {
    expect(await code(await ada.get('/api/v1/tenant'))).toEqual([400, 'http.tenant_missing']);
    const host = await signedIn('bob', 'http://bob-media.podlift.test');
    expect(await (await host.get('/api/v1/tenant')).json()).toMatchObject({ id: beta.tenant.id });
    expect(await code(await host.get('/api/v1/tenant', inAcme()))).toEqual([400, 'http.tenants_disagree']);
  });

  test('of others does not exist for those who do not belong', async () => {
    expect(await code(await bob.get('/api/v1/tenant', inAcme()))).toEqual([404, 'http.tenant_unknown']);
    expect(await code(await bob.get('/api/v1/tenant', { 'podlift-tenant': 'nobody' }))).toEqual([
      404,
      'http.tenant_unknown',
    ]);
    expect(await code(await bob.get('/api/v1/members', { 'podlift-tenant': acme.tenant.id }))).toEqual([
      404,
      'http.tenant_unknown',
    ]);
  });
});

describe('tenants', () => {
  test('are the operator’s', async () => {
    expect(await code(await bob.get('/api/v1/tenants'))).toEqual([403, 'http.operators_only']);
    expect(await code(await rooms.browser().get('/api/v1/tenants'))).toEqual([401, 'http.not_signed_in']);
    const page = await (await ada.get('/api/v1/tenants?limit=2')).json();
    expect(page.items).toHaveLength(2);
    const rest = await (await ada.get(`/api/v1/tenants?cursor=${page.next}`)).json();
    expect([...page.items, ...rest.items].map(({ slug }) => slug)).toEqual(['vic-media', 'bob-media', 'ada-media']);
    expect(await code(await ada.get('/api/v1/tenants?cursor=x'))).toEqual([422, 'http.invalid']);
  });

  test('are created by an operator for an owner, and a conflict names the field', async () => {
    const made = await ada.json('POST', '/api/v1/tenants', {
      slug: 'gamma',
      name: 'Gamma',
      plan: 'pro',
      owner: 'vic@x.test',
    });
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ slug: 'gamma', plan: 'pro', version: 1 });
    const again = await ada.json('POST', '/api/v1/tenants', { slug: 'gamma', name: 'Gamma' });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: 'tenants.slug_taken', errors: [{ in: 'body', path: 'slug' }] });
    const vic = await signedIn('vic');
    expect(await (await vic.get('/api/v1/members', { 'podlift-tenant': 'gamma' })).json()).toMatchObject({
      items: [{ email: 'vic@x.test', role: 'owner' }],
    });
    expect(await code(await bob.json('POST', '/api/v1/tenants', { name: 'Mine' }))).toEqual([
      403,
      'identity.sign_up_closed',
    ]);
  });

  test('that were made for a demonstration are the operator’s', async () => {
    const { slug } = await rooms.tenancy.create({ slug: 'demo', name: 'Demo', disposable: true });
    expect(await (await ada.get('/api/v1/tenant/usage', { 'podlift-tenant': slug })).json()).toEqual({ items: [] });
    expect(await code(await ada.get('/api/v1/tenant/usage', { 'podlift-tenant': beta.tenant.slug }))).toEqual([
      403,
      'http.not_permitted',
    ]);
    expect(await code(await bob.get('/api/v1/tenant/usage', { 'podlift-tenant': slug }))).toEqual([
      404,
      'http.tenant_unknown',
    ]);
    await rooms.tenancy.purge((await rooms.tenancy.bySlug(slug))?.id ?? '', { now: true });
  });

  test('are changed from the version that was seen', async () => {
    const read = await ada.get(`/api/v1/tenants/${beta.tenant.id}`);
    const etag = read.headers.get('etag') ?? '';
    const put = (headers: Record<string, string>) =>
      ada.json('PUT', `/api/v1/tenants/${beta.tenant.id}`, { name: 'Bob & Co' }, headers);
    expect(await code(await put({}))).toEqual([428, 'http.version_missing']);
    expect(await code(await put({ 'if-match': 'W/x' }))).toEqual([422, 'http.invalid']);
    const done = await put({ 'if-match': etag });
    expect([done.status, done.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await code(await put({ 'if-match': etag }))).toEqual([412, 'http.version_differs']);
  });

  test('that are suspended or deleted answer nobody but the operator, and come back as they were', async () => {
    const { id, slug } = beta.tenant;
    const key = await rooms.identity.keys.create({
      tenant: id,
      name: 'k',
      kind: 'secret',
      scopes: ['tenant:read'],
      role: 'owner',
      by: 'x',
    });
    const answers = async () =>
      Promise.all([
        bob.get('/api/v1/tenant', { 'podlift-tenant': slug }).then((one) => one.status),
        rooms
          .browser()
          .get('/api/v1/tenant', bearer(key.key))
          .then((one) => one.status),
        ada.get(`/api/v1/tenants/${id}`).then((one) => one.status),
      ]);
    const act = async (verb: string, body?: unknown) =>
      (await ada.json('POST', `/api/v1/tenants/${id}/${verb}`, body)).json();
    expect(await answers()).toEqual([200, 200, 200]);
    expect(await act('suspend', { reason: 'unpaid' })).toMatchObject({
      status: 'suspended',
      suspendedReason: 'unpaid',
    });
    expect(await answers()).toEqual([403, 403, 200]);
    expect(await act('resume')).toMatchObject({ status: 'active' });
    expect(await answers()).toEqual([200, 200, 200]);
    expect(await (await ada.json('DELETE', `/api/v1/tenants/${id}`)).json()).toMatchObject({ status: 'deleted' });
    expect(await answers()).toEqual([403, 403, 200]);
    expect(await act('restore')).toMatchObject({ status: 'active', purgeAfter: null });
    expect(await answers()).toEqual([200, 200, 200]);
    const log = await rooms.audit.listOperator({ tenant: id });
    expect(log.map(({ action }) => action)).toEqual([
      'tenant.restored',
      'tenant.deleted',
      'tenant.resumed',
      'tenant.suspended',
      'tenant.updated',
    ]);
  });
});

describe('the workspace', () => {
  test('has settings, checked and versioned', async () => {
    const read = await ada.get('/api/v1/tenant/settings', inAcme());
    expect([read.headers.get('etag'), await read.json()]).toEqual([
      '"0"',
      { timeZone: 'UTC', currency: 'USD', locale: 'en', weekStart: 1 },
    ]);
    const saved = await ada.json(
      'PUT',
      '/api/v1/tenant/settings',
      { timeZone: 'Europe/Vienna' },
      inAcme({ 'if-match': '"0"' }),
    );
    expect([saved.status, saved.headers.get('etag')]).toEqual([200, '"1"']);
    const wrong = await ada.json(
      'PUT',
      '/api/v1/tenant/settings',
      { timeZone: 'Vienna', week: 1 },
      inAcme({ 'if-match': '"1"' }),
    );
    expect(await wrong.json()).toMatchObject({
      status: 422,
      errors: [
        { in: 'body', path: 'timeZone' },
        { in: 'body', path: 'week' },
      ],
    });
    expect(await code(await ada.json('PUT', '/api/v1/tenant/settings', {}, inAcme({ 'if-match': '"0"' })))).toEqual([
      412,
      'http.version_differs',
    ]);
  });

  test('keeps secrets of plugins that nobody reads again', async () => {
    const put = await ada.json('PUT', '/api/v1/secrets/acme.ads/token', { value: 'hunter2' }, inAcme());
    expect(put.status).toBe(204);
    const listed = await (await ada.get('/api/v1/secrets/acme.ads', inAcme())).text();
    expect(listed).toContain('"name":"token"');
    expect(listed).not.toContain('hunter2');
    expect(JSON.stringify(await rooms.audit.list(acme.tenant.id))).not.toContain('hunter2');
    for (const path of ['/api/v1/secrets/acme.ads/other', '/api/v1/secrets/nobody.here/token'])
      expect(await code(await ada.json('PUT', path, { value: 'x' }, inAcme()))).toEqual([404, 'secrets.unknown']);
    expect((await ada.json('DELETE', '/api/v1/secrets/acme.ads/token', undefined, inAcme())).status).toBe(204);
    expect(await code(await ada.json('DELETE', '/api/v1/secrets/acme.ads/token', undefined, inAcme()))).toEqual([
      404,
      'secrets.unknown',
    ]);
  });

  test('has domains', async () => {
    const made = await ada.json('POST', '/api/v1/tenant/domains', { domain: 'ads.acme.example' }, inAcme());
    expect(await made.json()).toMatchObject({ domain: 'ads.acme.example', verifiedAt: null });
    expect(
      await code(await ada.json('POST', '/api/v1/tenant/domains/ads.acme.example/verify', undefined, inAcme())),
    ).toEqual([409, 'tenants.domain_unproven']);
    expect(await code(await ada.json('POST', '/api/v1/tenant/domains', { domain: 'x' }, inAcme()))).toEqual([
      422,
      'tenants.domain_invalid',
    ]);
    expect((await ada.json('DELETE', '/api/v1/tenant/domains/ads.acme.example', undefined, inAcme())).status).toBe(204);
  });
});
