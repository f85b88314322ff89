import { collection, definePlugin } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { shop } from './testing/shop.ts';

const PATH = '/api/v1/x/test/shop';

/** Brings a tenant of its own and fills it. */
const demo = definePlugin(
  {
    id: 'test.demo',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    title: { en: 'Demo', de: 'Vorführung' },
    capabilities: ['data:collections'],
    collections: { rows: collection(z.object({ n: z.int() }), { privacy: 'none' }) },
  },
  ({ command }) => {
    command(
      {
        name: 'demo',
        description: 'Fills a tenant',
        options: z.object({ rows: z.int().default(3), fail: z.boolean().default(false) }),
        tenant: { slug: 'demo', name: 'Demo', disposable: true },
        onFirstStart: true,
      },
      async ({ rows, fail }, ctx, io) => {
        for (let n = 0; n < rows; n++) {
          await ctx.collections.rows.insert({ n });
          io.progress('rows', n + 1, rows);
        }
        if (fail) throw new Error('no demo today');
        io.line('done');
        io.table({ title: 'Rows', columns: ['n'], rows: [[rows]] });
      },
    );
  },
);

describe('plugins behind the edge', () => {
  let host: TestHost;
  let tenant: string;
  let other: string;
  beforeAll(async () => {
    host = await createTestHost({ plugins: [shop, demo], jobs: false });
    tenant = await host.tenant();
    other = await host.tenant();
  });
  afterAll(() => host.stop());
  const post = (body: unknown, permissions = ['codes:write']) =>
    host.request(`${PATH}/codes`, { method: 'POST', body: JSON.stringify(body) }, { tenant, permissions });
  const rows = async (slug: string) => {
    const [row] = await host.rooms.database.admin<{ n: number }>(
      'select count(*)::int as n from p_test_demo.collection_rows r join core.tenants t on t.id = r.tenant_id where t.slug = $1',
      [slug],
    );
    return row?.n;
  };

  test('a route answers from its own tenant', async () => {
    const { id } = (await (await post({ code: 'door' })).json()) as { id: string };
    const answer = await host.request(`${PATH}/codes/${id}`, {}, { tenant, permissions: ['codes:read'] });
    expect([answer.status, await answer.json()]).toEqual([200, { code: 'door', tenant }]);
    expect((await host.request(`${PATH}/codes/${id}`, {}, { tenant: other, permissions: ['codes:read'] })).status).toBe(
      404,
    );
  });

  test.each<[string, string, RequestInit, string[], number, string]>([
    [
      'without the permission',
      '/codes',
      { method: 'POST', body: '{"code":"x1"}' },
      ['codes:read'],
      403,
      'http.not_permitted',
    ],
    ['with wrong input', '/codes', { method: 'POST', body: '{"code":"x"}' }, ['codes:write'], 422, 'invalid_input'],
    ['that is not documented', '/nothing', {}, ['codes:read'], 404, 'http.route_unknown'],
    ['by another method', '/codes', { method: 'DELETE' }, ['codes:read'], 405, 'http.method_not_allowed'],
    ['of what is not there', '/codes/none', {}, ['codes:read'], 404, 'not_found'],
  ])('a request %s is refused', async (_, path, init, permissions, status, code) => {
    const answer = await host.request(PATH + path, init, { tenant, permissions });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  });

  test('a refusal by the plugin keeps nothing', async () => {
    const refused = await post({ code: 'refused', refuse: true });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([409, 'shop.refused']);
    expect((await post({ code: 'refused' })).status).toBe(201);
  });

  test('a taken value is a 409', async () => {
    await post({ code: 'taken' });
    const answer = await post({ code: 'taken' });
    expect([answer.status, await answer.json()]).toEqual([409, expect.objectContaining({ code: 'conflict' })]);
  });

  test('a long answer streams and may read while it does', async () => {
    await post({ code: 'streamed' });
    const answer = await host.request(`${PATH}/lines/20`, {}, { tenant, permissions: ['codes:read'] });
    const lines = (await answer.text()).trim().split('\n');
    expect(lines).toHaveLength(20);
    expect(lines[19]).toMatch(/^19,\w/);
  });

  test('the routes of a disabled plugin are not there for that tenant', async () => {
    const user = { tenant: other, permissions: ['plugins:manage', 'plugins:read', 'codes:read'] };
    const disabled = await host.request('/api/v1/plugins/test.shop/disable', { method: 'POST' }, user);
    expect(await disabled.json()).toMatchObject({ id: 'test.shop', standing: 'disabled' });
    const answer = await host.request(`${PATH}/codes/x`, {}, user);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'http.plugin_not_enabled']);
    expect((await host.request(`${PATH}/codes/x`, {}, { tenant, permissions: ['codes:read'] })).status).toBe(404);
    await host.request('/api/v1/plugins/test.shop/enable', { method: 'POST' }, user);
    expect(((await (await host.request(`${PATH}/codes/x`, {}, user)).json()) as { code: string }).code).toBe(
      'not_found',
    );
    const acts = await host.rooms.audit.list(other, { target: 'plugin:test.shop' });
    expect(acts.map(({ action }) => action)).toEqual(['plugin.enabled', 'plugin.disabled']);
  });

  test('the workspace sees its plugins', async () => {
    const list = (await (
      await host.request('/api/v1/plugins', {}, { tenant, permissions: ['plugins:read'] })
    ).json()) as { items: object[] };
    expect(list.items).toMatchObject([
      { id: 'test.demo', title: 'Demo', state: 'active', standing: 'open' },
      { id: 'test.shop', title: 'test.shop', state: 'active', standing: 'open' },
    ]);
    const shown = await (
      await host.request('/api/v1/plugins/test.shop', {}, { tenant, permissions: ['plugins:read'] })
    ).json();
    expect(shown).toMatchObject({
      paths: ['/api/v1/x/test/shop'],
      provides: ['shop.codes@1'],
      opens: ['shop.rules@1'],
      missingWithout: { plugins: [] },
    });
    expect(
      (await host.request('/api/v1/plugins/test.none', {}, { tenant, permissions: ['plugins:read'] })).status,
    ).toBe(404);
  });

  test('a tenant grants and refuses over REST', async () => {
    const user = { tenant: other, permissions: ['plugins:manage'] };
    const body = JSON.stringify({ grants: { 'data:collections': false } });
    const answer = await host.request('/api/v1/plugins/test.shop/grants', { method: 'PUT', body }, user);
    expect(await answer.json()).toMatchObject({ standing: 'consent' });
    await host.request(
      '/api/v1/plugins/test.shop/grants',
      { method: 'PUT', body: body.replace('false', 'true') },
      user,
    );
    expect(await host.plugins.standing(other, 'test.shop')).toBe('open');
    const unknown = body.replace('data:collections', 'data:everything');
    const refused = await host.request('/api/v1/plugins/test.shop/grants', { method: 'PUT', body: unknown }, user);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([422, 'invalid_input']);
  });

  test('the operator switches off and on', async () => {
    const off = await host.request(
      '/api/v1/system/plugins/test.demo/switch-off',
      { method: 'POST' },
      { operator: true },
    );
    expect(await off.json()).toMatchObject({ state: 'disabled' });
    expect(host.plugins.commands()).toEqual([]);
    await host.request('/api/v1/system/plugins/test.demo/switch-on', { method: 'POST' }, { operator: true });
    expect(host.plugins.commands()).toMatchObject([{ name: 'demo', plugin: 'test.demo', onFirstStart: true }]);
    expect(
      (await host.request('/api/v1/system/plugins/test.demo/retry', { method: 'POST' }, { tenant })).status,
    ).toBeGreaterThanOrEqual(400);
  });

  test('a command fills its own tenant, tells how far it is, and leaves nothing', async () => {
    const said: string[] = [];
    await host.plugins.runCommand({ name: 'demo', options: { rows: 2 }, io: (message) => said.push(message.kind) });
    expect(said).toEqual(['progress', 'progress', 'line', 'table']);
    expect(await rows('demo')).toBe(2);
    await expect(host.plugins.runCommand({ name: 'demo', options: { rows: 5, fail: true } })).rejects.toThrow(
      'no demo today',
    );
    expect(await rows('demo')).toBe(2);
    await expect(host.plugins.runCommand({ name: 'demo', options: { rows: 'many' } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await host.plugins.runCommand({ name: 'demo', options: {}, remove: true });
    expect(await host.rooms.tenancy.bySlug('demo')).toBeUndefined();
    await expect(host.plugins.runCommand({ name: 'nothing', options: {} })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test("a command leaves a customer's tenant of the same name alone", async () => {
    await host.rooms.tenancy.create({ slug: 'demo', name: 'A customer' });
    const refused = expect.objectContaining({ code: 'conflict' });
    await expect(host.plugins.runCommand({ name: 'demo', options: {} })).rejects.toEqual(refused);
    await expect(host.plugins.runCommand({ name: 'demo', options: {}, remove: true })).rejects.toEqual(refused);
    expect(await rows('demo')).toBe(0);
  });

  test('panels of the start page', async () => {
    const fresh = await host.tenant();
    await host.request(`${PATH}/codes`, { method: 'POST', body: '{"code":"panel"}' }, { tenant: fresh });
    expect(await host.plugins.panels(fresh)).toEqual([
      { plugin: 'test.shop', title: 'Codes', text: 'The first five', columns: ['code', 'uses'], rows: [['panel', 0]] },
    ]);
    await host.plugins.decide(fresh, 'test.shop', { enabled: false }, { kind: 'user', id: 'ann' });
    expect(await host.plugins.panels(fresh)).toEqual([]);
  });

  test('a cron walks the tenants that have the plugin', async () => {
    const seen: string[] = [];
    for await (const one of host.plugins.enabledTenants('test.shop')) seen.push(one);
    expect(seen).toContain(tenant);
    await host.plugins.decide(tenant, 'test.shop', { enabled: false }, { kind: 'user', id: 'ann' });
    const left: string[] = [];
    for await (const one of host.plugins.enabledTenants('test.shop')) left.push(one);
    expect(left).not.toContain(tenant);
    expect(left).toHaveLength(seen.length - 1);
  });
});

test('a stranger waits for each tenant', async () => {
  const host = await createTestHost({ plugins: [shop], untrusted: true, jobs: false });
  try {
    const tenant = await host.tenant();
    const ann = { kind: 'user', id: 'ann' } as const;
    expect(await host.plugins.standing(tenant, 'test.shop')).toBe('disabled');
    await host.plugins.decide(tenant, 'test.shop', { enabled: true }, ann);
    expect(await host.plugins.standing(tenant, 'test.shop')).toBe('consent');
    await host.plugins.decide(tenant, 'test.shop', { grants: { 'data:collections': true, 'jobs:enqueue': true } }, ann);
    expect(await host.plugins.standing(tenant, 'test.shop')).toBe('open');
    const answer = await host.request(`${PATH}/lines/1`, {}, { tenant });
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
  } finally {
    await host.stop();
  }
});
