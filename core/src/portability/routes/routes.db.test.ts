import { uuidv7 } from '@podlift/sdk';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readArchive } from '../archive/archive.ts';
import { definePortabilityJobs } from '../jobs.ts';
import { openInstallation, type Installation } from '../testing/installation.ts';

const SLOW = 120_000;
let at: Installation;
let tenant: string;
const keys: Record<string, string> = {};

beforeAll(async () => {
  at = await openInstallation(inject('postgres'));
  const { tenancy, identity, jobs, events } = at.rooms;
  for (const slug of ['acme', 'other']) {
    const { id } = await tenancy.create({ slug, name: slug });
    if (slug === 'acme') tenant = id;
    for (const role of ['owner', 'admin', 'viewer'] as const) {
      const scopes = ['tenant:export', 'privacy:read', 'privacy:manage'];
      const made = await identity.keys.create({ tenant: id, name: role, kind: 'secret', scopes, role, by: 'user:x' });
      keys[`${slug} ${role}`] = made.key;
    }
  }
  await definePortabilityJobs(at.rooms);
  await jobs.start();
  await events.start();
}, SLOW);
afterAll(async () => {
  await at.rooms.jobs.stop();
  await at.rooms.events.stop();
  await at.close();
});

const ask = async (who: string, method: string, path: string, body?: object) => {
  const response = await at.request(path, {
    method,
    headers: { ...(keys[who] && { authorization: `Bearer ${keys[who]}` }), 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
};

/** As a browser does that follows the link. */
const open = (link: unknown): Promise<Response> => {
  const { pathname, search } = new URL(String(link));
  return at.request(`${pathname}${search}`);
};

const erase = { kind: 'erase', identifiers: [{ kind: 'email', value: 'ada@example.com' }] };

test('strangers, others and those without the right get nothing', async () => {
  expect((await ask('', 'POST', '/api/v1/privacy/requests', erase)).status).toBe(401);
  expect((await ask('acme viewer', 'POST', '/api/v1/privacy/requests', erase)).status).toBe(403);
  expect((await ask('acme admin', 'POST', '/api/v1/tenant/exports', {})).status).toBe(403);
  expect((await ask('acme owner', 'POST', `/api/v1/tenants/${tenant}/exports`, {})).status).toBe(403);
  const made = await ask('acme admin', 'POST', '/api/v1/privacy/requests', erase);
  expect(made.status).toBe(202);
  expect((await ask('other owner', 'GET', `/api/v1/privacy/requests/${String(made.body?.['id'])}`)).status).toBe(404);
  expect((await ask('other owner', 'GET', '/api/v1/privacy/requests')).body).toEqual({ items: [], next: null });
});

test('a name that nobody knows is told which ones there are', async () => {
  const odd = { kind: 'erase', identifiers: [{ kind: 'shoe-size', value: '42' }] };
  const { status, body } = await ask('acme owner', 'POST', '/api/v1/privacy/requests', odd);
  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain('household');
});

test(
  'a request is carried out by a job, and what was exported is opened by a signed link',
  { timeout: SLOW },
  async () => {
    const wish = { kind: 'export', identifiers: [{ kind: 'email', value: 'ada@example.com' }], note: 'Ticket 1' };
    const made = await ask('acme owner', 'POST', '/api/v1/privacy/requests', wish);
    expect(made.body).toMatchObject({ state: 'waiting', givenBy: ['email'], note: 'Ticket 1', download: null });
    expect(JSON.stringify(made.body)).not.toContain('ada@');
    await at.rooms.jobs.drain();
    const done = await ask('acme owner', 'GET', `/api/v1/privacy/requests/${String(made.body?.['id'])}`);
    expect(done.body).toMatchObject({ state: 'done', error: null });
    const response = await open(done.body?.['download']);
    expect(response.status).toBe(200);
    expect(await pathsOf(response)).toEqual(['request.json', 'README.md']);
  },
);

test('the owner exports the workspace; nothing of the passphrase stays', { timeout: SLOW }, async () => {
  const passphrase = 'correct horse battery staple';
  const made = await ask('acme owner', 'POST', '/api/v1/tenant/exports', { passphrase });
  expect(made.status).toBe(202);
  await at.rooms.jobs.drain();
  const done = await ask('acme owner', 'GET', `/api/v1/tenant/exports/${String(made.body?.['id'])}`);
  expect(done.body).toMatchObject({ state: 'ready', encrypted: true });
  const response = await open(done.body?.['download']);
  expect((await pathsOf(response, passphrase)).at(-1)).toBe('manifest.json');
  expect(await at.rooms.secrets.list(tenant, 'core.portability')).toEqual([]);
  expect((await ask('acme owner', 'GET', '/api/v1/tenant/exports')).body?.['items']).toHaveLength(1);
});

test(
  'who is forgotten takes their keys along, and nobody else’s words out of the audit log',
  { timeout: SLOW },
  async () => {
    const { identity, jobs, audit } = at.rooms;
    const key = { tenant, kind: 'secret', scopes: ['privacy:read'], role: 'admin', by: 'user:bo-1' } as const;
    const bo = await identity.users.create({
      name: 'Bo',
      email: 'bo@example.com',
      password: 'the horse of the staple 7',
    });
    await identity.members.add(tenant, bo.email, 'admin');
    const own = await identity.keys.create({ ...key, name: 'own', user: bo.id, by: `user:${bo.id}` });
    const service = await identity.keys.create({ ...key, name: 'service', by: `user:${bo.id}` });
    const rotated = await identity.keys.create({ ...key, name: 'rotated', by: `user:${bo.id}` });
    keys['own'] = own.key;
    keys['service'] = service.key;
    const act = { tenant, actor: { kind: 'user', id: 'eve-77' }, action: 'key.created', target: 'key:1' };
    await audit.record(null, { ...act, details: { name: 'secret', scopes: ['keys:manage'] } });
    const identifiers = [
      { kind: 'user', value: bo.id },
      ...['"name"', 'secret', 'scopes', 'manage'].map((value) => ({ kind: 'anonymous', value })),
    ];
    expect((await ask('acme admin', 'POST', '/api/v1/privacy/requests', { kind: 'erase', identifiers })).status).toBe(
      202,
    );
    await jobs.drain();
    expect((await ask('own', 'GET', '/api/v1/privacy/record')).status).toBe(401);
    expect((await ask('service', 'GET', '/api/v1/privacy/record')).status).toBe(200);
    expect(await identity.keys.find(tenant, own.info.id)).toMatchObject({ status: 'revoked', user: null });
    expect(await identity.keys.find(tenant, rotated.info.id)).toMatchObject({
      role: 'admin',
      createdBy: 'user:erased',
    });
    const acts = await audit.list(tenant);
    expect(acts.find(({ action }) => action === 'key.created')?.details).toEqual({
      name: 'secret',
      scopes: ['keys:manage'],
    });
  },
);

test('an export that was to be sealed is not made open, whatever became of its passphrase', async () => {
  const { portability, identity, secrets } = at.rooms;
  const made = await portability.exports.create(
    tenant,
    { by: 'user:x', passphrase: 'correct horse battery' },
    async () => uuidv7(),
  );
  const key = { tenant, name: 'x', kind: 'secret', role: 'admin', scopes: ['settings:update'], by: 'user:x' } as const;
  keys['settings'] = (await identity.keys.create(key)).key;
  const path = `/api/v1/secrets/core.portability/export-${made.id}`;
  expect((await ask('settings', 'DELETE', path)).status).toBe(404);
  await secrets.delete(tenant, 'core.portability', `export-${made.id}`);
  await expect(portability.exports.run(tenant, made.id)).rejects.toMatchObject({
    code: 'portability.passphrase_missing',
  });
});

test('so many exports wait and no more', async () => {
  const { exports } = at.rooms.portability;
  const { id } = await at.rooms.tenancy.create({ slug: 'eager', name: 'Eager' });
  const create = () => exports.create(id, { by: 'user:x' }, async () => uuidv7());
  for (let n = 0; n < 3; n++) await create();
  await expect(create()).rejects.toMatchObject({ code: 'portability.exports_waiting' });
});

test('what is declared can be read, and so can what is removed when', async () => {
  const record = await ask('acme admin', 'GET', '/api/v1/privacy/record');
  expect(JSON.stringify(record.body)).toContain('"table":"p_podlift_tracking.touchpoint","column":"household"');
  const plan = await ask('acme admin', 'GET', '/api/v1/privacy/retention');
  expect(plan.body?.['unknown']).toEqual([]);
});

async function pathsOf(response: Response, passphrase?: string): Promise<string[]> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  async function* once(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const paths: string[] = [];
  for await (const member of readArchive(once(), passphrase)) paths.push(member.path);
  return paths;
}
