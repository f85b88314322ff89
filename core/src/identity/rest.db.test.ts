import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { openApp, type AppRooms, type Browser } from './testing/app.ts';
import type { Owner } from './onboarding.ts';
import { PASSWORD } from './testing/rooms.ts';

let rooms: AppRooms;
let acme: Owner;
let beta: Owner;
/** The operator, who owns Acme. */
let ada: Browser;
/** Owns Beta and is no operator. */
let bob: Browser;

const person = (n: string) => ({ name: n, email: `${n}@x.test`, password: PASSWORD, workspace: `${n} media` });
const signedIn = async (name: string, host?: string): Promise<Browser> => {
  const browser = rooms.browser(host);
  await browser.submit('/sign-in', { email: `${name}@x.test`, password: PASSWORD });
  return browser;
};
const inAcme = (headers = {}) => ({ 'podlift-tenant': acme.tenant.slug, ...headers });
const code = async (response: Response): Promise<unknown> => [response.status, (await response.json()).code];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

beforeAll(async () => {
  rooms = await openApp(inject('postgres'), { baseDomain: 'podlift.test', publicUrl: 'http://podlift.test' });
  acme = await rooms.identity.createOwner(person('ada'));
  beta = await rooms.identity.signUp(person('bob'));
  await rooms.identity.signUp(person('vic'));
  [ada, bob] = [await signedIn('ada'), await signedIn('bob')];
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

describe('keys', () => {
  test('are made, shown once, rotated and revoked, and each act is kept', async () => {
    const made = await ada.json('POST', '/api/v1/keys', { name: 'Export', scopes: ['members:read'] }, inAcme());
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { key, id } = await made.json();
    expect((await rooms.browser().get('/api/v1/members', bearer(key))).status).toBe(200);
    expect(await code(await rooms.browser().get('/api/v1/keys', bearer(key)))).toEqual([403, 'http.not_permitted']);
    const listed = await (await ada.get('/api/v1/keys', inAcme())).text();
    expect(listed).not.toContain(key);
    const rotated = await (
      await ada.json('POST', `/api/v1/keys/${id}/rotate`, { overlapSeconds: 60 }, inAcme())
    ).json();
    expect((await rooms.browser().get('/api/v1/members', bearer(rotated.key))).status).toBe(200);
    expect(await (await ada.json('DELETE', `/api/v1/keys/${id}`, undefined, inAcme())).json()).toMatchObject({
      status: 'revoked',
    });
    expect(await code(await rooms.browser().get('/api/v1/members', bearer(key)))).toEqual([401, 'identity.key_bad']);
    const acts = (await rooms.audit.list(acme.tenant.id)).map(({ action }) => action);
    expect(acts).toEqual(expect.arrayContaining(['key.created', 'key.rotated', 'key.revoked']));
    expect(JSON.stringify(await rooms.audit.list(acme.tenant.id))).not.toContain(key);
  });

  test('get no scope that does not exist or that their maker does not have', async () => {
    const make = (of: Browser, scopes: string[], tenant: string) =>
      of.json('POST', '/api/v1/keys', { name: 'x', scopes }, { 'podlift-tenant': tenant });
    expect(await code(await make(ada, ['everything:do'], acme.tenant.slug))).toEqual([422, 'identity.scope_unknown']);
    expect(await code(await make(ada, ['tenants:manage'], acme.tenant.slug))).toEqual([422, 'identity.scope_unknown']);
    const admin = await rooms.identity.signUp(person('adm'));
    await rooms.identity.members.add(acme.tenant.id, admin.user.email, 'admin');
    const browser = await signedIn('adm');
    expect(await code(await make(browser, ['tenant:delete'], acme.tenant.slug))).toEqual([
      403,
      'identity.scope_beyond',
    ]);
    const wide = await (await make(browser, ['tenant:*'], acme.tenant.slug)).json();
    const me = await (await rooms.browser().get('/api/v1/me', bearer(wide.key))).json();
    expect(me).toMatchObject({ actor: { kind: 'key' }, user: null, permissions: ['tenant:read', 'tenant:update'] });
  });

  test('of others cannot be touched', async () => {
    const { info } = await rooms.identity.keys.create({
      tenant: acme.tenant.id,
      name: 'k',
      kind: 'secret',
      role: 'owner',
      by: 'x',
    });
    const inBeta = { 'podlift-tenant': beta.tenant.slug };
    expect(await code(await bob.json('DELETE', `/api/v1/keys/${info.id}`, undefined, inBeta))).toEqual([
      404,
      'identity.key_unknown',
    ]);
    expect(await code(await bob.json('POST', `/api/v1/keys/${info.id}/rotate`, {}, inBeta))).toEqual([
      404,
      'identity.key_unknown',
    ]);
  });
});

test('a plan’s seats and keys are counted, exactly, and told', async () => {
  const { tenant } = await rooms.identity.signUp(person('free'));
  const free = await signedIn('free');
  const inFree = { 'podlift-tenant': tenant.slug };
  const make = () => free.json('POST', '/api/v1/keys', { name: 'k' }, inFree);
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await make()).status));
  expect(statuses.filter((status) => status === 201)).toHaveLength(5);
  expect(await code(await make())).toEqual([402, 'quotas.plan_limit']);
  const [first] = await rooms.identity.keys.list(tenant.id);
  await rooms.identity.keys.revoke(tenant.id, first?.id ?? '');
  expect((await make()).status).toBe(201);
  for (const name of ['seat1', 'seat2']) {
    await rooms.identity.signUp(person(name));
    await rooms.identity.members.add(tenant.id, `${name}@x.test`, 'viewer');
  }
  expect(
    await code(await free.json('POST', '/api/v1/members', { email: 'vic@x.test', role: 'viewer' }, inFree)),
  ).toEqual([402, 'quotas.plan_limit']);
  expect(await (await free.get('/api/v1/tenant/usage', inFree)).json()).toEqual({
    items: [
      { name: 'hits', limit: 100_000, per: 'month', used: 0 },
      { name: 'keys', limit: 5, per: 'total', used: 5 },
      { name: 'members', limit: 3, per: 'total', used: 3 },
    ],
  });
});

