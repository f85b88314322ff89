import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { loadConfig } from '../config/index.ts';
import type { CoreRoute, HttpApp } from '../http/index.ts';
import { silentLog } from '../telemetry/index.ts';
import { boot, type Booted } from './boot.ts';
import { createEdge } from './podlift.ts';
import { createRoutes } from './routes.ts';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';

const SLOW = 120_000;
const PASSWORD = 'seven green bicycles';
const PLUGIN = 'podlift.podcasts';
const SRC = join(import.meta.dirname, '..');

let database: OwnDatabase;
let dataDir: string;
let booted: Booted;
let app: HttpApp;
let routes: readonly CoreRoute[];
let cookie: string;
let tenant: string;
let env: Record<string, string | undefined>;

interface Ask {
  readonly path: string;
  readonly body?: unknown;
  /** Acts on this tenant as its owner; operators name none. */
  readonly in?: string;
  /** Where its version is read; the path itself otherwise. */
  readonly reads?: string;
}

/** How each change by REST is asked for. A route that is missing here or below fails the walk. */
const ASKED: Readonly<Record<string, () => Ask | Promise<Ask>>> = {
  'POST /api/v1/tenants': () => ({ path: '/api/v1/tenants', body: { slug: 'beta', name: 'Beta' } }),
  'PUT /api/v1/tenants/{id}': () => ({ path: `/api/v1/tenants/${tenant}`, body: { name: 'Acme again' } }),
  'POST /api/v1/tenants/{id}/suspend': () => ({
    path: `/api/v1/tenants/${tenant}/suspend`,
    body: { reason: 'unpaid' },
  }),
  'POST /api/v1/tenants/{id}/resume': () => ({ path: `/api/v1/tenants/${tenant}/resume` }),
  'DELETE /api/v1/tenants/{id}': () => ({ path: `/api/v1/tenants/${tenant}` }),
  'POST /api/v1/tenants/{id}/restore': () => ({ path: `/api/v1/tenants/${tenant}/restore` }),
  'POST /api/v1/tenants/{id}/exports': () => ({ path: `/api/v1/tenants/${tenant}/exports`, body: {} }),
  'PUT /api/v1/system/tenants/{tenant}/quotas/{name}': () => ({
    path: `/api/v1/system/tenants/${tenant}/quotas/members`,
    body: { limit: 10, per: 'total', reason: 'a launch' },
  }),
  'DELETE /api/v1/system/tenants/{tenant}/quotas/{name}': () => ({
    path: `/api/v1/system/tenants/${tenant}/quotas/members`,
  }),
  'PUT /api/v1/system/flags/{owner}/{name}': () => ({ path: '/api/v1/system/flags/test.acts/on', body: { rules: [] } }),
  'POST /api/v1/system/flags/{owner}/{name}/kill': () => ({ path: '/api/v1/system/flags/test.acts/on/kill', body: {} }),
  'POST /api/v1/system/flags/{owner}/{name}/revive': () => ({
    path: '/api/v1/system/flags/test.acts/on/revive',
    body: {},
  }),
  'PUT /api/v1/system/flags/{owner}/{name}/tenants/{tenant}': () => ({
    path: `/api/v1/system/flags/test.acts/on/tenants/${tenant}`,
    body: { value: true },
  }),
  'POST /api/v1/system/plugins/{id}/retry': () => ({ path: `/api/v1/system/plugins/${PLUGIN}/retry` }),
  'POST /api/v1/system/plugins/{id}/switch-off': () => ({ path: `/api/v1/system/plugins/${PLUGIN}/switch-off` }),
  'POST /api/v1/system/plugins/{id}/switch-on': () => ({ path: `/api/v1/system/plugins/${PLUGIN}/switch-on` }),
  'PUT /api/v1/tenant': () => ({ path: '/api/v1/tenant', body: { name: 'Acme Audio' }, in: 'acme' }),
  'PUT /api/v1/tenant/settings': () => ({ path: '/api/v1/tenant/settings', body: { currency: 'EUR' }, in: 'acme' }),
  'POST /api/v1/tenant/domains': () => ({
    path: '/api/v1/tenant/domains',
    body: { domain: 'ads.acme.test' },
    in: 'acme',
  }),
  'DELETE /api/v1/tenant/domains/{domain}': () => ({ path: '/api/v1/tenant/domains/ads.acme.test', in: 'acme' }),
  'POST /api/v1/tenant/exports': () => ({ path: '/api/v1/tenant/exports', body: {}, in: 'acme' }),
  'PUT /api/v1/notification-preferences/workspace': () => ({
    path: '/api/v1/notification-preferences/workspace',
    body: { choices: [] },
    in: 'acme',
  }),
  'PUT /api/v1/settings/{owner}': () => ({
    path: '/api/v1/settings/core.audit',
    body: { retentionDays: 400 },
    in: 'acme',
  }),
  'POST /api/v1/settings/{owner}/restore': () => ({
    path: '/api/v1/settings/core.audit/restore',
    body: { version: 1 },
    reads: '/api/v1/settings/core.audit',
    in: 'acme',
  }),
  'DELETE /api/v1/system/database/statements': () => ({ path: '/api/v1/system/database/statements' }),
  'POST /api/v1/search/rebuild': () => ({ path: '/api/v1/search/rebuild', in: 'acme' }),
  'POST /api/v1/privacy/requests': () => ({
    path: '/api/v1/privacy/requests',
    body: { kind: 'export', identifiers: [{ kind: 'email', value: 'zoe@x.test' }] },
    in: 'acme',
  }),
  'POST /api/v1/keys': () => ({ path: '/api/v1/keys', body: { name: 'n', scopes: ['tenant:read'] }, in: 'acme' }),
  'POST /api/v1/keys/{id}/rotate': async () => ({ path: `/api/v1/keys/${await keyOf()}/rotate`, body: {}, in: 'acme' }),
  'DELETE /api/v1/keys/{id}': async () => ({ path: `/api/v1/keys/${await keyOf()}`, in: 'acme' }),
  'POST /api/v1/members': () => ({
    path: '/api/v1/members',
    body: { email: 'bob@x.test', role: 'viewer' },
    in: 'acme',
  }),
  'PUT /api/v1/members/{userId}': async () => ({
    path: `/api/v1/members/${await bob()}`,
    body: { role: 'analyst' },
    in: 'acme',
  }),
  'DELETE /api/v1/members/{userId}': async () => ({ path: `/api/v1/members/${await bob()}`, in: 'acme' }),
  'POST /api/v1/invitations': () => ({
    path: '/api/v1/invitations',
    body: { email: 'eve@x.test', role: 'viewer' },
    in: 'acme',
  }),
  'DELETE /api/v1/invitations/{id}': async () => ({
    path: `/api/v1/invitations/${(await booted.root.cradle.identity.invitations.list(tenant))[0]?.id}`,
    in: 'acme',
  }),
  'POST /api/v1/plugins/{id}/enable': () => ({ path: `/api/v1/plugins/${PLUGIN}/enable`, body: {}, in: 'acme' }),
  'PUT /api/v1/plugins/{id}/grants': () => {
    const { plugins } = booted.root.cradle;
    const asking = plugins
      .list()
      .map(({ id }) => plugins.show(id))
      .find(({ capabilities }) => capabilities.length > 0);
    const grants = { [asking?.capabilities[0] ?? '']: true };
    return { path: `/api/v1/plugins/${asking?.id}/grants`, body: { grants }, in: 'acme' };
  },
  'POST /api/v1/plugins/{id}/disable': () => ({ path: `/api/v1/plugins/${PLUGIN}/disable`, in: 'acme' }),
};

