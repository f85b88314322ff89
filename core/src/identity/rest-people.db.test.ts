import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Browser } from './testing/app.ts';
import { PASSWORD } from './testing/rooms.ts';
import { bearer, code, openAcme, person, type Acme } from './testing/acme.ts';

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

  test('made by a key reach no further than that key', async () => {
    const make = async (scopes: string[]) =>
      ada
        .json('POST', '/api/v1/keys', { name: 'maker', scopes: ['keys:manage', 'members:read'] }, inAcme())
        .then(async (made) =>
          rooms.browser().json('POST', '/api/v1/keys', { name: 'x', scopes }, bearer((await made.json()).key)),
        );
    for (const scopes of [['*:*'], ['keys:*'], ['members:*'], ['members:read', 'audit:read']])
      expect(await code(await make(scopes))).toEqual([403, 'identity.scope_beyond']);
    expect((await make(['members:*', 'keys:manage'])).status).toBe(403);
    expect((await make(['keys:manage', 'members:read'])).status).toBe(201);
  });

  test('belong to who makes them, or to the workspace when that is said', async () => {
    const me = (await (await ada.get('/api/v1/me', inAcme())).json()).user.id;
    const make = async (of: Browser, body: object, headers: Record<string, string>) =>
      (
        await of.json('POST', '/api/v1/keys', { name: 'k', scopes: ['keys:manage', 'members:read'], ...body }, headers)
      ).json();
    const own = await make(ada, {}, inAcme());
    const service = await make(ada, { service: true }, inAcme());
    expect([own.user, service.user]).toEqual([me, null]);
    // What a key makes is whose the key is.
    expect((await make(rooms.browser(), {}, bearer(own.key))).user).toBe(me);
    expect((await make(rooms.browser(), {}, bearer(service.key))).user).toBeNull();
    expect((await make(ada, { kind: 'write' }, inAcme())).user).toBeNull();
  });

  test("of an owner are not exchanged by an admin, who would get the owner's rights", async () => {
    const mighty = await (await ada.json('POST', '/api/v1/keys', { name: 'all', scopes: ['*:*'] }, inAcme())).json();
    const admin = await rooms.identity.signUp(person('rotator'));
    await rooms.identity.members.add(acme.tenant.id, admin.user.email, 'admin');
    const rotate = async (of: Browser, id: string) => of.json('POST', `/api/v1/keys/${id}/rotate`, {}, inAcme());
    const browser = await signedIn('rotator');
    expect(await code(await rotate(browser, mighty.id))).toEqual([403, 'identity.owners_only']);
    expect((await rotate(ada, mighty.id)).status).toBe(201);
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
      tenants: [{ slug: 'bob-media', name: 'bob media', role: 'owner', status: 'active' }],
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

  test('takes no weak new password, and a good one ends every other session', async () => {
    await rooms.identity.signUp(person('pat'));
    const [here, elsewhere] = [await signedIn('pat'), await signedIn('pat')];
    const change = (newPassword: string) =>
      here.json('POST', '/api/auth/change-password', { currentPassword: PASSWORD, newPassword });
    expect(await code(await change('password1234'))).toEqual([422, 'identity.password_weak']);
    expect((await elsewhere.get('/api/v1/me')).status).toBe(200);
    expect((await change('seven green lanterns')).status).toBe(200);
    expect((await elsewhere.get('/api/v1/me')).status).toBe(401);
    expect((await here.get('/api/v1/me')).status).toBe(200);
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