describe('members', () => {
  const member = (of: Browser, method: string, path: string, body?: unknown) =>
    of.json(method, `/api/v1/members${path}`, body, inAcme());

  test('are added, changed and removed; only an owner touches owners, and one always stays', async () => {
    const eve = await rooms.identity.signUp(person('eve'));
    const added = await member(ada, 'POST', '', { email: 'EVE@x.test', role: 'admin' });
    expect(await added.json()).toMatchObject({ userId: eve.user.id, role: 'admin' });
    expect(await code(await member(ada, 'POST', '', { email: 'eve@x.test', role: 'viewer' }))).toEqual([
      409,
      'identity.member_exists',
    ]);
    expect(await code(await member(ada, 'POST', '', { email: 'no@x.test', role: 'viewer' }))).toEqual([
      404,
      'identity.user_unknown',
    ]);
    const admin = await signedIn('eve');
    expect(await code(await member(admin, 'PUT', `/${eve.user.id}`, { role: 'owner' }))).toEqual([
      403,
      'identity.owners_only',
    ]);
    expect(await code(await member(admin, 'DELETE', `/${acme.user.id}`))).toEqual([403, 'identity.owners_only']);
    expect(await code(await member(ada, 'DELETE', `/${acme.user.id}`))).toEqual([409, 'identity.last_owner']);
    expect(await code(await member(ada, 'PUT', `/${acme.user.id}`, { role: 'viewer' }))).toEqual([
      409,
      'identity.last_owner',
    ]);
    expect((await member(ada, 'PUT', `/${eve.user.id}`, { role: 'viewer' })).status).toBe(200);
    expect(await code(await member(admin, 'POST', '', { email: 'vic@x.test', role: 'viewer' }))).toEqual([
      403,
      'http.not_permitted',
    ]);
    expect((await member(ada, 'DELETE', `/${eve.user.id}`)).status).toBe(204);
    expect(await code(await admin.get('/api/v1/members', inAcme()))).toEqual([404, 'http.tenant_unknown']);
  });

  test('two last owners cannot leave at once', async () => {
    const { tenant, user } = await rooms.identity.signUp(person('one'));
    const two = await rooms.identity.signUp(person('two'));
    await rooms.identity.members.add(tenant.id, 'two@x.test', 'owner');
    const left = await Promise.allSettled(
      [user.id, two.user.id].map((id) => rooms.identity.members.remove(tenant.id, id)),
    );
    expect(left.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('who am I', () => {
  test('tells person, tenants, role and permissions', async () => {
    const me = await (await bob.get('/api/v1/me', { 'podlift-tenant': beta.tenant.slug })).json();
    expect(me).toMatchObject({
      user: { email: 'bob@x.test' },
      operator: false,
      role: 'owner',
      tenant: { slug: 'bob-media' },
      tenants: [{ slug: 'bob-media', name: 'Bob & Co', role: 'owner', status: 'active' }],
    });
    expect(me.permissions).toContain('tenant:delete');
    expect(me.permissions).not.toContain('tenants:manage');
  });

  test('lists what roles there are', async () => {
    const { roles, permissions } = await (await bob.get('/api/v1/roles')).json();
    expect(roles.map(({ id }: { id: string }) => id)).toEqual([
      'owner',
      'admin',
      'analyst',
      'viewer',
      'billing',
      'publisher',
    ]);
    expect(permissions.map(({ name }: { name: string }) => name)).not.toContain('system:manage');
  });
});

describe('a page of another site', () => {
  test('cannot make a signed-in browser change anything', async () => {
    for (const headers of [inAcme({ origin: 'https://evil.test' }), inAcme({ origin: 'null' })])
      expect(await code(await ada.json('POST', '/api/v1/keys', { name: 'x' }, headers))).toEqual([
        403,
        'http.cross_site',
      ]);
  });

  test('cannot use better-auth either, and what we did not open there does not exist', async () => {
    const sign = (headers: Record<string, string>) =>
      rooms.browser().json('POST', '/api/auth/sign-in/email', { email: 'bob@x.test', password: PASSWORD }, headers);
    expect(await code(await sign({ origin: 'https://evil.test' }))).toEqual([403, 'identity.cross_site']);
    expect((await sign({})).status).toBe(200);
    expect(await code(await bob.json('POST', '/api/auth/organization/create', { name: 'x', slug: 'x' }))).toEqual([
      404,
      'http.route_unknown',
    ]);
    expect(await code(await bob.json('POST', '/api/auth/api-key/create', { name: 'x' }))).toEqual([
      404,
      'http.route_unknown',
    ]);
    expect((await bob.json('POST', '/api/auth/sign-up/email', person('new'))).status).toBe(404);
  });

  test('guesses passwords through better-auth no faster than through the page', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++)
      statuses.push(
        (
          await rooms
            .browser()
            .json('POST', '/api/auth/sign-in/email', { email: 'vic@x.test', password: 'wrong wrong' })
        ).status,
      );
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });
});