/** What the edge writes is enough: the route has no other word for it. */
const BY_THE_EDGE = new Set(['DELETE /api/v1/system/database/statements']);

/** Changes that need more than a call: where they are made, with their row. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  // Needs mails to be sent.
  'POST /api/v1/me/confirmation': 'identity/letters.db.test.ts',
  'POST /api/v1/tenant/domains/{domain}/verify': 'identity/rest-tenants.db.test.ts',
  'PUT /api/v1/secrets/{owner}/{name}': 'identity/rest-tenants.db.test.ts',
  'DELETE /api/v1/secrets/{owner}/{name}': 'identity/rest-tenants.db.test.ts',
  'PUT /api/v1/flags/{owner}/{name}': 'settings/flags/flags.db.test.ts',
  'POST /api/v1/events/dead-letters/{event}/retry': 'events/routes/routes.db.test.ts',
  'POST /api/v1/events/dead-letters/{event}/discard': 'events/routes/routes.db.test.ts',
  'POST /api/v1/events/dead-letters/retry': 'events/routes/routes.db.test.ts',
  'POST /api/v1/events/dead-letters/discard': 'events/routes/routes.db.test.ts',
  'POST /api/v1/events/replays': 'events/routes/routes.db.test.ts',
  'POST /api/v1/events/replays/{id}/cancel': 'events/routes/routes.db.test.ts',
  'POST /api/v1/events/replays/{id}/resume': 'events/routes/routes.db.test.ts',
  // Backs up the embedded database, which a test on a server of its own has not.
  'POST /api/v1/system/backups': 'recovery/routes.ts',
  'POST /api/v1/jobs/{id}/retry': 'jobs/routes.db.test.ts',
  'POST /api/v1/jobs/{id}/cancel': 'jobs/routes.db.test.ts',
  'POST /api/v1/jobs/dead/retry': 'jobs/routes.db.test.ts',
  'POST /api/v1/jobs/dead/discard': 'jobs/routes.db.test.ts',
  'DELETE /api/v1/jobs/{id}': 'jobs/routes.db.test.ts',
  'POST /api/v1/files': 'files/routes/routes.db.test.ts',
  'POST /api/v1/files/uploads': 'files/routes/routes.db.test.ts',
  'DELETE /api/v1/files/uploads/{id}': 'files/routes/routes.db.test.ts',
  'DELETE /api/v1/files/{id}': 'files/routes/routes.db.test.ts',
  'POST /api/v1/files/{id}/links': 'files/routes/routes.db.test.ts',
  'POST /api/v1/shares': 'sharing/sharing.db.test.ts',
  'POST /api/v1/shares/{id}/revoke': 'sharing/sharing.db.test.ts',
  'POST /api/v1/shares/received/{id}/accept': 'sharing/sharing.db.test.ts',
  'POST /api/v1/shares/received/{id}/decline': 'sharing/sharing.db.test.ts',
  'POST /api/v1/shares/received/{id}/leave': 'sharing/sharing.db.test.ts',
  'POST /api/v1/notification-deliveries/{id}/retry': 'notify/delivery-routes.ts',
};

const keyOf = async (): Promise<string> =>
  (await booted.root.cradle.identity.keys.list(tenant)).find(({ status }) => status === 'active')?.id ?? '';
const bob = async (): Promise<string> => (await booted.root.cradle.identity.users.find('bob@x.test'))?.id ?? '';
const changing = (): string[] =>
  routes.flatMap(({ methods, path, rules }) =>
    rules.permission === 'public' || rules.acts === 'none'
      ? []
      : methods.filter((method) => !['GET', 'HEAD'].includes(method)).map((method) => `${method} ${path}`),
  );
/** Rows that came in one way, by request id or all. */
const rowsOf = (via: string, requestId?: string) =>
  asAdmin(database.url, async (client) => {
    const both = ['audit', 'operator_audit'].map(
      (table) => `select id, action, request_id from core.${table} where via = $1`,
    );
    const { rows } = await client.query<{ id: string; action: string; request_id: string | null }>(
      both.join(' union '),
      [via],
    );
    return requestId === undefined ? rows : rows.filter((row) => row.request_id === requestId);
  });

