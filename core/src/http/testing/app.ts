import { createLimits } from '../../limits/index.ts';
import { createHealth, createMetrics, silentLog } from '../../telemetry/index.ts';
import { createApp, type AppDeps, type HttpApp } from '../create-app.ts';
import { createPluginRoutes, type PluginRoute } from '../plugin-routes.ts';
import { problem } from '../problem.ts';
import type { Credential, Principal, TenantRef } from '../principal.ts';

/** Tenants, people and keys that the tests of the edge know. */
export const ACME: TenantRef = { id: '01900000-0000-7000-8000-00000000000a', slug: 'acme', status: 'active' };
export const BETA: TenantRef = { id: '01900000-0000-7000-8000-00000000000b', slug: 'beta', status: 'active' };
export const SHUT: TenantRef = { id: '01900000-0000-7000-8000-00000000000c', slug: 'shut', status: 'suspended' };
const TENANTS = [ACME, BETA, SHUT];

const key = (id: string, tenantId: string): Credential => ({
  kind: 'key',
  id,
  actor: { kind: 'key', id },
  tenantId,
  cookie: false,
});
const session = (id: string): Credential => ({ kind: 'session', id, actor: { kind: 'user', id }, cookie: true });

const BEARERS: Readonly<Record<string, Credential>> = {
  'Bearer plk_acme': key('acme-key', ACME.id),
  'Bearer plk_beta': key('beta-key', BETA.id),
  'Bearer plk_shut': key('shut-key', SHUT.id),
};
const COOKIES: Readonly<Record<string, Credential>> = { 's=ann': session('ann'), 's=root': session('root') };

async function authenticate(request: Request): Promise<Credential | undefined> {
  const authorization = request.headers.get('authorization');
  if (authorization !== null) {
    const found = BEARERS[authorization];
    if (!found) throw problem(401, 'identity.key_bad', 'The key is not good');
    return found;
  }
  const cookie = request.headers.get('cookie');
  return cookie === null ? undefined : COOKIES[cookie];
}

/** Ann is a member of acme and may read; root is operator; keys may do what starts with `things`. */
async function resolvePrincipal({ actor }: Credential, tenant: TenantRef | undefined): Promise<Principal | undefined> {
  if (actor.kind === 'user' && tenant && actor.id === 'ann' && tenant.id !== ACME.id) return undefined;
  return {
    ...(tenant && { tenant }),
    actor,
    operator: actor.id === 'root',
    can: (permission) => (actor.kind === 'key' ? permission.startsWith('things:') : permission === 'things:read'),
  };
}

/** What a test may set; the rest is as above. */
export type TestApp = Partial<AppDeps> & { readonly pluginRoutes?: readonly PluginRoute[] };

export function createTestApp({ pluginRoutes = [], ...overrides }: TestApp = {}): HttpApp {
  const routes = createPluginRoutes(pluginRoutes);
  const deps: AppDeps = {
    config: {
      bodyLimit: 1000,
      requestMs: 1000,
      ratePerMinute: 0,
      trustedProxies: [],
      publicUrl: 'http://podlift.test',
      metricsToken: undefined,
    },
    log: silentLog,
    metrics: createMetrics({ process: false }),
    health: createHealth(),
    clock: { now: () => Date.now() },
    limits: createLimits({}),
    authenticate,
    tenants: {
      byHost: async (host) => TENANTS.find(({ slug }) => host === `${slug}.podlift.test`),
      byName: async (name) => TENANTS.find(({ id, slug }) => name === id || name === slug),
      byId: async (id) => TENANTS.find((one) => one.id === id),
    },
    resolvePrincipal,
    openScope: () => ({ resolve: () => undefined, dispose: () => undefined }),
    plugins: {
      routes: () => routes,
      isEnabled: () => true,
      serve: async () => new Response('from the plugin'),
      documents: () => [],
    },
    routes: [],
    ...overrides,
  };
  return createApp(deps);
}