beforeAll(async () => {
  database = await createDatabase(inject('postgres'));
  dataDir = mkdtempSync(join(tmpdir(), 'podlift-acts-'));
  env = { ...database.env, PODLIFT_DATA_DIR: dataDir, PODLIFT_LOG_LEVEL: 'silent', PODLIFT_RATE_PER_MINUTE: '0' };
  booted = await boot(loadConfig(env, { mode: 'test' }), { log: silentLog });
  const { identity, plugins, flags } = booted.root.cradle;
  await plugins.start();
  flags.declare('test.acts', { on: { type: 'boolean', default: false, description: 'On.', override: 'operator' } });
  const owner = await identity.createOwner({ name: 'Ada', email: 'ada@x.test', password: PASSWORD, workspace: 'acme' });
  await identity.users.create({ name: 'Bob', email: 'bob@x.test', password: PASSWORD });
  tenant = owner.tenant.id;
  cookie = (await identity.signIn('ada@x.test', PASSWORD, { ip: '127.0.0.1' }))
    .map((one) => one.split(';')[0])
    .join('; ');
  routes = createRoutes(booted.root.cradle);
  app = createEdge(booted.root);
}, SLOW);
afterAll(async () => {
  await booted.root.cradle.plugins.stop();
  await booted.close();
  await database.drop();
  rmSync(dataDir, { recursive: true });
});

describe('every change by REST leaves a row', () => {
  test('and there is none that nobody looks at', () => {
    const known = new Set([...Object.keys(ASKED), ...Object.keys(ELSEWHERE)]);
    expect(changing().filter((route) => !known.has(route))).toEqual([]);
    expect([...known].filter((route) => !changing().includes(route))).toEqual([]);
    const files = [...new Set(Object.values(ELSEWHERE))];
    expect(files.filter((file) => !readFileSync(join(SRC, file), 'utf8').includes('audit'))).toEqual([]);
  });

  test.each(Object.keys(ASKED))('%s', { timeout: SLOW }, async (route) => {
    const { path, body, in: of, reads = path } = (await ASKED[route]?.()) ?? { path: '' };
    const who = { cookie, origin: 'http://127.0.0.1:3000', ...(of && { 'podlift-tenant': of }) };
    const version = (await app.request(`http://127.0.0.1:3000${reads}`, { headers: who })).headers.get('etag');
    const response = await app.request(`http://127.0.0.1:3000${path}`, {
      method: route.split(' ')[0] ?? '',
      headers: {
        ...who,
        ...(version && { 'if-match': version }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect({ status: response.status, text: await response.clone().text() }).toMatchObject({
      status: expect.toSatisfy((status: number) => status < 300),
    });
    const rows = await rowsOf('rest', response.headers.get('x-request-id') ?? '');
    expect(rows.length).toBeGreaterThan(0);
    // One of its own, not the one that the edge writes when a route says nothing.
    expect(rows.some(({ action }) => action.startsWith('rest.'))).toBe(BY_THE_EDGE.has(route));
  });
});
